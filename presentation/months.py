"""What a community's bars say: how much of each month was seen, which were busy, which usual."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import quantiles

from domain.published import MonthBar
from domain.window import Month
from presentation.dates import counted, format_count, format_month, format_share
from presentation.i18n import say
from presentation.words import ENOUGH_MONTHS


def seen_words(bar: MonthBar, locale: str = "en") -> str:
    """How much of a month was seen, for the table."""
    if bar.posts is None:
        return say("not seen", locale)
    if bar.wholly_seen:
        return say("wholly", locale)
    return say("in part ({share})", locale, share=format_share(bar.seen_share, locale))


def month_words(months: Sequence[MonthBar], locale: str = "en") -> tuple[str, ...]:
    """What the bars say, in sentences: busiest month, usual months, months that were not seen."""
    counts = [(bar.posts, bar.month) for bar in months if bar.posts is not None and bar.wholly_seen]
    lines = []
    busiest = max(counts, default=None, key=lambda pair: pair[0])
    if busiest is not None and busiest[0] > 0:
        most = format_count(busiest[0], locale)
        month = format_month(busiest[1], locale)
        lines.append(say("Busiest {most} ({month}).", locale, most=most, month=month))
    while counts and counts[-1][0] == 0:
        counts.pop()  # what was usual before it fell silent
    if len(counts) >= ENOUGH_MONTHS:
        low, _, high = quantiles((count for count, _ in counts), n=4, method="inclusive")
        least, most = format_count(round(low), locale), format_count(round(high), locale)
        usual = least if least == most else f"{least}–{most}"
        lines.append(say("Usual {number}.", locale, number=usual))
    unseen = [bar.month for bar in months if bar.posts is None]
    if unseen:
        count = counted(len(unseen), "month was", "months were", locale)
        runs = _name_runs(unseen, locale)
        lines.append(say("{months} not seen and hatched: {runs}.", locale, months=count, runs=runs))
    if any(bar.posts is not None and not bar.wholly_seen for bar in months):
        lines.append(say("Bars on hatching were seen in part: there may have been more.", locale))
    return tuple(lines)


def _name_runs(months: Sequence[Month], locale: str) -> str:
    """Months as runs: `Mar – May 2025, Aug 2025`."""
    runs: list[list[Month]] = []
    for month in months:
        if runs and runs[-1][-1].shifted(1) == month:
            runs[-1].append(month)
        else:
            runs.append([month])
    return ", ".join(
        format_month(run[0], locale)
        if len(run) == 1
        else f"{format_month(run[0], locale)} – {format_month(run[-1], locale)}"
        for run in runs
    )
