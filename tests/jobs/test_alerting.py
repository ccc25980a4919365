"""One mail when something breaks, one when it mends, none between, and none twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from config import Settings
from domain.alerts import AlertKind, AlertPolicy
from domain.canary import Canary, Check, CheckResult, Said, SilenceProof
from domain.outcome import Outcome, Reason
from domain.people import Role
from domain.records import CrawlReport, DateBasis, KeyedPage, KeyedPost, Platform
from domain.window import Coverage, CoverageKind
from jobs.alert_policy import alert_policy
from jobs.alerting import notice_broken, notice_late, tell_alerts
from store.alerts import list_open_alerts
from store.canaries import save_proof
from store.crawls import save_report
from store.engine import reading, writing
from store.jobs import claim_job, finish_job
from store.outbox import claim_mails
from store.posts import save_page
from store.sources import add_community, add_source, claim_due, load_source, pause_source, release
from store.users import add_user

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


class Watch:
    """An installation whose visits end as a test says."""

    def __init__(self, engine, settings: Settings) -> None:
        self.engine = engine
        self.settings = settings
        self.policy = alert_policy(settings)
        self.now = NOW

    def add(self, name: str, host: str = "lists.example.org") -> None:
        with writing(self.engine) as s:
            community = add_community(s, slug=name, name=name.title(), now=NOW)
            add_source(
                s,
                community_id=community.id,
                name=name,
                url=f"https://{host}/{name}/",
                platform=Platform.PIPERMAIL,
                now=NOW,
            )

    def invite(self, address: str, role: Role = Role.OPERATOR) -> None:
        with writing(self.engine) as s:
            add_user(s, name=address.split("@", maxsplit=1)[0], address=address, role=role, now=NOW)

    def run(self, _policy: AlertPolicy | None = None, **outcomes: Outcome) -> None:
        """One run an hour after the one before; names with dashes are given with underscores."""
        self.now += HOUR
        for name, outcome in outcomes.items():
            self.visit(name.replace("_", "-"), outcome)
        notice_broken(self.engine, _policy or self.policy, self.now)
        tell_alerts(self.engine, self.settings, self.now)

    def visit(self, name: str, outcome: Outcome, **facts: int) -> None:
        with writing(self.engine) as s:
            (source,) = claim_due(s, owner="me", now=self.now, ttl=HOUR, only=[name])
            save_report(
                s,
                CrawlReport(
                    source_id=source.id,
                    started_at=self.now - timedelta(minutes=1),
                    finished_at=self.now,
                    outcome=outcome,
                    detail=f"it was {outcome}",
                    evidence={} if outcome.saw else {"status": "503"},
                    to_do="look at it" if outcome is Outcome.LAYOUT_CHANGED else "",
                    **facts,
                ),
            )
            ours = outcome is Outcome.OUR_NETWORK_DOWN
            failures = source.failures if ours else 0 if outcome.saw else source.failures + 1
            release(s, source.id, owner="me", due_at=self.now + DAY, failures=failures)

    def talk(self, name: str, until: datetime) -> None:
        """A post every four days for a year."""
        keys = [f"{name}-{number}".encode().rjust(16)[:16] for number in range(90)]
        posts = tuple(
            KeyedPost(key=key, at=until - number * 4 * DAY, basis=DateBasis.SENT)
            for number, key in enumerate(keys)
        )
        self.see(name, posts)

    def see(self, name: str, posts: tuple[KeyedPost, ...] = ()) -> None:
        """The whole past is seen, up to now."""
        seen = Coverage(start=NOW - 400 * DAY, end=self.now, kind=CoverageKind.COMPLETE)
        with writing(self.engine) as s:
            source = load_source(s, name)
            save_page(s, source.id, KeyedPage(posts=posts, coverage=(seen,)), now=self.now)

    def mails(self) -> list[EmailMessage]:
        """The mails queued since the last look."""
        with writing(self.engine) as s:
            queued = claim_mails(s, self.now + DAY, 100, 1000 * DAY)
        return [
            message_from_bytes(mail.message, policy=policy.default)  # type: ignore[misc]
            for mail in queued
        ]

    def subjects(self) -> list[str]:
        return [str(mail["Subject"]).strip() for mail in self.mails()]

    def open(self) -> list[tuple[AlertKind, str]]:
        with reading(self.engine) as s:
            return [(alert.kind, alert.name) for alert in list_open_alerts(s)]


@pytest.fixture
def watch(workshop) -> Watch:
    made = Watch(workshop.engine, workshop.settings)
    made.invite("ola@example.org")
    made.add("nets")
    return made


@pytest.fixture
def make_watch(make_workshop) -> Callable[[str], Watch]:
    def make(more: str) -> Watch:
        workshop = make_workshop(more=more)
        return Watch(workshop.engine, workshop.settings)

    return make


def body(mail: EmailMessage) -> str:
    text = mail.get_body()
    assert text is not None
    content: str = text.get_content()
    return content.replace("\r\n", "\n")


# ---- a source is read, but not as usual -------------------------------------------------------


def test_what_is_odd_twice_in_a_row_is_one_mail_and_one_when_it_is_as_usual(watch):
    def run(requests: int) -> None:
        watch.visit("nets", Outcome.READ, requests=requests)
        watch.run()

    for _ in range(6):
        run(3)
    run(400)
    assert watch.mails() == []
    run(400)
    (mail,) = watch.mails()
    assert (
        str(mail["Subject"])
        .strip()
        .startswith("Rollcall: nets has been read, but not as usual, since")
    )
    assert "the visit asked 400 times, usually 3" in body(mail)
    assert watch.open() == [(AlertKind.ODD, "nets")]
    run(400)
    assert watch.mails() == []
    run(3)
    (subject,) = watch.subjects()
    assert subject.startswith("Rollcall: nets is as usual again, after")
    assert watch.open() == []


def test_a_silence_that_was_not_proved_is_one_mail_and_one_when_posts_come(watch):
    for _ in range(3):
        watch.run(nets=Outcome.READ)
    said = Reason(code=Said.MISSING, values={"parts": "2019"})
    canary = Canary(check=Check.TOTAL, result=CheckResult.FAILED, said=said)
    with writing(watch.engine) as s:
        save_proof(s, SilenceProof(source_id=1, checked_at=watch.now, canaries=(canary,)))
    watch.run(nets=Outcome.READ)
    (mail,) = watch.mails()
    assert "not listed any more: 2019" in body(mail)
    watch.run(nets=Outcome.READ)
    assert watch.mails() == []
    watch.visit("nets", Outcome.READ, posts_new=2)
    watch.run()
    (subject,) = watch.subjects()
    assert subject.startswith("Rollcall: nets is as usual again")


def test_a_host_whose_lists_all_fall_silent_in_the_same_days_is_one_mail(watch):
    names = ["nets", "water", "midwives"]
    for name in names[1:]:
        watch.add(name)
    for number, name in enumerate(names):
        watch.talk(name, until=NOW - (10 + number) * DAY)
    watch.run(**dict.fromkeys(names, Outcome.READ))
    assert watch.mails() == []
    watch.now += 10 * DAY
    for name in names:
        watch.see(name)
    watch.run(**dict.fromkeys(names, Outcome.READ))
    (mail,) = watch.mails()
    assert "all 3 sources on lists.example.org fell silent in the same days" in body(mail)
    assert watch.open() == [(AlertKind.ODD, name) for name in sorted(names)]


# ---- a source breaks and mends ---------------------------------------------------------------


def test_one_failure_is_no_news(watch):
    watch.run(nets=Outcome.READ)
    watch.run(nets=Outcome.TIMEOUT)
    assert watch.mails() == []
    assert watch.open() == []


def test_two_failures_in_a_row_are_one_mail_and_more_are_none(watch):
    for outcome in (Outcome.READ, Outcome.TIMEOUT, Outcome.TIMEOUT):
        watch.run(nets=outcome)
    assert watch.subjects() == ["Rollcall: nets cannot be reached since 23 Nov 2026, 07:59 UTC"]
    for outcome in (Outcome.TIMEOUT, Outcome.SERVER_ERROR, Outcome.LAYOUT_CHANGED):
        watch.run(nets=outcome)
    assert watch.mails() == []
    with reading(watch.engine) as s:
        assert list_open_alerts(s)[0].failures == 5


def test_the_mail_says_what_since_when_by_which_evidence_and_what_to_do(watch):
    for _ in range(2):
        watch.run(nets=Outcome.LAYOUT_CHANGED)
    (mail,) = watch.mails()
    assert mail["To"] == "ola@example.org"
    text = body(mail)
    assert text.startswith("nets cannot be read since 23 Nov 2026, 06:59 UTC.")
    for line in (
        "Community  Nets",
        "Address    https://lists.example.org/nets/",
        "Failed     2 visits in a row",
        "Why        its archive looks different now and we cannot read it yet",
        "Evidence   it was layout_changed. status: 503",
        "To do      look at it",
        "Type       rollcall sources show nets",
    ):
        assert f"  {line}\n" in text
    assert "nothing of this counts as silence" in text


def test_one_success_is_one_mail_that_says_how_long_it_lasted(watch):
    for outcome in (Outcome.TIMEOUT, Outcome.TIMEOUT, Outcome.TIMEOUT):
        watch.run(nets=outcome)
    watch.mails()
    watch.now += 3 * DAY
    watch.run(nets=Outcome.UNCHANGED)
    assert watch.subjects() == ["Rollcall: nets is read again, after 3 days"]
    watch.run(nets=Outcome.READ)
    assert watch.mails() == []
    assert watch.open() == []


def test_flapping_that_never_fails_twice_in_a_row_is_never_mailed(watch):
    for _ in range(4):
        watch.run(nets=Outcome.TIMEOUT)
        watch.run(nets=Outcome.READ)
    assert watch.mails() == []


@pytest.mark.parametrize("outcome", [o for o in Outcome if not o.saw])
def test_every_way_of_not_seeing_is_told_once(watch, outcome):
    for _ in range(4):
        watch.run(nets=outcome)
    assert len(watch.mails()) == 1


def test_how_often_is_settable(make_watch):
    watch = make_watch("[alerts]\nopen_after = 3\nclose_after = 2\n")
    watch.invite("ola@example.org")
    watch.add("nets")
    for _ in range(2):
        watch.run(nets=Outcome.TIMEOUT)
    assert watch.mails() == []
    watch.run(nets=Outcome.TIMEOUT)
    assert len(watch.mails()) == 1
    watch.run(nets=Outcome.READ)
    assert watch.mails() == []
    watch.run(nets=Outcome.READ)
    assert len(watch.mails()) == 1


def test_noticing_and_telling_again_says_nothing_twice(watch):
    for _ in range(2):
        watch.run(nets=Outcome.TIMEOUT)
    again = Watch(watch.engine, watch.settings)
    again.now = watch.now
    for _ in range(3):
        again.run()
    assert len(again.mails()) == 1


def test_a_paused_source_ends_its_alert_without_a_mail(watch):
    for _ in range(2):
        watch.run(nets=Outcome.TIMEOUT)
    watch.mails()
    with writing(watch.engine) as s:
        pause_source(s, load_source(s, "nets").id, paused=True)
    watch.run()
    assert (watch.open(), watch.mails()) == ([], [])


# ---- several at once -------------------------------------------------------------------------


def test_what_changes_in_one_run_is_one_mail(watch):
    for name in ("water", "eyes"):
        watch.add(name, host=f"{name}.example.org")
    for _ in range(2):
        watch.run(water=Outcome.TIMEOUT, nets=Outcome.READ, eyes=Outcome.TIMEOUT)
    assert watch.subjects() == ["Rollcall: 2 sources broke"]
    for _ in range(2):
        watch.run(water=Outcome.READ, nets=Outcome.LOGIN_WALL, eyes=Outcome.TIMEOUT)
    subjects = watch.subjects()
    assert subjects == [
        "Rollcall: water is read again, after 2 hours",
        "Rollcall: nets does not let us in since 23 Nov 2026, 08:59 UTC",
    ]
    watch.run(eyes=Outcome.READ, nets=Outcome.READ)
    assert watch.subjects() == ["Rollcall: 2 sources mended"]


def test_many_sources_of_one_host_are_one_line(watch):
    names = [f"list-{number}" for number in range(9)]
    for name in names:
        watch.add(name, host="down.example.org")
    for _ in range(2):
        watch.now += HOUR
        for name in names:
            watch.visit(name, Outcome.SERVER_ERROR if name == "list-0" else Outcome.TIMEOUT)
    watch.run()
    (mail,) = watch.mails()
    assert mail["Subject"] == "Rollcall: host down.example.org: 9 sources broke"
    text = body(mail)
    head = "Host down.example.org: 9 sources not seen since 23 Nov 2026, 06:59 UTC."
    assert text.startswith(head)
    assert "list-7 and 1 more" in text
    assert "did not answer in time (8), answers with an error of its server (1)" in text
    assert text.count("Type ") == 1


# ---- our own network -------------------------------------------------------------------------


def test_our_own_outage_is_one_alert_of_its_own_and_none_of_any_source(watch):
    watch.add("water")
    for _ in range(4):
        watch.run(nets=Outcome.OUR_NETWORK_DOWN, water=Outcome.OUR_NETWORK_DOWN)
    assert watch.open() == [(AlertKind.NETWORK, "our own network")]
    assert watch.subjects() == [
        "Rollcall: our own network has been down since 23 Nov 2026, 06:59 UTC"
    ]
    watch.run(nets=Outcome.READ, water=Outcome.READ)
    assert watch.subjects() == ["Rollcall: our own network works again, after 4 hours"]


def test_an_outage_of_ours_neither_opens_nor_closes_what_was_failing(watch):
    watch.run(nets=Outcome.TIMEOUT)
    watch.run(nets=Outcome.OUR_NETWORK_DOWN)
    assert watch.mails() == []
    watch.run(nets=Outcome.TIMEOUT)
    assert watch.open() == [(AlertKind.SOURCE, "nets")]
    watch.run(nets=Outcome.OUR_NETWORK_DOWN)
    assert watch.open() == [(AlertKind.SOURCE, "nets")]


# ---- late ------------------------------------------------------------------------------------


def look(watch: Watch, at: datetime) -> list[str]:
    watch.now = at
    notice_late(watch.engine, watch.policy, at)
    tell_alerts(watch.engine, watch.settings, at)
    return watch.subjects()


@pytest.fixture
def planned(watch) -> Watch:
    """The weekly report is due, and nothing else will be late."""
    with writing(watch.engine) as s:
        pause_source(s, load_source(s, "nets").id, paused=True)
        claim_job(s, "weekly_report", owner="me", now=NOW - DAY, ttl=HOUR, first_due=NOW)
    return watch


def test_a_duty_that_did_not_happen_is_told_once_after_its_grace(planned):
    assert look(planned, NOW + 2 * HOUR) == []
    assert look(planned, NOW + 3 * HOUR) == [
        "Rollcall: the weekly report is late: it was due 23 Nov 2026, 06:00 UTC"
    ]
    assert look(planned, NOW + 30 * HOUR) == []
    with writing(planned.engine) as s:
        claim_job(s, "weekly_report", owner="me", now=NOW + 30 * HOUR, ttl=HOUR, first_due=NOW)
        finish_job(
            s, "weekly_report", owner="me", now=NOW + 30 * HOUR, due_at=NOW + 7 * DAY, error=""
        )
    assert look(planned, NOW + 30 * HOUR) == ["Rollcall: the weekly report is done, 30 hours late"]


def test_what_was_late_and_is_made_up_for_at_once_is_one_mail(planned):
    later = NOW + 2 * DAY
    notice_late(planned.engine, planned.policy, later)
    with writing(planned.engine) as s:
        claim_job(s, "weekly_report", owner="me", now=later, ttl=HOUR, first_due=NOW)
        finish_job(s, "weekly_report", owner="me", now=later, due_at=NOW + 7 * DAY)
    assert look(planned, later) == ["Rollcall: the weekly report is done, 2 days late"]
    assert look(planned, later + HOUR) == []


def test_the_grace_of_a_duty_is_settable(make_watch):
    watch = make_watch("[alerts]\nweekly_report_grace_hours = 30\n")
    watch.invite("ola@example.org")
    with writing(watch.engine) as s:
        claim_job(s, "weekly_report", owner="me", now=NOW - DAY, ttl=HOUR, first_due=NOW)
    assert look(watch, NOW + 29 * HOUR) == []
    assert len(look(watch, NOW + 31 * HOUR)) == 1


def test_sources_that_nobody_visits_are_one_alert(watch):
    watch.add("water")
    assert look(watch, NOW + 3 * HOUR) == [
        "Rollcall: 2 sources are late: due since 23 Nov 2026, 06:00 UTC, not visited"
    ]
    assert look(watch, NOW + 4 * HOUR) == []
    watch.visit("nets", Outcome.READ)
    watch.visit("water", Outcome.READ)
    assert look(watch, NOW + 5 * HOUR) == ["Rollcall: sources are visited again, after 5 hours"]


# ---- whom ------------------------------------------------------------------------------------


def test_only_operators_are_told_unless_the_settings_name_others(watch, make_watch):
    watch.invite("ada@example.org", Role.CURATOR)
    watch.invite("uma@example.org")
    for _ in range(2):
        watch.run(nets=Outcome.TIMEOUT)
    assert sorted(str(mail["To"]) for mail in watch.mails()) == [
        "ola@example.org",
        "uma@example.org",
    ]


def test_the_settings_name_who_is_told(make_watch):
    watch = make_watch('[alerts]\nrecipients = ["duty@example.org"]\n')
    watch.invite("ola@example.org")
    watch.add("nets")
    for _ in range(2):
        watch.run(nets=Outcome.TIMEOUT)
    assert [str(mail["To"]) for mail in watch.mails()] == ["duty@example.org"]


def test_with_nobody_to_tell_what_is_open_waits_and_what_is_over_is_forgotten(make_watch):
    watch = make_watch("")
    for name in ("nets", "water"):
        watch.add(name, host=f"{name}.example.org")
    for _ in range(2):
        watch.run(nets=Outcome.TIMEOUT, water=Outcome.TIMEOUT)
    watch.run(water=Outcome.READ)
    assert watch.mails() == []
    watch.invite("ola@example.org")
    watch.run()
    assert watch.subjects() == ["Rollcall: nets cannot be reached since 23 Nov 2026, 06:59 UTC"]
