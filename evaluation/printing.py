"""A trial in words: a table for people, a record for programs, a plot of its calibration."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from evaluation.figures import Bin, Estimate
from evaluation.trial import Forecast, Trial

TITLES = {
    "any_180": "any post within 180 days",
    "quiet": "the silence becomes a year",
    "fun_180": "functional within 180 days",
    "any_90": "any post within 90 days",
}
SIDE, MARGIN, DOT = 320, 40, 4
INK, PAPER, LINE = "#1d3557", "#ffffff", "#8a8f98"


def list_lines(trial: Trial) -> Iterator[str]:
    """The figures as Markdown tables; each with the interval of 95 of 100 resamplings."""
    how = f"out of {trial.folds} folds by community" if trial.folds else "as they are"
    yield (
        f"Rules {trial.version}, {how}; {trial.communities:,} communities, {trial.posts:,} posts;"
        " every origin weighs the same."
    )
    yield ""
    yield "| forecast | rows | comes true | log loss | AUC | calibration error |"
    yield "|---|---|---|---|---|---|"
    for one in trial.forecasts:
        yield (
            f"| {TITLES[one.name]} | {one.rows:,} | {one.base_share:.1%} |"
            f" {_told(one.log_loss, 4)} | {_told(one.auc, 3)} | {_told(one.calibration_error, 3)} |"
        )
    yield ""
    yield from _list_views(trial)
    yield ""
    yield from _list_weeks(trial)
    yield ""
    yield from _list_origins(trial)


def _list_views(trial: Trial) -> Iterator[str]:
    first = trial.forecasts[0]
    views, plain = list(first.views), list(first.baselines)
    heads = [f"{items} items" for items in views] + [f"by {name} alone" for name in plain]
    yield f"| log loss | all posts | {' | '.join(heads)} |"
    yield "|---" * (len(heads) + 2) + "|"
    for one in trial.forecasts:
        losses = [one.log_loss.value, *one.views.values(), *one.baselines.values()]
        yield f"| {TITLES[one.name]} | {' | '.join(f'{loss:.4f}' for loss in losses)} |"


def _list_weeks(trial: Trial) -> Iterator[str]:
    week = trial.operations
    yield f"| week by week ({week.weeks:,} weeks) | figure |"
    yield "|---|---|"
    yield f"| quiet weeks caught at 1 % false-dead | {_told(week.catch, 3)} |"
    for name, value in week.catch_by.items():
        yield f"| … by {name} alone | {value:.3f} |"
    yield f"| median days from a last post to that call | {week.delay_days:.0f} |"
    yield f"| quiet weeks in dormant or inactive | {_told(week.called_quiet, 3)} |"
    yield f"| median days from a last post to dormant | {week.state_delay_days:.0f} |"
    yield f"| living weeks in dormant or inactive | {_told(week.called_living, 4)} |"
    yield f"| living weeks in inactive | {week.living_inactive} |"
    yield f"| review cards per 100 communities and week | {_told(week.cards, 3)} |"
    yield f"| status changes per community and year | {_told(week.changes, 2)} |"


def _list_origins(trial: Trial) -> Iterator[str]:
    heads = ("any post, log loss", "quiet, log loss", "quiet weeks called", "living weeks called")
    yield f"| origin | {' | '.join(heads)} |"
    yield "|---|---|---|---|---|"
    by_name = {one.name: one for one in trial.forecasts}
    for origin, (quiet, living) in trial.operations.by_origin.items():
        losses = [_loss(by_name[name], origin) for name in ("any_180", "quiet")]
        yield f"| {origin} | {losses[0]} | {losses[1]} | {quiet:.3f} | {living:.4f} |"


def _loss(forecast: Forecast, origin: str) -> str:
    loss = forecast.by_origin.get(origin)
    return "no rows" if loss is None else f"{loss:.4f}"


def _told(figure: Estimate, digits: int) -> str:
    return f"{figure.value:.{digits}f} ({figure.low:.{digits}f} to {figure.high:.{digits}f})"


def trial_record(trial: Trial) -> dict[str, object]:
    """The same for programs."""
    return asdict(trial)


def plot_calibration(trial: Trial) -> str:
    """An SVG of forecast against observed share, one panel a forecast; on the line is right."""
    width = (SIDE + MARGIN) * len(trial.forecasts) + MARGIN
    height = SIDE + 2 * MARGIN
    panels = [
        _plot_panel(one, MARGIN + number * (SIDE + MARGIN))
        for number, one in enumerate(trial.forecasts)
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img"'
        f' font-family="sans-serif" font-size="13" fill="{INK}">'
        f"<title>Forecast and observed share by {len(panels)} scores</title>"
        f'<rect width="{width}" height="{height}" fill="{PAPER}"/>{"".join(panels)}</svg>\n'
    )


def _plot_panel(forecast: Forecast, left: int) -> str:
    low, high = MARGIN + SIDE, MARGIN
    dots = "".join(_plot_dot(one, left, low) for one in forecast.bins)
    return (
        f'<text x="{left}" y="{high - 10}">{TITLES[forecast.name]}</text>'
        f'<rect x="{left}" y="{high}" width="{SIDE}" height="{SIDE}" fill="none" stroke="{LINE}"/>'
        f'<line x1="{left}" y1="{low}" x2="{left + SIDE}" y2="{high}" stroke="{LINE}"/>{dots}'
        f'<text x="{left}" y="{low + 20}">0</text>'
        f'<text x="{left + SIDE / 2:.0f}" y="{low + 20}" text-anchor="middle">forecast</text>'
        f'<text x="{left + SIDE}" y="{low + 20}" text-anchor="end">1</text>'
    )


def _plot_dot(one: Bin, left: int, low: int) -> str:
    return (
        f'<circle cx="{left + SIDE * one.forecast:.1f}" cy="{low - SIDE * one.observed:.1f}"'
        f' r="{DOT}"><title>{one.forecast:.3f} forecast, {one.observed:.3f} observed,'
        f" {one.rows} rows</title></circle>"
    )
