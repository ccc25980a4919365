"""Commands about sources: what is watched, and a first look at an address."""

from __future__ import annotations

from dataclasses import dataclass
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
from cli_mailbox import find_box, is_list, list_name, read_list_address
from cli_probe import check_address, name_from, slug_of, test
from cli_shows import (
    print_sight,
    print_sight_json,
    print_signs,
    print_signs_json,
    read_signs,
    undo_move,
)
from domain.errors import UsageError
from domain.records import CrawlReport, Platform, Source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from config import Settings
    from domain.canary import SilenceProof


@click.group(cls=Group)
def sources() -> None:
    """The addresses that are watched."""


sources.add_command(test)
sources.add_command(undo_move)


@sources.command("list")
@json_option
@plain_option
@pass_app
def list_all(app: App, *, as_json: bool, plain: bool) -> None:
    """List every source with its last outcome and next visit."""
    from presentation.marks import mark_source
    from store.crawls import latest_reports
    from store.engine import reading
    from store.hosts import find_opted_out
    from store.sources import list_sources

    with reading(app.engine(app.settings())) as session:
        reports = latest_reports(session)
        watched = list_sources(session)
        opted_out = find_opted_out(session, [source.url for source in watched])
    rows = []
    for source in watched:
        report = reports.get(source.id)
        outcome = "paused" if source.paused else report.outcome if report else "not visited yet"
        if source.url in opted_out:
            outcome = "opted out"
        due = None if source.paused else source.due_at
        mark = mark_source(source, report)
        if as_json:
            print_json(
                {
                    "source": source.name,
                    "platform": source.platform,
                    "url": source.url,
                    "paused": source.paused,
                    "opted_out": source.url in opted_out,
                    "mark": mark.word,
                    "outcome": report.outcome if report else None,
                    "visited_at": report.finished_at if report else None,
                    "posts_total": report.posts_total if report else None,
                    "next_due": due,
                }
            )
        rows.append((source.name, source.platform, outcome, mark.word, minute(due), source.url))
    if not as_json:
        heading = ("source", "platform", "last visit", "mark", "next", "address")
        print_rows(heading, rows, plain=plain)
    if not watched:
        say("No source yet → rollcall sources add https://example.org/pipermail/list/")


