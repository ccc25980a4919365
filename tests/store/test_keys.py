"""Keys are changed without losing who is who; people and communities go without a trace."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from crawler.redact import redact_page
from domain.errors import UsageError
from domain.keyed_hash import AUTHOR, KEY_BYTES, POST, hash_again, keyed_hash
from domain.people import Role
from domain.readers import Choices
from domain.records import DateBasis, Page, ReadPost
from store import attestations, outbox, readers, users
from store.columns import Base
from store.engine import reading, writing
from store.forgetting import NOBODY, forget_address, forget_community, forget_writer
from store.keys import change_key, change_secret
from store.posts import community_key, count_posts, save_page
from store.sources import claim_due
from store.tables import CommunityRow, PostRow, UserRow

AMINA, BEN = "amina@example.org", "ben@example.org"
MAY = datetime(2026, 5, 1, 10, tzinfo=UTC)


def write(number: int, author: str, reply_to: str | None = None) -> ReadPost:
    return ReadPost(
        post_id=f"{number}@example.org",
        at=MAY + timedelta(days=number),
        basis=DateBasis.SENT,
        author=author,
        reply_to=reply_to,
    )


PAGE = (write(1, AMINA), write(2, BEN, "1@example.org"), write(3, AMINA, "1@example.org"))


@pytest.fixture
def visit(engine, now):
    """Saves what a visit read, under the key of the moment; gives how many posts were new."""

    def save(source, *posts: ReadPost) -> int:
        with reading(engine) as s:
            key = community_key(s, source.id)
        with writing(engine) as s:
            page = redact_page(Page(posts=posts), key, now=now)
            return save_page(s, source.id, page, now=now).new

    return save


@pytest.fixture
def change(engine, now):
    def run(source, owner: str = "me") -> int:
        with writing(engine) as s:
            return change_key(s, source.community_id, owner=owner, now=now)

    return run


def stored(engine):
    with reading(engine) as s:
        return s.execute(select(PostRow.key, PostRow.author_key, PostRow.reply_key)).all()


# ---- keys ---------------------------------------------------------------------------------


def test_a_chain_of_keys_hashes_as_each_change_did():
    old, new = b"o" * KEY_BYTES, b"n" * KEY_BYTES
    first = keyed_hash(AMINA, old, AUTHOR)
    assert keyed_hash(AMINA, old + new, AUTHOR) == hash_again(first, new, AUTHOR) != first
    assert keyed_hash(AMINA, old + new, POST) != keyed_hash(AMINA, old + new, AUTHOR)


@pytest.mark.parametrize("times", [1, 2, 3])
def test_histories_stay_joined_when_a_key_changes(engine, make_source, visit, change, times):
    source = make_source()
    assert visit(source, *PAGE) == 3
    before = stored(engine)
    for _ in range(times):
        assert change(source) == 3
    after = stored(engine)
    assert not {key for row in before for key in row} & {key for row in after for key in row if key}
    assert visit(source, *PAGE, write(4, BEN, "1@example.org")) == 1
    writers = Counter(author for _, author, _ in stored(engine))
    threads = {reply for _, _, reply in stored(engine) if reply}
    assert sorted(writers.values()) == [2, 2]
    assert threads <= {key for key, _, _ in stored(engine)}


def test_another_community_keeps_its_key(engine, make_source, visit, change):
    one, other = make_source("one"), make_source("other")
    visit(one, *PAGE)
    visit(other, *PAGE)
    change(one)
    assert visit(other, *PAGE) == visit(one, *PAGE) == 0


def test_a_key_is_not_changed_while_a_source_is_read(engine, make_source, visit, change, now):
    source = make_source()
    visit(source, *PAGE)
    before = stored(engine)
    with writing(engine) as s:
        claim_due(s, owner="worker", now=now, ttl=timedelta(minutes=5), force=True)
    with pytest.raises(UsageError, match="being read"):
        change(source)
    assert stored(engine) == before
    assert change(source, owner="worker") == 3


def test_the_key_of_sessions_is_another_one_after_its_change(engine):
    with writing(engine) as s:
        first = users.secret(s, "web")
        change_secret(s, "web")
        assert users.secret(s, "web") != first


# ---- people and communities ---------------------------------------------------------------


def test_a_writer_is_forgotten_and_the_posts_still_count(engine, make_source, visit, change):
    source = make_source()
    visit(source, *PAGE)
    change(source)
    with writing(engine) as s:
        assert forget_writer(s, AMINA) == 2
        assert forget_writer(s, AMINA) == 0
        assert count_posts(s, source.id) == 3
    assert [author is None for _, author, _ in sorted(stored(engine))].count(True) == 2
    assert visit(source, *PAGE) == 0


def test_nothing_reaches_an_address_that_was_forgotten(engine, make_community, now):
    make_community("one", owner_address=AMINA)
    with writing(engine) as s:
        user = users.add_user(s, name="Amina Okello", address=AMINA, role=Role.CURATOR, now=now)
        users.save_code(s, user.id, "123456", now)
        readers.ask(s, AMINA, Choices(), now)
        readers.ask(s, BEN, Choices(), now)
        for who in (AMINA, BEN):
            outbox.queue_mail(
                s, dedupe_key=who, kind="x", recipient=who, message=b"To: x\r\n\r\n", now=now
            )
    with writing(engine) as s:
        gone = forget_address(s, AMINA.upper())
    assert gone == {"readers": 1, "outbox": 1, "communities": 1, "users": 1}
    with writing(engine) as s:
        assert users.find_user(s, AMINA) is None
        assert users.load_user(s, user.id) is None
        assert s.get_one(UserRow, user.id).name == NOBODY
        assert [one.address for one in readers.list_readers(s)] == [BEN]
        readers.vouch(s, [AMINA], now)
        assert [one.address for one in readers.list_readers(s)] == [BEN]
        assert sum(forget_address(s, AMINA).values()) == 0


def test_a_community_goes_with_every_row_of_it_and_no_other(
    engine, make_source, make_community, visit, now
):
    one, other = make_source("one"), make_source("other")
    for source in (one, other):
        visit(source, *PAGE)
        with writing(engine) as s:
            attestations.add_attestation(
                s,
                source.community_id,
                seen_on=now.date(),
                link="https://lists.example.org/",
                by="Amina",
                note="",
                now=now,
            )
    with writing(engine) as s:
        gone = forget_community(s, one.community_id)
    assert gone["posts"] == 3
    assert {"communities", "sources", "posts", "daily_counts"} <= set(gone)
    with reading(engine) as s:
        left = [row.id for row in s.scalars(select(CommunityRow))]
        assert left == [other.community_id]
        for table in Base.metadata.sorted_tables:
            for name, of in (("community_id", one.community_id), ("source_id", one.id)):
                if name in table.c:
                    found = select(table).where(table.c[name] == of)
                    assert s.connection().execute(found).all() == [], table.name
        assert count_posts(s, other.id) == 3
