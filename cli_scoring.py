"""What the scoring says beside the statuses: its error, a community's health, other rules."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli_core import App, json_option, minute, pass_app, print_json, print_rows, say, utc_now
from domain.errors import UsageError

if TYPE_CHECKING:
    from jobs.replaying import Replayed
    from scoring.health import Health


@click.command()
@click.argument("data", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--out-of-fold",
    is_flag=True,
    help="Fit the weights anew and judge each community by those fitted without it.",
)
@click.option(
    "--plot",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the calibration as SVG.",
)
@json_option
@pass_app
def backtest(app: App, data: Path, plot: Path | None, *, out_of_fold: bool, as_json: bool) -> None:
    """Measure the scoring rules on a folder of real histories."""
    from backtest import run_backtest
    from evaluation.printing import list_lines, plot_calibration, trial_record
    from scoring.default_rules import DEFAULT_RULES
    from scoring.rules import override

    rules = override(DEFAULT_RULES, app.settings().scoring)
    trial = run_backtest(data, rules, out_of_fold=out_of_fold)
    if plot is not None:
        plot.write_text(plot_calibration(trial), encoding="utf-8")
        say(f"Calibration: {plot}")
    if as_json:
        print_json(trial_record(trial))
        return
    for line in list_lines(trial):
        click.echo(line)


# ---- health -------------------------------------------------------------------------------


@click.command()
@click.argument("slug")
@json_option
@pass_app
def health(app: App, slug: str, *, as_json: bool) -> None:
    """Who talks in a community and who is answered, against its own past."""
    from jobs.assessing import choose_communities, load_histories
    from scoring.health import read_health
    from store.engine import reading
    from store.sources import list_sources

    engine, now = app.engine(app.settings()), utc_now()
    found = choose_communities(engine, [slug])
    if not found:
        raise UsageError(f"there is no community {slug!r}", to_do="`rollcall assess` shows them")
    with reading(engine) as session:
        names = {one.id: one.name for one in list_sources(session, of=[found[0].id])}
        histories = load_histories(session, found[0].id, until=None)
    for history in histories:
        health = read_health(history, now=now)
        name = names[history.source_id]
        if as_json:
            print_json(health_record(slug, name, health))
        else:
            _print_health(name, health)


def _print_health(name: str, health: Health | None) -> None:
    if health is None:
        click.echo(f"{name}: never seen completely, so nothing can be said of it.")
        return
    start, end = minute(health.window.start), minute(health.window.end)
    seen = f"{health.seen_share:.0%} of it seen"
    click.echo(f"{name}: {start} to {end} (UTC), {seen};")
    click.echo(f"  before: the mean of {health.past_periods} seen periods of 90 days before it")
    rows = [
        (
            one.vital.replace("_", " "),
            _figure(one.now),
            _figure(one.before),
            "" if one.trend is None else f"{one.trend:.2f} times",
            one.chaoss or "",
        )
        for one in health.measures
    ]
    print_rows(("measure", "now", "before", "trend", "CHAOSS"), rows, plain=False)


def _figure(value: float | None) -> str:
    return "not known" if value is None else f"{value:.2f}".removesuffix(".00")


def health_record(slug: str, source: str, health: Health | None) -> dict[str, object]:
    """The health of one source for programs; without `measures` where it was never seen."""
    record: dict[str, object] = {"community": slug, "source": source}
    if health is None:
        return record
    return record | {
        "start": health.window.start,
        "end": health.window.end,
        "seen_share": health.seen_share,
        "past_periods": health.past_periods,
        "measures": {
            one.vital.value: {
                "now": one.now,
                "before": one.before,
                "trend": one.trend,
                "chaoss": one.chaoss,
            }
            for one in health.measures
        },
    }


# ---- other rules --------------------------------------------------------------------------


def replay_with(app: App, file: Path, *, keep: bool, as_json: bool, plain: bool) -> None:
    """Nothing; prints what the rules with the entries of a file would say instead."""
    from cli_rules import configured_rules, rules_in_force
    from jobs.replaying import keep_trial, replay_rules
    from scoring.rules import override

    settings = app.settings()
    other = override(configured_rules(settings), read_rules_file(file))
    engine, now = app.engine(settings), utc_now()
    rules = rules_in_force(engine, settings)
    replayed = replay_rules(engine, now, rules=rules, other=other)
    if keep:
        keep_trial(engine, replayed, now, rules=rules, other=other)
    if as_json:
        for one in replayed:
            print_json(_replayed_record(one))
        return
    rows = [(one.community.slug, one.stands, one.would) for one in replayed if one.changes]
    print_rows(("community", rules.version, other.version), rows, plain=plain)
    for one in replayed:
        for against in one.contradictions:
            who, day = against.decision.curator, minute(against.decision.decided_at)
            click.echo(
                f"{one.community.slug}: {who} answered {against.decision.answer} on {day};"
                f" these rules would have said {against.said}"
            )
    count = sum(len(one.contradictions) for one in replayed)
    say(
        f"{len(rows)} of {len(replayed)} statuses would change;"
        f" {count} past decisions speak against these rules. "
        + ("The lead sees them on /team/rules." if keep else "Nothing was stored.")
    )


def _replayed_record(one: Replayed) -> dict[str, object]:
    return {
        "community": one.community.slug,
        "status": one.stands,
        "would_be": one.would,
        "opens": list(one.opens),
        "closes": list(one.closes),
        "contradicts": [
            {
                "decision": against.decision.answer,
                "decided_at": against.decision.decided_at,
                "would_have_been": against.said,
            }
            for against in one.contradictions
        ],
    }


def read_rules_file(file: Path) -> dict[str, float]:
    """The entries of a TOML file such as config/scoring.toml.

    Raises: UsageError when it cannot be read or an entry is no number.
    """
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(
            f"cannot be read as TOML: {error}",
            where=str(file),
            to_do='write entries such as p_quiet_dormant = 0.6 or "quiet.log_rec" = 0.5',
        ) from error
    entries: dict[str, float] = {}
    for name, value in table.items():
        inner = value.items() if isinstance(value, dict) else [(None, value)]
        for term, number in inner:
            entry = name if term is None else f"{name}.{term}"
            if isinstance(number, bool) or not isinstance(number, int | float):
                raise UsageError(f"{entry} is no number", where=str(file), to_do="write a number")
            entries[entry] = number
    return entries
