"""Silence is believed after its source has proved that we see it, and never before.

Real crawls of small archives on loopback that all fell silent. Then each is broken in another way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from demo.answer import Answer
from demo.server import Logged
from domain.canary import Check, SilenceProof
from domain.outcome import Assessment, FlagKind, Status
from domain.records import Platform
from jobs.assessing import assess_all
from jobs.proving import prove_silence
from store.assessments import latest_assessments, save_assessment
from store.canaries import latest_proofs
from store.engine import reading, writing
from store.reviews import list_open_reviews
from store.sources import list_communities, list_sources
from tests.jobs.archives import INDEX, ITEM, Feed, Kitty, Pipermail, write_talk

SILENT_DAYS = 250
LOGIN = (
    b"<html><body><form><input name='user'><input type='password' name='pw'></form></body></html>"
)
NEW_SKIN = INDEX.replace("<table border=3>", "<main class='app'><table>").replace(
    "</table>", "</table></main>"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """One way in which a source goes blind, and the check that must notice first; `None`: none."""

    name: str
    make: Callable[..., Pipermail | Kitty | Feed]
    do: Callable[..., object]
    notices: Check | None
    platform: Platform


def pipermail(name: str, notices: Check | None, do: Callable[[Pipermail], object]) -> Break:
    return Break(name=name, make=Pipermail, do=do, notices=notices, platform=Platform.PIPERMAIL)


def kitty(name: str, notices: Check | None, do: Callable[[Kitty], object]) -> Break:
    return Break(name=name, make=Kitty, do=do, notices=notices, platform=Platform.HYPERKITTY)


def feed(name: str, notices: Check | None, do: Callable[[Feed], object]) -> Break:
    return Break(name=name, make=Feed, do=do, notices=notices, platform=Platform.FEED)


def each_month(site: Pipermail, **how: object) -> None:
    for name in site.months:
        site.put_month(name, **how)


def fail(site: Pipermail | Feed, status: int) -> None:
    path = site.path if isinstance(site, Pipermail) else "/feed.rss"
    site.server.put(path, Answer(status=status), host=site.host)


RECENT = datetime.now(UTC) - timedelta(days=60)
UNREAD = ITEM.format(id="new", who="p@example.org", date="Tue, 01 Oct 2024 10:00:00 GMT")
BREAKS = (
    pipermail("fine", None, lambda site: None),
    pipermail("other posts", Check.OLD_POST, lambda site: each_month(site, ids="x")),
    pipermail(
        "old months are lost",
        Check.OLD_POST,
        lambda site: [site.put(f"{name}.txt", b"", "text/plain") for name in site.months],
    ),
    pipermail("dates unreadable", Check.DATES, lambda site: each_month(site, dates=False)),
    # The newest month: an older one may be the very one that is asked for, and then it is missed.
    pipermail("a month less", Check.TOTAL, lambda site: site.put_index(list(site.months)[:-1])),
    pipermail(
        "a month that we never read",
        Check.TOTAL,
        lambda site: site.put_index([*site.months, f"{RECENT:%Y-%B}"]),
    ),
    pipermail("new skin", Check.LAYOUT, lambda site: site.put_index(site.months, NEW_SKIN)),
    pipermail("login", Check.OLD_POST, lambda site: site.put("", LOGIN, "text/html")),
    pipermail("server error", Check.OLD_POST, lambda site: fail(site, 500)),
    kitty("kitty fine", None, lambda site: None),
    kitty("kitty other posts", Check.OLD_POST, lambda site: site.put_emails(10, 50, ids="x")),
    kitty("kitty fewer posts", Check.TOTAL, lambda site: site.put_emails(10, 50, count=40)),
    kitty("kitty unread posts", Check.TOTAL, lambda site: site.put_emails(10, 50, count=90)),
    kitty(
        "kitty new answer",
        Check.LAYOUT,
        lambda site: site.put(
            f"{site.ROOT}recent-activity",
            {"evolution": [{"date": "2024-01-01", "count": 0}], "elsewhere": []},
        ),
    ),
    feed("feed fine", None, lambda site: None),
    feed("feed of others", Check.OLD_POST, lambda site: site.put(site.write(ids="x"))),
    feed(
        "feed empty", Check.OLD_POST, lambda site: site.put(site.write()[:60] + "</channel></rss>")
    ),
    feed("feed dates", Check.DATES, lambda site: site.put(site.write(dates=False))),
    feed("feed unread item", Check.TOTAL, lambda site: site.put(site.write(more=UNREAD))),
    feed("feed 404", Check.OLD_POST, lambda site: fail(site, 404)),
)


# Fell silent together on one server, which is how a broken archiver looks.
ONE_SERVER = ("one", "two", "three")
# Silent when it was added: there is no earlier word.
NEVER_JUDGED = ("kitty fine", "feed fine", "feed dates", "login")


def believe(workshop, slug: str, status: Status, at: datetime) -> None:
    """The word that was said of a community before."""
    with writing(workshop.engine) as session:
        ids = {one.slug: one.id for one in list_communities(session)}
        save_assessment(
            session,
            Assessment(
                community_id=ids[slug],
                assessed_at=at,
                observed_until=at,
                status=status,
                since=at - timedelta(days=400),
                rules_version="earlier",
            ),
        )


def words(workshop) -> dict[str, Status]:
    with reading(workshop.engine) as session:
        last = latest_assessments(session)
        return {one.slug: last[one.id].status for one in list_communities(session)}


def cards(workshop) -> dict[str, set[FlagKind]]:
    with reading(workshop.engine) as session:
        names = {one.id: one.slug for one in list_communities(session)}
        found: dict[str, set[FlagKind]] = {}
        for review in list_open_reviews(session):
            found.setdefault(names[review.community_id], set()).add(review.kind)
        return found


def proofs(workshop) -> dict[str, SilenceProof]:
    with reading(workshop.engine) as session:
        watched = {source.id: source.name for source in list_sources(session)}
        return {watched[n]: proof for n, proof in latest_proofs(session, watched).items()}


def test_each_broken_reading_keeps_the_last_good_word_and_opens_no_card(archive_server, workshop):
    now = workshop.clock()
    last = now - timedelta(days=SILENT_DAYS)
    sites = {}
    for n, case in enumerate(BREAKS, 1):
        # Stopped on different days, so that the day of the test chooses different periods.
        talk = write_talk(f"c{n}", last - timedelta(days=n))
        sites[case.name] = case.make(archive_server, f"127.77.5.{n}", talk)
        workshop.watch(case.name, sites[case.name].url, case.platform)
    for name in ONE_SERVER:
        talk = write_talk(name, last)
        site = Pipermail(archive_server, "127.77.5.98", talk, path=f"/{name}/")
        workshop.watch(name, site.url)
    living = Pipermail(archive_server, "127.77.5.99", write_talk("living", now))
    workshop.watch("living", living.url)
    visited = workshop.crawl()
    assert {done.report.outcome.saw for done in visited.values()} == {True}
    for case in BREAKS:
        if case.name not in NEVER_JUDGED:
            believe(workshop, case.name, Status.ACTIVE, last)
        case.do(sites[case.name])

    asked = len(archive_server.log)
    prove_silence(workshop.engine, workshop.settings, workshop.clock)
    assess_all(workshop.engine, workshop.clock())

    found = {name: [one.check for one in proof.failed] for name, proof in proofs(workshop).items()}
    expected = {case.name: case.notices for case in BREAKS}
    expected |= dict.fromkeys(ONE_SERVER, Check.NEIGHBOURS)
    assert {name: next(iter(failed), None) for name, failed in found.items()} == expected
    fine = {name for name, notices in expected.items() if notices is None}
    kept = dict.fromkeys((case.name for case in BREAKS), Status.ACTIVE)
    kept |= dict.fromkeys((*NEVER_JUDGED, *ONE_SERVER), Status.UNVERIFIABLE)
    assert words(workshop) == {
        "living": Status.ACTIVE,
        **kept,
        **dict.fromkeys(fine, Status.DORMANT),
    }
    assert cards(workshop) == {name: {FlagKind.WENT_QUIET} for name in fine}
    check_manners(archive_server.log[asked:])


def check_manners(log: Sequence[Logged]) -> None:
    """Few requests, one at a time, none to a list that talks, and none that a cache may answer."""
    per_host = Counter(entry.host for entry in log)
    assert per_host.pop("127.77.5.98") <= 3 * len(ONE_SERVER)
    assert max(per_host.values()) <= 3
    assert "127.77.5.99" not in per_host
    assert max(entry.in_flight for entry in log) == 1
    assert not any(entry.conditional for entry in log)


def test_while_most_hosts_are_silent_to_us_nothing_is_concluded(archive_server, workshop):
    last = workshop.clock() - timedelta(days=SILENT_DAYS)
    for n in range(1, 4):
        site = Pipermail(archive_server, f"127.77.5.{n}", write_talk(f"s{n}", last))
        workshop.watch(f"s{n}", site.url)
        believe(workshop, f"s{n}", Status.ACTIVE, last)
    workshop.crawl()
    for n in range(1, 4):
        archive_server.put("/nets/", Answer(hang_up=True), host=f"127.77.5.{n}")
    assert prove_silence(workshop.engine, workshop.settings, workshop.clock) == []
    assert proofs(workshop) == {}
    assess_all(workshop.engine, workshop.clock())
    assert set(words(workshop).values()) == {Status.ACTIVE}
