"""The scoring rules in force, those that wait, and the go that lets them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cli_core import App, Group, json_option, minute, pass_app, print_json, print_rows, say, utc_now

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from config import Settings
    from scoring.rules import Rules
    from store.rule_sets import RuleSet
    from store.rule_trials import RuleTrial


def rules_in_force(engine: Engine, settings: Settings) -> Rules:
    """The rules to score by; says so when those of program and settings wait for a go."""
    from jobs.ruling import load_rules

    configured = configured_rules(settings)
    rules = load_rules(engine, configured, utc_now())
    if rules.version != configured.version:
        say(f"Rule set {configured.version} waits; {rules.version} holds → rollcall rules")
    return rules


def configured_rules(settings: Settings) -> Rules:
    """The rules of this program with the entries that the settings replace."""
    from scoring.default_rules import DEFAULT_RULES
    from scoring.rules import override

    return override(DEFAULT_RULES, settings.scoring)


@click.group(cls=Group, invoke_without_command=True)
@json_option
@pass_app
@click.pass_context
def rules(ctx: click.Context, app: App, *, as_json: bool) -> None:
    """Show the scoring rules in force, and what those that wait would change."""
    if ctx.invoked_subcommand is not None:
        return
    from jobs.ruling import try_rules
    from store.engine import reading
    from store.rule_sets import load_rule_set

    settings = app.settings()
    engine = app.engine(settings)
    trial = try_rules(engine, configured_rules(settings), utc_now())
    with reading(engine) as session:
        stands = load_rule_set(session)
    if stands is None:
        raise AssertionError("rules that were tried are known")
    if as_json:
        print_json(_record(stands, trial))
        return
    by = f", by {stands.by}" if stands.by else ""
    click.echo(f"In force  {stands.version}, since {minute(stands.live_at)}{by}")
    if trial is None:
        click.echo("Waiting   none")
    else:
        _print_trial(trial)


@rules.command()
@click.argument("version")
@pass_app
def go(app: App, version: str) -> None:
    """Let the waiting rules of that version go live, once `rollcall rules` has shown them."""
    from store.engine import writing
    from store.rule_sets import go_live

    with writing(app.engine(app.settings())) as session:
        go_live(session, version, user_id=None, now=utc_now())
    click.echo(f"Rule set {version} is in force.")
    say("The service scores by it within seconds; without one: rollcall assess")


def _print_trial(trial: RuleTrial) -> None:
    click.echo(f"Waiting   {trial.other}, tried {minute(trial.made_at)}")
    click.echo(
        f"  {len(trial.changes)} of {trial.communities} communities would change;"
        f" {len(trial.contradictions)} past decisions speak against it"
    )
    rows = [
        (
            one.slug,
            one.stands,
            one.would,
            " ".join([f"+{kind}" for kind in one.opens] + [f"-{kind}" for kind in one.closes]),
        )
        for one in trial.changes
    ]
    print_rows(("community", "now", "then", "cards"), rows, plain=False)
    for one in trial.contradictions:
        day = minute(one.decided_at)
        click.echo(f"{one.slug}: {one.curator} answered {one.answer} on {day}; not {one.said}")
    say(f"When a lead agrees: on the page /team/rules, or `rollcall rules go {trial.other}`")


def _record(stands: RuleSet, trial: RuleTrial | None) -> dict[str, object]:
    record: dict[str, object] = {
        "in_force": stands.version,
        "since": stands.live_at,
        "by": stands.by or None,
        "waiting": None if trial is None else trial.other,
    }
    if trial is None:
        return record
    return record | {
        "tried_at": trial.made_at,
        "changes": [
            {
                "community": one.slug,
                "status": one.stands,
                "would_be": one.would,
                "opens": list(one.opens),
                "closes": list(one.closes),
            }
            for one in trial.changes
        ],
        "contradicts": [
            {
                "community": one.slug,
                "decision": one.answer,
                "decided_at": one.decided_at.isoformat(),
                "would_have_been": one.said,
            }
            for one in trial.contradictions
        ],
    }
