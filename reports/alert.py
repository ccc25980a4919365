"""The mail about what broke or mended: one for everything that changed at once, in plain text."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from hashlib import sha256

from domain.alerts import VISITS, Alert, AlertKind
from domain.outcome import Outcome
from domain.plain_text import one_line
from domain.records import CrawlReport
from presentation.dates import capital, counted, describe_length, format_minute
from presentation.marks import MARKS, RunMark
from presentation.words import outcome_words

TITLE = "Rollcall"
NAMED = 8
LONGEST_LINE = 300
DUTIES = {"weekly_report": "the weekly report", "assess": "the daily scoring"}
BROKEN = {
    RunMark.CANNOT_READ: "cannot be read",
    RunMark.REFUSED: "does not let us in",
    RunMark.NOT_REACHED: "cannot be reached",
    RunMark.UNKNOWN: "is read only in part",
}
FOOT = (
    "The public pages keep the last good word, with its date: nothing of this counts as silence.\n"
    "There is one mail when something breaks and one when it is mended, and none between.\n"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One alert with what its source's last visit showed; the rest is empty for other alerts.

    `odd` says what is not as usual about a source that is read.
    """

    alert: Alert
    community: str = ""
    url: str = ""
    host: str = ""
    report: CrawlReport | None = None
    page: str = ""
    odd: tuple[str, ...] = ()

    @property
    def over(self) -> bool:
        """True when it is mended."""
        return self.alert.closed_at is not None

    @property
    def failure(self) -> CrawlReport | None:
        """The last visit, if it says what is wrong; one that saw meanwhile does not."""
        return self.report if self.report is not None and not self.report.outcome.saw else None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertMail:
    """Everything that changed at once, on its way to one person."""

    recipient: str
    sender: str
    now: datetime
    news: tuple[Told, ...]


def dedupe_key(mail: AlertMail) -> str:
    """The key under which a second mail of the same changes to the same person is refused."""
    changes = [
        f"{told.alert.kind}:{told.alert.name}:{told.alert.id}:{told.alert.state}"
        for told in mail.news
    ]
    what = changes[0] if len(changes) == 1 else _fingerprint(" ".join(sorted(changes)))
    return f"alert:{what}:{mail.recipient.lower()}"


def build_alert_mail(mail: AlertMail) -> EmailMessage:
    """The mail, text only; the same bytes for the same changes, person and moment."""
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(display_name=TITLE, addr_spec=mail.sender)
    message["To"] = Address(addr_spec=mail.recipient)
    message["Subject"] = one_line(f"{TITLE}: {write_subject(mail.news)}")
    message["Date"] = mail.now
    domain = Address(addr_spec=mail.sender).domain
    message["Message-ID"] = f"<alert.{_fingerprint(dedupe_key(mail))}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(write_text(mail.news), cte="quoted-printable")
    return message


def write_subject(news: Sequence[Told]) -> str:
    """What changed in one line: named where it is one thing, counted where it is several."""
    if len(news) == 1:
        return _head(news[0])
    over = sum(told.over for told in news)
    hosts = {told.host for told in news}
    one, many = ("source", "sources") if "" not in hosts else ("thing", "things")
    where = f"host {news[0].host}: " if len(hosts) == 1 and news[0].host else ""
    late = all(told.alert.kind is AlertKind.LATE for told in news)
    broken, mended = ("late", "late but done by now") if late else ("broke", "mended")
    broken = f"{counted(len(news) - over, one, many)} {broken}" if over < len(news) else ""
    mended = f"{counted(over, one, many)} {mended}" if over else ""
    return where + ", ".join(part for part in (broken, mended) if part)


def write_text(news: Sequence[Told]) -> str:
    """The whole mail: what broke first, then what is mended."""
    broken = [told for told in news if not told.over]
    mended = [told for told in news if told.over]
    blocks = [block for some in (broken, mended) for block in _write_blocks(some)]
    return "\n".join([*blocks, FOOT])


def _write_blocks(news: Sequence[Told]) -> Iterable[str]:
    """A block for each thing; several sources of one host are one."""
    broken = [told for told in news if told.alert.kind is AlertKind.SOURCE]
    hosts = Counter(told.host for told in broken if told.host)
    folded = {host for host, number in hosts.items() if number > 1}
    for told in news:
        if told not in broken or told.host not in folded:
            head = _head(told)
            # A source's name is typed as it is.
            named = told.alert.kind in (AlertKind.SOURCE, AlertKind.ODD)
            yield _write_block(head if named else capital(head), _list_facts(told))
    for host in sorted(folded):
        yield _fold([told for told in broken if told.host == host])


