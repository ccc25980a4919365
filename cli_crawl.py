"""Commands that do the work once: visit what is due, import files, score."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli_core import (
    App,
    find_source,
    json_option,
    minute,
    on_terminal,
    pass_app,
    plain_option,
    print_json,
    print_rows,
    say,
    utc_now,
)
from cli_mailbox import tell_strangers
from domain.outcome import Outcome
from domain.records import Platform

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from config import Settings
    from crawler.run import CrawlProcess
    from domain.records import Source
    from jobs.assessing import Assessed
    from jobs.crawling import CrawlListener, Visited
    from jobs.proving import Proved

PART_NOT_DONE = 4
UNREACHED = frozenset(
    {Outcome.TIMEOUT, Outcome.UNREACHABLE, Outcome.SERVER_ERROR, Outcome.OUR_NETWORK_DOWN}
)


# ---- crawling -----------------------------------------------------------------------------


@click.command()
@click.option("--only", multiple=True, metavar="NAME", help="This source, due or not; repeatable.")
@click.option("--force", is_flag=True, help="Every source, due or not.")
@click.option("--dry-run", is_flag=True, help="Say what would be visited, and visit nothing.")
@json_option
@plain_option
@pass_app
def crawl(
    app: App, only: tuple[str, ...], *, force: bool, dry_run: bool, as_json: bool, plain: bool
) -> None:
    """Visit what is due now; exit code 4 when a source was not seen."""
    from folder import hold

    settings = app.settings()
    if dry_run:
        _print_due(_choose(app.engine(settings), only, force=force), as_json=as_json)
        return
    with (
        hold(settings.data_dir),
        _start_child(settings) as child,
        show_progress(as_json=as_json, plain=plain) as listener,
    ):
        from jobs.crawling import crawl_due

        engine = app.engine(settings)
        chosen = _choose(engine, only, force=force)
        visited = crawl_due(
            engine, settings, utc_now, listener, only=only, force=force, child=child
        )
        letters = None
        if settings.mailboxes or any(source.platform is Platform.MAILBOX for source in chosen):
            from jobs.mailboxes import read_mailboxes

            letters = read_mailboxes(engine, settings, utc_now, listener, only=only, force=force)
            visited += letters.visited
        proved = _prove(engine, settings, visited)
        _alert(engine, settings)
    _print_sum(visited, quiet=as_json)
    if letters:
        tell_strangers(letters)
    _print_proved(proved, quiet=as_json)
    unseen = [done for done in visited if done.report is None or not done.report.outcome.saw]
    click.get_current_context().exit(PART_NOT_DONE if unseen else 0)


def _prove(engine: Engine, settings: Settings, visited: Sequence[Visited]) -> list[Proved]:
    """Asks what looks silent now to prove it, so that `assess` may believe it."""
    slugs = _list_questionable(engine, visited)
    if not slugs:
        return []
    from cli_rules import rules_in_force
    from jobs.proving import prove_silence

    rules = rules_in_force(engine, settings)
    return prove_silence(engine, settings, utc_now, only=slugs, rules=rules)


def _list_questionable(engine: Engine, visited: Sequence[Visited]) -> list[str]:
    """The communities that were read anew, and those whose last assessment waits for a proof.

    Where nothing changed and nothing waits, an idle crawl is spared the cost of scoring.
    """
    from scoring.codes import ReasonCode
    from store.assessments import latest_assessments
    from store.engine import reading
    from store.sources import list_communities

    seen = [(done.source.community_id, done.report.outcome) for done in visited if done.report]
    changed = {community for community, outcome in seen if outcome is not Outcome.UNCHANGED}
    held = {ReasonCode.WAITING_FOR_PROOF.value, ReasonCode.NOT_PROVED.value}
    with reading(engine) as session:
        latest = latest_assessments(session, only={community for community, _ in seen})
        waiting = {
            community
            for community, assessment in latest.items()
            if any(reason.code in held for reason in assessment.reasons)
        }
        wanted = changed | waiting
        return [own.slug for own in list_communities(session) if own.id in wanted]


def _print_proved(proved: Sequence[Proved], *, quiet: bool) -> None:
    from presentation.proof_words import write_said

    for one in proved:
        for canary in one.proof.failed[:1]:
            hint = f"rollcall sources show {one.source.name}"
            say(f"! {one.source.name}: silence not proved: {write_said(canary.said)} → {hint}")
    if proved and not quiet:
        fine = sum(one.proof.holds for one in proved)
        say(f"{fine} of {len(proved)} silences proved → rollcall assess")


def _alert(engine: Engine, settings: Settings) -> None:
    """Queues what operators are to hear of this run; whoever runs the outbox sends it."""
    from jobs.alert_policy import alert_policy
    from jobs.alerting import notice_broken, tell_alerts

    now = utc_now()
    notice_broken(engine, alert_policy(settings), now)
    tell_alerts(engine, settings, now)


def _start_child(settings: Settings) -> CrawlProcess:
    """The crawl subprocess: it imports Scrapy while this one imports the store."""
    from crawler.run import CrawlProcess
    from crawler.settings import build_crawl_settings

    build_crawl_settings(settings)  # a missing contact is told before anything starts
    return CrawlProcess(settings.data_dir)


def _choose(engine: Engine, only: Sequence[str], *, force: bool) -> list[Source]:
    """The sources that a crawl would visit; a wrong name is told before anything starts."""
    from jobs.crawling import list_due
    from store.engine import reading
    from store.sources import list_sources

    with reading(engine) as session:
        named = [find_source(session, name) for name in only]
        watched = list_sources(session)
    if named:
        return named
    if force:
        return [source for source in watched if source.platform.visited and not source.paused]
    return list_due(engine, utc_now())


def _print_due(chosen: Sequence[Source], *, as_json: bool) -> None:
    for source in chosen:
        if as_json:
            print_json({"source": source.name, "platform": source.platform, "url": source.url})
        else:
            click.echo(f"{source.name}  {source.platform}  {source.url}")
    if not chosen:
        say("Nothing is due.")


@contextmanager
def show_progress(
    *, as_json: bool = False, plain: bool = False, quiet: bool = False
) -> Iterator[CrawlListener]:
    """A listener that prints one line a source, and on a terminal a bar that moves."""
    from jobs.crawling import CrawlListener

    def visited(done: Visited) -> None:
        if as_json:
            print_json(visit_record(done))
        else:
            click.echo(visit_columns(done) if plain else visit_line(done))

    if quiet:
        yield CrawlListener()
        return
    if as_json or plain or not on_terminal():
        yield CrawlListener(visited=visited)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[n]}"),
    )
    # Results go to standard output: only where that is the same terminal may the bar catch them.
    with Progress(
        *columns,
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=sys.stdout.isatty(),
        redirect_stderr=sys.stdout.isatty(),
    ) as bar:
        task = bar.add_task("", total=None, n="")
        new = total = 0

        def started(sources: Sequence[Source]) -> None:
            nonlocal total
            total += len(sources)
            bar.update(task, total=total)

        def stored(source: Source, count: int) -> None:
            nonlocal new
            new += count
            bar.update(task, n=f"+{new} posts")

        def ended(done: Visited) -> None:
            visited(done)
            bar.advance(task)

        yield CrawlListener(started=started, stored=stored, visited=ended)


def visit_record(done: Visited) -> dict[str, object]:
    """The fields of one visit, for programs; the figures are null when there was no visit."""
    report = done.report
    return {
        "source": done.source.name,
        "platform": done.source.platform,
        "outcome": report.outcome if report else None,
        "detail": report.detail if report else done.why_not,
        "posts_total": report.posts_total if report else None,
        "posts_new": report.posts_new if report else None,
        "requests": report.requests if report else None,
        "bytes": report.bytes if report else None,
        "seconds": round(report.seconds, 3) if report else None,
        "next_due": done.next_due,
    }


def visit_columns(done: Visited) -> str:
    """The same fields between tabs."""
    cells = (cell for cell in visit_record(done).values())
    texts = (minute(cell) if isinstance(cell, datetime) else cell for cell in cells)
    return "\t".join("" if text is None else " ".join(str(text).split()) for text in texts)


def visit_line(done: Visited) -> str:
    """One line for a person: what was seen, or why not and what follows."""
    name, report = f"{done.source.name:24}", done.report
    if report is None:
        return f"- {name} not visited: {done.why_not} → next try {minute(done.next_due)}"
    if report.outcome.saw:
        new = f"+{report.posts_new} new" if report.posts_new else "nothing new"
        asked = f"{report.requests} request{'' if report.requests == 1 else 's'}"
        return f"  {name} {report.posts_total:>7} posts  {new:>12}  {asked}"
    mark = "x" if report.outcome in UNREACHED else "!"
    what = str(report.outcome).replace("_", " ")
    to_do = report.to_do or f"next try {minute(done.next_due)}"
    return f"{mark} {name} {what}: {report.detail} → {to_do}"


def _print_sum(visited: Sequence[Visited], *, quiet: bool) -> None:
    if quiet:
        return
    if not visited:
        say("Nothing was due → `rollcall crawl --force` visits every source all the same")
        return
    reports = [done.report for done in visited if done.report is not None]
    seen = sum(report.outcome.saw for report in reports)
    new = sum(report.posts_new for report in reports)
    say(f"{seen} of {len(visited)} seen, {new} new posts.")


# ---- scoring ------------------------------------------------------------------------------


@click.command()
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="What the rules would have said at the start of that day (UTC); nothing is stored.",
)
@click.option("--replay", is_flag=True, help="Show what other rules would change; store nothing.")
@click.option(
    "--rules",
    "rules_file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Entries of the other rules, as in config/scoring.toml; with --replay.",
)
@click.option("--keep", is_flag=True, help="Show the lead what --replay found, on /team/rules.")
@json_option
@plain_option
@pass_app
def assess(
    app: App,
    as_of: datetime | None,
    rules_file: Path | None,
    *,
    replay: bool,
    keep: bool,
    as_json: bool,
    plain: bool,
) -> None:
    """Score every community from what was seen."""
    if replay != (rules_file is not None) or (replay and as_of is not None):
        raise click.UsageError("--replay and --rules FILE belong together, without --as-of")
    if keep and not replay:
        raise click.UsageError("--keep belongs to --replay")
    if rules_file is not None:
        from cli_scoring import replay_with

        replay_with(app, rules_file, keep=keep, as_json=as_json, plain=plain)
        return
    from cli_rules import rules_in_force
    from jobs.assessing import assess_all

    settings = app.settings()
    engine = app.engine(settings)
    rules = rules_in_force(engine, settings)
    until = None if as_of is None else datetime.combine(as_of.date(), time(), UTC)
    results = assess_all(engine, utc_now(), as_of=until, rules=rules)
    if as_json:
        for result in results:
            print_json(assessment_record(result))
        return
    rows = [
        (
            result.community.slug,
            result.assessment.status,
            result.assessment.since.date().isoformat() if result.assessment.since else None,
            result.assessment.confidence,
            " ".join(sorted(result.assessment.markers)),
        )
        for result in results
    ]
    print_rows(("community", "status", "since", "sure", "beside it"), rows, plain=plain)
    waiting = sum(bool(result.standing.wanted) for result in results)
    if waiting:
        say(f"{waiting} look worse, but have to prove it first → rollcall crawl")
    if not results:
        say("No community yet → rollcall sources add https://example.org/pipermail/list/")


def assessment_record(result: Assessed) -> dict[str, object]:
    """The fields of one assessment, for programs."""
    from presentation.reasons import write_reason

    assessment = result.assessment
    return {
        "community": result.community.slug,
        "status": assessment.status,
        "markers": assessment.markers,
        "since": assessment.since,
        "confidence": assessment.confidence,
        "p_quiet": assessment.p_quiet,
        "p_any_180": assessment.p_any_180,
        "p_fun_180": assessment.p_fun_180,
        "reasons": [write_reason(reason) for reason in assessment.reasons],
    }