@sources.command()
@click.argument("url")
@click.option("--community", metavar="NAME", help="The community it belongs to; new if unknown.")
@click.option("--name", help="A short name for the source; else made from the address.")
@click.option(
    "--platform",
    type=click.Choice([str(p) for p in Platform]),
    help="The software behind it; else the address is visited to find out.",
)
@click.option("--recipe", metavar="NAME", help="The recipe that says how to read the site.")
@click.option("--mailbox", metavar="NAME", help="The mailbox that is subscribed to list:LIST-ID.")
@pass_app
def add(
    app: App,
    url: str,
    *,
    community: str | None,
    name: str | None,
    platform: str | None,
    recipe: str | None,
    mailbox: str | None,
) -> None:
    """Watch a public archive or feed, or a list (list:LIST-ID) by a subscribed mailbox."""
    from store.engine import writing

    settings = app.settings()
    engine = app.engine(settings)
    box = ""
    if recipe or platform == Platform.RECIPE:
        check_address(url)
        address, kind = url, _find_recipe(settings, recipe)
    elif is_list(url, platform, mailbox):
        address, kind, box = read_list_address(url), Platform.MAILBOX, find_box(settings, mailbox)
    else:
        check_address(url)
        address, kind = (url, Platform(platform)) if platform else _detect(settings, url)
    with writing(engine) as session:
        sight = Sight(url=address, platform=kind, mailbox=box, recipe=recipe or "")
        source = _add(session, sight, community=community, name=name)
    say(f"Watching {source.url} as {source.name} ({source.platform}).")
    if source.platform.visited:
        say(f"Next:  rollcall crawl --only {source.name}")
    else:
        say(f"Next:  rollcall import {source.platform} PATH --source {source.name}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What to watch, and how."""

    url: str
    platform: Platform
    mailbox: str = ""
    recipe: str = ""


def _add(session: Session, sight: Sight, *, community: str | None, name: str | None) -> Source:
    from store.sources import add_community, add_source, list_communities, list_sources

    now, url = utc_now(), sight.url
    taken = list_sources(session)
    for known in taken:
        if known.url == url:
            raise UsageError(
                f"this address is watched already, as {known.name}",
                where=url,
                to_do=f"see it with `rollcall sources show {known.name}`",
            )
    title = community or (list_name(url) if sight.platform is Platform.MAILBOX else name_from(url))
    slug = slug_of(title)
    home = next((c for c in list_communities(session) if title == c.name or slug == c.slug), None)
    if home is None:
        home = add_community(session, slug=slug, name=title, now=now)
    wanted = name or _free_name(slug, {source.name for source in taken})
    if any(source.name == wanted for source in taken):
        raise UsageError(f"there is a source {wanted!r} already", to_do="give another --name")
    return add_source(
        session,
        community_id=home.id,
        name=wanted,
        url=url,
        platform=sight.platform,
        now=now,
        mailbox=sight.mailbox,
        recipe=sight.recipe,
    )


@sources.command()
@click.argument("name")
@json_option
@pass_app
def show(app: App, name: str, *, as_json: bool) -> None:
    """Show one source: its visits, newest first, whether it proved itself, and what was seen."""
    from domain.window import list_stretches
    from store.canaries import latest_proofs
    from store.crawls import list_reports
    from store.engine import reading
    from store.hosts import is_opted_out
    from store.posts import load_coverage

    with reading(app.engine(app.settings())) as session:
        source = find_source(session, name)
        visits = list_reports(session, source.id, 10)
        opted_out = is_opted_out(session, source.url)
        proof = latest_proofs(session, [source.id]).get(source.id)
        stretches = list_stretches(load_coverage(session, source.id), utc_now())
        signs = read_signs(session, source)
    if as_json:
        for visit in visits:
            print_json(
                {
                    "kind": "visit",
                    "source": source.name,
                    "opted_out": opted_out,
                    "finished_at": visit.finished_at,
                    "outcome": visit.outcome,
                    "detail": visit.detail,
                    "to_do": visit.to_do,
                    "posts_total": visit.posts_total,
                    "posts_new": visit.posts_new,
                    "requests": visit.requests,
                    "evidence": dict(visit.evidence),
                }
            )
        print_sight_json(source.name, proof, stretches)
        print_signs_json(source.name, *signs)
        return
    click.echo(f"{source.name}  {source.platform}  {source.url}")
    if opted_out:
        click.echo("opted out: it is never visited (`rollcall optout list`)")
    elif source.platform.visited:
        click.echo("paused" if source.paused else f"next visit {minute(source.due_at) or 'now'}")
    rows = [
        (minute(v.finished_at), v.outcome, v.posts_total, f"+{v.posts_new}", v.detail)
        for v in visits
    ]
    print_rows(("visit", "outcome", "posts", "new", "detail"), rows, plain=False)
    _print_evidence(visits[:1])
    print_sight(proof, stretches)
    print_signs(*signs)
    _suggest(source, visits, proof)


def _suggest(source: Source, visits: list[CrawlReport], proof: SilenceProof | None) -> None:
    if visits and visits[0].to_do:
        say(f"→ {visits[0].to_do}")
    if proof is not None and proof.failed:
        say(f"→ look at it; if we see what there is: rollcall sources accept {source.name}")


def _print_evidence(visits: Sequence[CrawlReport]) -> None:
    for visit in visits:
        if visit.evidence:
            click.echo("\nWhat the last visit saw")
        for name, text in visit.evidence.items():
            click.echo(f"  {name:16} {text}")


@sources.command()
@click.argument("name")
@pass_app
def accept(app: App, name: str) -> None:
    """Say that you looked: we see what there is, and the silence of the source is real."""
    from jobs.proving import accept_silence
    from store.engine import reading

    engine = app.engine(app.settings())
    with reading(engine) as session:
        source = find_source(session, name)
    accept_silence(engine, source, utc_now())
    say(f"The silence of {name} is believed for a week.")
    say("Next:  rollcall assess")


@sources.command()
@click.argument("name")
@click.option("--off", is_flag=True, help="Visit it again.")
@pass_app
def pause(app: App, name: str, *, off: bool) -> None:
    """Stop visiting a source, until `--off`."""
    from store.engine import writing
    from store.sources import pause_source

    with writing(app.engine(app.settings())) as session:
        source = find_source(session, name)
        pause_source(session, source.id, paused=not off)
    say(f"{name} is visited again." if off else f"{name} is not visited any more.")


# ---- addresses and names ------------------------------------------------------------------


def _find_recipe(settings: Settings, recipe: str | None) -> Platform:
    """The platform of a source with that recipe.

    Raises: ConfigError, UsageError, where there is none that can be used.
    """
    from jobs.recipes import load_recipe

    if recipe is None:
        raise UsageError("a recipe has a name", to_do="give it with --recipe NAME")
    load_recipe(settings.data_dir, recipe)
    return Platform.RECIPE


def _detect(settings: Settings, url: str) -> tuple[str, Platform]:
    from jobs.crawling import probe

    found = probe(settings, url)
    if found.platform is None:
        raise UsageError(
            f"{found.outcome}: {found.detail}",
            where=url,
            to_do=found.to_do or "correct the address, or name the software with --platform",
        )
    for sentence in found.why:
        say(f"  {sentence}")
    return found.watch_url or url, found.platform


def _free_name(wanted: str, taken: set[str]) -> str:
    name, number = wanted, 1
    while name in taken:
        number += 1
        name = f"{wanted}-{number}"
    return name
