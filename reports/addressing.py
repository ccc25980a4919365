"""Which letter each reader gets: by how often, what about, and what they do here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from statistics import median

from domain.people import Role
from domain.readers import Choices, Reader, Rhythm
from domain.records import Community
from domain.report import Change, ChangeKind, TalkRow, WeeklyReport
from presentation.digest import Edition
from presentation.topics import topic_name
from reports.letters import Letter

CURATORS = frozenset({Role.CURATOR, Role.LEAD})
OPERATORS = frozenset({Role.OPERATOR, Role.LEAD})
# Fewer known months before it do not make a usual one.
FEWEST_USUAL_MONTHS = 6
ORDER = tuple(ChangeKind)

Address = Callable[[Reader], Edition]


def plan_letters(
    week: WeeklyReport,
    month: WeeklyReport | None,
    readers: Iterable[Reader],
    *,
    communities: Mapping[str, Community],
    edition_for: Address,
) -> Iterator[Letter]:
    """The letters of a week, and of the month before where it has ended; none to who rests.

    Curators and operators get one also of a week without news, so that silence means broken.
    """
    narrowed: dict[tuple[str, Choices], WeeklyReport] = {}
    for reader in readers:
        report = month if reader.choices.rhythm is Rhythm.MONTHLY else week
        if report is None or not reader.gets_mail:
            continue
        about = replace(reader.choices, rhythm=Rhythm.WEEKLY, locale="")
        key = (report.label, about)
        if key not in narrowed:
            narrowed[key] = narrow(report, about, communities)
        own = narrowed[key]
        if _is_worth(own, reader):
            yield Letter(address=reader.address, report=own, edition=_edition(reader, edition_for))


def narrow(
    report: WeeklyReport, choices: Choices, communities: Mapping[str, Community]
) -> WeeklyReport:
    """The report with only the communities of these topics and regions, summed anew."""
    if not choices.topics and not choices.regions:
        return report

    def fits(slug: str) -> bool:
        community = communities.get(slug)
        return community is not None and _fits(community, choices)

    talk = tuple(row for row in report.talk if fits(row.slug))
    return replace(
        _sum_up(report, talk),
        changes=tuple(change for change in report.changes if fits(change.slug)),
        recounts=tuple(entry for entry in report.recounts if fits(entry.slug)),
        not_read=tuple(entry for entry in report.not_read if fits(entry.slug)),
        not_talk=tuple(entry for entry in report.not_talk if fits(entry.slug)),
        closed_to_us=0,
    )


def build_month(week: WeeklyReport, weeks: Iterable[WeeklyReport]) -> WeeklyReport:
    """The month before the end of `week`, of its own numbers and of the changes that `weeks` told.

    Of several changes of one community the last one holds.
    """
    month = week.months[-1]
    told: dict[str, Change] = {}
    for one in sorted(weeks, key=lambda one: one.week):
        if one.window.start in month.window:
            told |= {change.slug: change for change in one.changes}
    ordered = sorted(told.values(), key=lambda change: (ORDER.index(change.kind), change.name))
    talk = tuple(sorted((_month_row(row) for row in week.talk), key=_liveliest_first))
    return replace(
        _sum_up(week, talk),
        month=str(month),
        window=month.window,
        changes=tuple(ordered),
        recounts=(),
    )


def _sum_up(report: WeeklyReport, talk: tuple[TalkRow, ...]) -> WeeklyReport:
    """The report with these rows and their sums."""
    both = [row for row in talk if row.this_week is not None and row.last_week is not None]
    return replace(
        report,
        talk=talk,
        posts=sum(row.this_week or 0 for row in talk),
        posts_last_week=sum(row.last_week or 0 for row in both) if both else None,
        seen=sum(row.this_week is not None for row in talk),
    )


def _month_row(row: TalkRow) -> TalkRow:
    known = [posts for posts in row.months[:-1] if posts is not None]
    usual = float(median(known)) if len(known) >= FEWEST_USUAL_MONTHS else None
    this, last = row.months[-1], row.months[-2]
    return replace(row, this_week=this, last_week=last, usual=usual, season=None)


def _liveliest_first(row: TalkRow) -> tuple[bool, int, str]:
    return (row.this_week is None, -(row.this_week or 0), row.name)


def _fits(community: Community, choices: Choices) -> bool:
    """True when it is of one of the topics, and of one of the regions, where any were chosen."""
    of_topic = not choices.topics or bool({*choices.topics} & {*community.topics})
    in_region = not choices.regions or bool({*choices.regions} & {*community.regions})
    return of_topic and in_region


def _is_worth(report: WeeklyReport, reader: Reader) -> bool:
    if reader.choices.rhythm is Rhythm.CHANGES:
        return bool(report.changes)
    return report.has_news or reader.role is not None


def _edition(reader: Reader, edition_for: Address) -> Edition:
    choices = reader.choices
    names = [topic_name(topic, choices.locale) for topic in choices.topics]
    return replace(
        edition_for(reader),
        locale=choices.locale,
        for_curator=reader.role in CURATORS,
        for_operator=reader.role in OPERATORS,
        only=", ".join([*names, *choices.regions]),
    )
