"""Commands that take a person or a community out for good, and that change keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cli_core import App, Group, json_option, pass_app, print_json, say, utc_now
from domain.errors import UsageError

if TYPE_CHECKING:
    from jobs.forgetting import Forgotten


@click.command()
@click.option("--address", is_flag=True, help="A person; the address or name is asked for.")
@click.option("--community", "slug", metavar="SLUG", help="A community with all that was counted.")
@click.option("--yes", is_flag=True, help="Do not ask whether it is meant.")
@json_option
@pass_app
def forget(app: App, slug: str | None, *, address: bool, yes: bool, as_json: bool) -> None:
    """Take a person or a community out of the database for good; backups made before keep them."""
    from folder import hold
    from jobs.forgetting import forget_all_of, forget_person

    if address == bool(slug):
        raise UsageError("whom?", to_do="rollcall forget --address, or --community SLUG")
    settings = app.settings()
    engine = app.engine(settings)
    # Asked for, since a word of the command itself stays in the shell's history.
    text = click.prompt("Address or name", err=True) if address else ""
    if not yes:
        click.confirm("This cannot be undone. Go on?", abort=True, err=True)
    with hold(settings.data_dir):
        if slug:
            done = forget_all_of(engine, settings, slug, utc_now())
        else:
            done = forget_person(engine, settings, text)
    _tell(done, as_json=as_json)


@click.group(cls=Group)
def keys() -> None:
    """The keys behind stored hashes, sessions and signed addresses."""


@keys.command()
@click.option("--community", "slug", default="", metavar="SLUG", help="Only that of one community.")
@click.option("--web", is_flag=True, help="Only that of sessions and signed addresses: all end.")
@json_option
@pass_app
def change(app: App, slug: str, *, web: bool, as_json: bool) -> None:
    """Hash what is stored under new keys, after a copy of the database got away."""
    from folder import hold
    from jobs.forgetting import change_keys, change_web_key

    if web and slug:
        raise UsageError("--web is of no community", to_do="give one of the two")
    settings = app.settings()
    engine = app.engine(settings)
    with hold(settings.data_dir):
        posts = 0
        if web:
            change_web_key(engine)
        else:
            posts = change_keys(engine, settings, utc_now(), slug)
    if as_json:
        print_json({"posts": posts, "web": web})
    elif web:
        click.echo("Everybody has to sign in again, and addresses in sent mails are dead.")
        say("Restart the web pages: rollcall serve")
    else:
        click.echo(f"{posts} posts stand under new keys.")
        say("Earlier backups hold the old ones: make a new one, and remove those you need not.")


def _tell(done: Forgotten, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {"rows": dict(done.rows), "posts": done.posts, "kept_answers": done.answers.files}
        )
        return
    rows = ", ".join(f"{count} of {name}" for name, count in sorted(done.rows.items()) if count)
    click.echo(f"posts: {done.posts}; rows: {rows or 'none'}; kept answers: {done.answers.files}")
    say("Backups and exports made before still hold it. Restart the web pages: rollcall serve")
