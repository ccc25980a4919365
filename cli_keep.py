"""Commands about what is kept and who is left alone: raw answers, and hosts that opted out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cli_core import (
    App,
    Group,
    find_source,
    json_option,
    minute,
    pass_app,
    plain_option,
    print_json,
    print_rows,
    say,
    utc_now,
)

if TYPE_CHECKING:
    from jobs.keeping import Reparsed

PART_NOT_DONE = 4
KIB = 1024


# ---- raw answers --------------------------------------------------------------------------


@click.command()
@click.argument("name", metavar="SOURCE")
@json_option
@pass_app
def reparse(app: App, name: str, *, as_json: bool) -> None:
    """Read a source's kept answers again, without a request; exit code 4 when not all is seen."""
    from jobs.keeping import reparse as read_again
    from store.engine import reading

    settings = app.settings()
    engine = app.engine(settings)
    with reading(engine) as session:
        source = find_source(session, name)
    done = read_again(engine, settings, source)
    if as_json:
        print_json(reparse_record(done))
    else:
        _print_reparsed(done)
    click.get_current_context().exit(0 if done.saw else PART_NOT_DONE)


def reparse_record(done: Reparsed) -> dict[str, object]:
    """The fields of a second reading, for programs."""
    return {
        "source": done.source.name,
        "posts_read": done.posts_read,
        "posts_new": done.posts_new,
        "posts_total": done.posts_total,
        "dates_gained": done.corrected.dates_gained,
        "dates_changed": done.corrected.dates_changed,
        "dates_lost": done.corrected.dates_lost,
        "others_corrected": done.corrected.others,
        "visits": [
            {
                "visited_at": visit.visited_at,
                "answers": visit.answers,
                "left_out": visit.left_out,
                "outcome_then": visit.before,
                "outcome": visit.report.outcome,
                "detail": visit.report.detail,
            }
            for visit in done.visits
        ],
    }


def _print_reparsed(done: Reparsed) -> None:
    for visit in done.visits:
        click.echo(
            f"visit of {minute(visit.visited_at)}, {visit.answers} answers:"
            f" then {visit.before}, now {visit.report.outcome} ({visit.report.detail})"
        )
        if visit.left_out:
            say(f"  {visit.left_out} answers found no room → raise raw_cap_mib")
    corrected = done.corrected
    click.echo(
        f"{done.source.name}: {done.posts_read} posts read again, +{done.posts_new} new;"
        f" dates: {corrected.dates_gained} gained, {corrected.dates_changed} changed,"
        f" {corrected.dates_lost} now unknown; {corrected.others} otherwise corrected"
    )
    say("Next:  rollcall assess")


@click.command()
@click.option("--all", "everything", is_flag=True, help="Every kept answer, however young.")
@pass_app
def purge(app: App, *, everything: bool) -> None:
    """Throw away kept answers that are past their time; the service does so every day."""
    from jobs.keeping import purge_raw

    gone = purge_raw(app.settings(), utc_now(), everything=everything)
    say(f"{gone.files} visits thrown away, {gone.bytes // KIB} KiB.")


# ---- opt-outs -----------------------------------------------------------------------------


@click.group(cls=Group)
def optout() -> None:
    """Hosts and addresses that are never visited."""


@optout.command("add")
@click.argument("target", metavar="HOST|URL")
@click.option("--note", default="", metavar="TEXT", help="Who asked, and when.")
@pass_app
def add(app: App, target: str, note: str) -> None:
    """Never again visit a host with all below it, or an address with all below it."""
    from store.engine import writing
    from store.hosts import add_optout, find_opted_out
    from store.sources import list_sources

    with writing(app.engine(app.settings())) as session:
        recorded = add_optout(session, target, utc_now(), note)
        watched = list_sources(session)
        left_alone = find_opted_out(session, [source.url for source in watched])
    say(f"{recorded} is never visited again.")
    for source in watched:
        if source.url in left_alone:
            say(f"  {source.name} is one of its sources: watch it another way, or pause it")


@optout.command("list")
@json_option
@plain_option
@pass_app
def list_all(app: App, *, as_json: bool, plain: bool) -> None:
    """List who is never visited, since when, and why."""
    from store.engine import reading
    from store.hosts import list_optouts

    with reading(app.engine(app.settings())) as session:
        found = list_optouts(session)
    if as_json:
        for one in found:
            print_json({"target": one.target, "added_at": one.added_at, "note": one.note})
        return
    rows = [(one.target, minute(one.added_at), one.note) for one in found]
    print_rows(("never visited", "since", "note"), rows, plain=plain)
    if not found:
        say("Nobody opted out.")