def _head(told: Told) -> str:
    """What changed with one thing, without a full stop."""
    alert = told.alert
    if alert.kind is AlertKind.LATE:
        return _head_late(told)
    lasted = describe_length((alert.closed_at or alert.since) - alert.since)
    if alert.kind is AlertKind.NETWORK:
        if told.over:
            return f"our own network works again, after {lasted}"
        return f"our own network has been down since {format_minute(alert.since)}"
    if alert.kind is AlertKind.ODD:
        if told.over:
            return f"{alert.name} is as usual again, after {lasted}"
        return f"{alert.name} has been read, but not as usual, since {format_minute(alert.since)}"
    if told.over:
        return f"{alert.name} is read again, after {lasted}"
    failure = told.failure
    how = BROKEN[MARKS[failure.outcome]] if failure else "is not seen"
    return f"{alert.name} {how} since {format_minute(alert.since)}"


def _head_late(told: Told) -> str:
    alert = told.alert
    lasted = describe_length((alert.closed_at or alert.since) - alert.since)
    if alert.name == VISITS:
        if told.over:
            return f"sources are visited again, after {lasted}"
        noun = counted(alert.failures, "source is", "sources are")
        return f"{noun} late: due since {format_minute(alert.since)}, not visited"
    what = DUTIES.get(alert.name, alert.name)
    if told.over:
        return f"{what} is done, {lasted} late"
    return f"{what} is late: it was due {format_minute(alert.since)}"


def _list_facts(told: Told) -> list[tuple[str, str]]:
    alert = told.alert
    if alert.kind is AlertKind.ODD:
        facts = [("Community", told.community), ("Address", told.url)]
        if not told.over:
            advice = "open the address in a browser and compare it with what is said here"
            facts += [("Odd", "; ".join(told.odd)), ("To do", advice)]
        return [*facts, ("Type", _show(alert.name)), ("Page", told.page)]
    if alert.kind is AlertKind.SOURCE:
        facts = [("Community", told.community), ("Address", told.url)]
        if not told.over:
            facts.append(("Failed", f"{alert.failures} visits in a row"))
            facts += _list_evidence(told.failure)
        return [*facts, ("Type", _show(alert.name)), ("Page", told.page)]
    if told.over:
        return [("Since", format_minute(alert.since)), ("Type", "rollcall status")]
    if alert.kind is AlertKind.NETWORK:
        return [
            ("Why", "most hosts that have nothing to do with one another did not answer"),
            ("To do", "check this machine's connection; nothing was concluded meanwhile"),
            ("Type", "rollcall status"),
        ]
    return [
        ("To do", "see that `rollcall run` is running, and what its log says"),
        ("Type", "rollcall status"),
    ]


def _list_evidence(report: CrawlReport | None) -> list[tuple[str, str]]:
    if report is None:
        return []
    evidence = "; ".join(f"{name}: {value}" for name, value in report.evidence.items())
    seen = ". ".join(part for part in (report.detail, evidence) if part)
    return [
        ("Why", f"its archive {outcome_words(report.outcome)}"),
        ("Evidence", seen),
        ("To do", report.to_do or ADVICE[MARKS[report.outcome]]),
    ]


ADVICE = {
    RunMark.CANNOT_READ: "open the address in a browser and compare it with the evidence",
    RunMark.REFUSED: "ask whoever runs the host, or pause the source",
    RunMark.NOT_REACHED: "nothing yet: it is tried again, less and less often",
    RunMark.UNKNOWN: "nothing yet: the rest is read on the next visits",
}


def _fold(news: Sequence[Told]) -> str:
    """Several sources of one host in one block."""
    first = news[0]
    names = [told.alert.name for told in news]
    since = min(told.alert.since for told in news)
    outcomes: Counter[Outcome] = Counter(
        told.failure.outcome for told in news if told.failure is not None
    )
    whole = f"Host {first.host}: {counted(len(news), 'source', 'sources')}"
    if first.over:
        ends = max(told.alert.closed_at or since for told in news)
        head = f"{whole} read again, after {describe_length(ends - since)}"
    else:
        head = f"{whole} not seen since {format_minute(since)}"
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    why = ", ".join(f"{outcome_words(o)} ({number})" for o, number in outcomes.most_common())
    failures = [told.failure for told in news if told.failure is not None]
    facts = [("Sources", ", ".join(names[:NAMED]) + more)]
    if not first.over:
        facts += [("Why", why), *_list_evidence(failures[0] if failures else None)[1:]]
    return _write_block(head, [*facts, ("Type", _show(first.alert.name))])


def _show(name: str) -> str:
    return f"rollcall sources show {shlex.quote(name)}"


def _write_block(head: str, facts: Iterable[tuple[str, str]]) -> str:
    lines = [f"{head}."]
    for label, text in facts:
        if text:
            short = " ".join(text.split())
            short = short if len(short) <= LONGEST_LINE else f"{short[: LONGEST_LINE - 1]}…"
            lines.append(f"  {label:<10} {short}")
    return "\n".join(lines) + "\n"


def _fingerprint(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:24]
