"""Commands about people's edges: the weekly report, the review queue, who may sign in."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import click

from cli_core import (
    App,
    Group,
    json_option,
    minute,
    pass_app,
    plain_option,
    print_json,
    print_rows,
    say,
    utc_now,
)
from domain.people import Role

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from config import Settings
    from domain.people import User
    from domain.report import WeeklyReport

CODE_BELOW = 1_000_000


# ---- report -------------------------------------------------------------------------------


@click.group(cls=Group)
def report() -> None:
    """The weekly report."""


format_option = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "html", "json", "csv"]),
    default="text",
    show_default=True,
    help="How to print it.",
)


language_option = click.option(
    "--language",
    type=click.Choice(["en", "fr", "es", "pt"]),
    default="en",
    show_default=True,
    help="In which language to print its text or HTML.",
)


@report.command()
@click.option("--week", metavar="WEEK", help="An ISO week like 2026-W47; else the last full one.")
@format_option
@language_option
@pass_app
def preview(app: App, week: str | None, form: str, language: str) -> None:
    """Print the report of a week as it would be now; nothing is stored or sent."""
    from jobs.reporting import preview_weekly
    from reports.weeks import report_week

    now = utc_now()
    engine = app.engine(app.settings())
    _print_report(preview_weekly(engine, week or report_week(now), now), form, language)


@report.command()
@click.argument("week")
@format_option
@language_option
@pass_app
def show(app: App, week: str, form: str, language: str) -> None:
    """Print the report of a week as it was sent."""
    from domain.errors import UsageError
    from store.engine import reading
    from store.reports import list_weeks, load_weekly

    with reading(app.engine(app.settings())) as session:
        found = load_weekly(session, week)
        weeks = list_weeks(session)
    if found is None:
        known = ", ".join(weeks[:3]) or "none yet"
        raise UsageError(f"no report of week {week!r}", to_do=f"there are: {known}")
    _print_report(found, form, language)


@report.command()
@click.option("--week", metavar="WEEK", help="An ISO week like 2026-W47; else the last full one.")
@pass_app
def send(app: App, week: str | None) -> None:
    """Build the report, queue one mail a reader, and send what waits."""
    from jobs.reporting import queue_weekly_mails, require_mail_server, send_mails
    from reports.weeks import report_week

    settings = app.settings()
    engine = app.engine(settings)
    now = utc_now()
    done = queue_weekly_mails(engine, settings, week or report_week(now), now)
    say(f"{done.report.week}: {done.queued} mails queued.")
    require_mail_server(settings)
    result = send_mails(engine, settings, utc_now)
    say(f"{result.sent} sent, {result.later} waiting, {result.refused} refused.")
    if result.trouble is not None:
        raise result.trouble


@report.command("readers")
@json_option
@plain_option
@pass_app
def list_all_readers(app: App, *, as_json: bool, plain: bool) -> None:
    """List who gets the report: how often, in which language, and whose mail came back."""
    from store.engine import reading
    from store.readers import list_readers

    with reading(app.engine(app.settings())) as session:
        readers = list_readers(session)
    rows = []
    for reader in readers:
        state = (
            "asked" if reader.confirmed_at is None else "rests" if reader.rests_at else "gets it"
        )
        choices = reader.choices
        if as_json:
            print_json(
                {
                    "address": reader.address,
                    "rhythm": choices.rhythm,
                    "language": choices.locale,
                    "topics": list(choices.topics),
                    "regions": list(choices.regions),
                    "state": state,
                    "bounces": reader.bounces,
                }
            )
        only = ", ".join([*choices.topics, *choices.regions])
        rows.append((reader.address, choices.rhythm, choices.locale, only, state, reader.bounces))
    if not as_json:
        print_rows(("address", "rhythm", "language", "only", "state", "bounced"), rows, plain=plain)
    if not readers:
        say("Nobody yet: people subscribe on the web pages; see also report.recipients.")


def _print_report(found: WeeklyReport, form: str, language: str) -> None:
    from presentation import weekly_forms
    from presentation.digest import Edition
    from reports import render

    if form == "json":
        click.echo(weekly_forms.render_json(found))
    elif form == "csv":
        click.echo(weekly_forms.render_csv(found))
    else:
        write = render.render_html if form == "html" else render.render_text
        click.echo(write(found, Edition(locale=language)))


# ---- review -------------------------------------------------------------------------------


@click.group(cls=Group)
def review() -> None:
    """The curators' queue."""


