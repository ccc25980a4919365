"""No person leaves memory: what is kept is keyed, and means nothing outside its community."""

from datetime import UTC, datetime, timedelta

from crawler.redact import redact_page, redact_post
from domain.keyed_hash import keyed_hash
from domain.records import DateBasis, Page, ReadPost

NOW = datetime(2026, 3, 4, tzinfo=UTC)
POST = ReadPost(
    post_id="20260301.amina@mail.example.org",
    at=NOW - timedelta(days=3),
    basis=DateBasis.SENT,
    author="amina@example.org",
    reply_to="root@mail.example.org",
)


def test_nothing_kept_holds_an_address():
    kept = repr(redact_post(POST, b"k" * 32))
    assert "example.org" not in kept
    assert "amina" not in kept


def test_the_same_post_through_two_doors_of_one_community_is_the_same():
    assert redact_post(POST, b"k" * 32).key == redact_post(POST, b"k" * 32).key


def test_the_same_writer_in_two_communities_cannot_be_joined():
    one, other = redact_post(POST, b"k" * 32), redact_post(POST, b"l" * 32)
    assert one.author_key != other.author_key
    assert one.key != other.key


def test_an_author_and_a_post_of_one_text_have_different_keys():
    assert keyed_hash("x", b"k", b"post") != keyed_hash("x", b"k", b"author")


def test_a_reply_points_at_the_key_of_its_thread():
    root = ReadPost(post_id="root@mail.example.org", at=NOW, basis=DateBasis.SENT)
    assert redact_post(POST, b"k").reply_key == redact_post(root, b"k").key


def test_dates_that_cannot_be_become_unknown_and_the_post_stays():
    impossible = [datetime(1989, 12, 31, tzinfo=UTC), NOW + timedelta(days=2)]
    page = Page(
        posts=tuple(
            ReadPost(post_id=str(at), at=at, basis=DateBasis.SENT) for at in (*impossible, NOW)
        )
    )
    kept = redact_page(page, b"k", now=NOW).posts
    assert [(post.at, post.basis) for post in kept] == [
        (None, DateBasis.UNKNOWN),
        (None, DateBasis.UNKNOWN),
        (NOW, DateBasis.SENT),
    ]


def test_broken_surrogates_in_an_id_do_not_stop_a_page():
    assert len(keyed_hash("\udce9t\udce9", b"k", b"post")) == 16
