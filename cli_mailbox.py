"""Commands about seeing without crawling: subscribed mailboxes, and the dated word of a person."""

from __future__ import annotations

import difflib
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

import click

from cli_core import (
    App,
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
from domain.errors import UsageError
from domain.records import Platform

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from config import Settings
    from domain.records import Community
    from jobs.mailbox_visits import MailboxRun
    from store.mailboxes import MailboxList

T = TypeVar("T")
PART_NOT_DONE = 4
MOST_NAMED = 5


# ---- mailboxes ----------------------------------------------------------------------------


@click.command()
@click.option("--look", is_flag=True, help="Read every mailbox now, also one that is not due.")
@click.option(
    "--confirm", metavar="SOURCE", help="You looked: the address has been subscribed all the time."
)
@json_option
@plain_option
@pass_app
def mailbox(app: App, *, look: bool, confirm: str | None, as_json: bool, plain: bool) -> None:
    """Show what came into each mailbox: its lists, how much mail, and when the last."""
    settings = app.settings()
    engine = app.engine(settings)
    failed = _look(engine, settings) if look else False
    if confirm is not None:
        _confirm(engine, settings, confirm)
    known = _list_lists(engine, settings)
    for one, source in known if as_json else ():
        print_json(
            {
                "mailbox": one.mailbox,
                "list": one.list_id,
                "source": source,
                "mails": one.mails,
                "first_received": one.first_received,
                "last_received": one.last_received,
            }
        )
    if not as_json:
        rows = [
            (one.mailbox, one.list_id, source, one.mails, minute(one.last_received))
            for one, source in known
        ]
        heading = ("mailbox", "list", "watched as", "mails", "last received")
        print_rows(heading, rows, plain=plain)
    _advise(settings, known)
    click.get_current_context().exit(PART_NOT_DONE if failed else 0)


def _look(engine: Engine, settings: Settings) -> bool:
    """True when a mailbox could not be read."""
    from cli_crawl import show_progress
    from folder import hold
    from jobs.mailboxes import read_mailboxes

    with hold(settings.data_dir), show_progress() as listener:
        run = read_mailboxes(engine, settings, utc_now, listener, force=True)
    for error in run.failed:
        say(f"x {error.line}")
    unread = [done for done in run.visited if done.report and not done.report.outcome.saw]
    return bool(run.failed or unread)


def _confirm(engine: Engine, settings: Settings, name: str) -> None:
    from jobs.mailboxes import confirm_subscription
    from store.engine import reading

    with reading(engine) as session:
        source = find_source(session, name)
    confirm_subscription(engine, settings, source, utc_now())
    say(f"{name}: what came until now is all that was sent.")


def _list_lists(engine: Engine, settings: Settings) -> list[tuple[MailboxList, str | None]]:
    """What came into the mailboxes, list by list, each with the source that watches it."""
    from crawler.formats.mailing import read_list_key
    from store.engine import reading
    from store.mailboxes import list_mailbox_lists
    from store.sources import list_sources

    with reading(engine) as session:
        lists = list_mailbox_lists(session)
        watched = [one for one in list_sources(session) if one.platform is Platform.MAILBOX]
    only = next(iter(settings.mailboxes)) if len(settings.mailboxes) == 1 else ""
    names = {(one.mailbox or only, read_list_key(one.url)): one.name for one in watched}
    return [(one, names.get((one.mailbox, one.list_id))) for one in lists]


def _advise(settings: Settings, known: list[tuple[MailboxList, str | None]]) -> None:
    seen = {one.mailbox for one, _ in known}
    if not settings.mailboxes:
        say("No mailbox yet → add a section [mailboxes.NAME] to rollcall.toml")
    for name in sorted(settings.mailboxes.keys() - seen):
        say(f"{name}: nothing has come from any list, or it was not read → rollcall mailbox --look")
    stranger = next((one for one, source in known if source is None), None)
    if stranger is not None:
        add = f"rollcall sources add list:{stranger.list_id} --mailbox {stranger.mailbox}"
        say(f"To watch a list:  {add}")


def tell_strangers(run: MailboxRun) -> None:
    """Nothing; says on standard error which lists sent mail that nobody watches."""
    for box in sorted({one.mailbox for one in run.strangers}):
        own = [one for one in run.strangers if one.mailbox == box]
        own.sort(key=lambda one: (-one.mails, one.list_id))
        named = ", ".join(f"{one.list_id} ({one.mails})" for one in own[:MOST_NAMED])
        more = f" and {len(own) - MOST_NAMED} more" if len(own) > MOST_NAMED else ""
        say(f"! mailbox {box}: new mail of lists nobody watches: {named}{more} → rollcall mailbox")
    for error in run.failed:
        say(f"x {error.line}")


# ---- the address of a list ----------------------------------------------------------------


def is_list(url: str, platform: str | None, mailbox: str | None) -> bool:
    """True when a list is meant that a subscribed mailbox sees, not an archive on the web."""
    return bool(mailbox) or platform == Platform.MAILBOX or url.lower().startswith("list:")


def read_list_address(text: str) -> str:
    """The address under which a list is kept, from its List-Id or its posting address.

    Raises: UsageError.
    """
    from crawler.formats.mailing import PREFIX, read_list_key

    key = read_list_key(text)
    if key is None:
        raise UsageError(
            "names no list",
            where=text,
            to_do="give its List-Id like list:nets.lists.example.org, or its posting address",
        )
    return PREFIX + key


def list_name(address: str) -> str:
    """A list's short name: the first part of its List-Id."""
    return address.partition(":")[2].partition(".")[0]


def find_box(settings: Settings, name: str | None) -> str:
    """The mailbox that is meant; the only one where none is named.

    Raises: UsageError.
    """
    known = ", ".join(sorted(settings.mailboxes)) or "none"
    if name is None and len(settings.mailboxes) == 1:
        return next(iter(settings.mailboxes))
    if name is None or name not in settings.mailboxes:
        what = f"there is no mailbox {name!r}" if name else "say which mailbox is subscribed"
        to_do = f"--mailbox names a section [mailboxes.NAME] of rollcall.toml; there is {known}"
        raise UsageError(what, to_do=to_do)
    return name


# ---- attestations -------------------------------------------------------------------------


@click.command()
@click.argument("community")
@click.option(
    "--seen", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="When it was alive."
)
@click.option("--link", metavar="URL", help="Where that can be seen, if only by its members.")
@click.option("--by", metavar="NAME", help="Who saw it; shown to curators only.")
@click.option("--note", default="", help="What was seen; shown to curators only.")
@click.option("--undo", is_flag=True, help="Take back the last word on this community.")
@json_option
@pass_app
def attest(
    app: App,
    community: str,
    *,
    seen: datetime | None,
    link: str | None,
    by: str | None,
    note: str,
    undo: bool,
    as_json: bool,
) -> None:
    """Record that a person saw a community alive, where we cannot look."""
    from store.attestations import add_attestation, take_back
    from store.engine import writing

    engine = app.engine(app.settings())
    home = _find_community(engine, community)
    now = utc_now()
    with writing(engine) as session:
        if undo:
            made = take_back(session, home.id, by=by or "operator", now=now)
        else:
            made = add_attestation(
                session,
                home.id,
                seen_on=_need(seen, "--seen DATE").date(),
                link=_need(link, "--link URL"),
                by=_need(by, "--by NAME"),
                note=note,
                now=now,
            )
    if as_json:
        facts = {"seen": made.seen_on.isoformat(), "link": made.link, "undone": undo}
        print_json({"community": home.slug, **facts})
    elif undo:
        say(f"{home.slug}: the word of {made.seen_on} was taken back.")
    else:
        say(f"{home.slug}: seen alive on {made.seen_on}, a person says.")
    say("Next:  rollcall assess")


def _find_community(engine: Engine, name: str) -> Community:
    from store.engine import reading
    from store.sources import list_communities

    with reading(engine) as session:
        known = list_communities(session)
    found = next((one for one in known if name in (one.slug, one.name)), None)
    if found is None:
        slugs = [one.slug for one in known]
        near = difflib.get_close_matches(name, slugs, n=1)
        to_do = f"did you mean {near[0]!r}?" if near else "`rollcall assess` lists them"
        raise UsageError(f"there is no community {name!r}", to_do=to_do)
    return found


def _need(value: T | None, option: str) -> T:
    if not value:
        raise UsageError(f"{option} is missing", to_do="say when, where and by whom it was seen")
    return value