@review.command("list")
@json_option
@plain_option
@pass_app
def list_cards(app: App, *, as_json: bool, plain: bool) -> None:
    """List the open cards, oldest first; they are answered on the web pages."""
    from presentation.reasons import write_reason
    from store.engine import reading
    from store.reviews import list_open_reviews
    from store.sources import list_communities

    with reading(app.engine(app.settings())) as session:
        cards = list_open_reviews(session)
        names = {community.id: community.slug for community in list_communities(session)}
    rows = []
    for card in cards:
        slug = names[card.community_id]
        reasons = [write_reason(reason) for reason in card.reasons]
        if as_json:
            print_json(
                {
                    "review": card.id,
                    "community": slug,
                    "kind": card.kind,
                    "opened_at": card.opened_at,
                    "reasons": reasons,
                }
            )
        rows.append((card.id, slug, card.kind, minute(card.opened_at), " ".join(reasons)))
    if not as_json:
        print_rows(("card", "community", "kind", "opened", "why"), rows, plain=plain)
    if not cards:
        say("No card is open.")


# ---- users --------------------------------------------------------------------------------


@click.group(cls=Group)
def users() -> None:
    """Who may sign in to the review pages."""


@users.command("list")
@json_option
@plain_option
@pass_app
def list_all(app: App, *, as_json: bool, plain: bool) -> None:
    """List everybody who may sign in."""
    from store.engine import reading
    from store.users import list_users

    with reading(app.engine(app.settings())) as session:
        people = list_users(session)
    if as_json:
        for person in people:
            print_json({"name": person.name, "address": person.address, "role": person.role})
        return
    rows = [(person.name, person.address, person.role) for person in people]
    print_rows(("name", "address", "role"), rows, plain=plain)
    if not people:
        say("Nobody yet → rollcall users invite NAME ADDRESS")


@users.command()
@click.argument("name")
@click.argument("address")
@click.option(
    "--role",
    type=click.Choice([str(role) for role in Role]),
    default=str(Role.CURATOR),
    show_default=True,
)
@pass_app
def invite(app: App, name: str, address: str, role: str) -> None:
    """Let a person sign in; prints the page or, while no mail goes out, a first link."""
    from config.values import WrongValue, read_address
    from domain.errors import UsageError
    from store.engine import writing
    from store.users import add_user

    try:
        read_address(address)
    except WrongValue as error:
        raise UsageError(f"the address {error}") from error
    settings = app.settings()
    with writing(app.engine(settings)) as session:
        person = add_user(session, name=name, address=address, role=Role(role), now=utc_now())
        mails = bool(settings.mail.host)
        page = f"{_root(settings)}/login" if mails else _make_link(session, settings, person)
    if mails:
        say(f"{person.name} may sign in at {page} with {person.address}.")
        return
    say(f"{person.name} may sign in. No mail server is set, so here is a page for it, good once:")
    click.echo(page)
    say(f"It holds for 15 minutes; the next one: rollcall users link {person.address}")


@users.command()
@click.argument("address")
@pass_app
def link(app: App, address: str) -> None:
    """Print a page that signs a person in once, where no mail reaches them."""
    from domain.errors import UsageError
    from store.engine import writing
    from store.users import find_user

    settings = app.settings()
    with writing(app.engine(settings)) as session:
        person = find_user(session, address)
        if person is None:
            raise UsageError(
                "nobody with this address may sign in",
                where=address,
                to_do="rollcall users invite NAME ADDRESS",
            )
        click.echo(_make_link(session, settings, person))


def _make_link(session: Session, settings: Settings, person: User) -> str:
    """What a mail would bring; a code would end when its reader asks for one at /login."""
    from presentation.links import SIGNING_SECRET, SignInLink, sign_in_token
    from store.users import CODE_VALID, save_code, secret

    now = utc_now()
    code = f"{secrets.randbelow(CODE_BELOW):06d}"
    save_code(session, person.id, code, now)
    promise = SignInLink(user_id=person.id, expires_at=now + CODE_VALID, code=code)
    return f"{_root(settings)}/login/link/{sign_in_token(secret(session, SIGNING_SECRET), promise)}"


def _root(settings: Settings) -> str:
    web = settings.web
    return web.public_url or f"http://{web.host}:{web.port}"
