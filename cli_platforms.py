"""Commands about ways of reading: the adapters there are, and recipes for sites that none fits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli_core import App, Group, json_option, minute, pass_app, print_json, print_rows, say

if TYPE_CHECKING:
    from crawler.formats.recipe import Recipe
    from crawler.order import Probed

NOT_SEEN = 4


@click.command()
@json_option
def platforms(*, as_json: bool) -> None:
    """List what can be read: how far back, at what cost, and what is never seen there."""
    from crawler.catalogue import list_adapters

    for adapter in list_adapters():
        if as_json:
            print_json(
                {
                    "platform": adapter.platform,
                    "title": adapter.title,
                    "history": adapter.history,
                    "idle_visit": adapter.idle_visit,
                    "never_seen": adapter.never_seen,
                    "crawled": adapter.platform.crawled,
                }
            )
            continue
        click.echo(f"{adapter.platform}: {adapter.title}")
        click.echo(f"  history     {adapter.history}")
        click.echo(f"  idle visit  {adapter.idle_visit}")
        click.echo(f"  never seen  {adapter.never_seen}\n")


@click.group(cls=Group)
def recipes() -> None:
    """Ways to read a single site that no platform fits, written down in files."""


@recipes.command("list")
@json_option
@pass_app
def list_all(app: App, *, as_json: bool) -> None:
    """List the recipes there are, and what is wrong in any of them."""
    from domain.errors import ConfigError
    from jobs.recipes import list_recipes, read_recipe_file

    rows = []
    for name, file in list_recipes(app.settings().data_dir).items():
        problem = ""
        try:
            read_recipe_file(file, name)
        except ConfigError as error:
            problem = error.line
        if as_json:
            print_json({"recipe": name, "file": str(file), "problem": problem})
        rows.append((name, problem or "fine", str(file)))
    if not as_json:
        print_rows(("recipe", "state", "file"), rows, plain=False)


@recipes.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--url", help="The site's list: read as the recipe says, shown, and not stored.")
@json_option
@pass_app
def check(app: App, file: Path, url: str | None, *, as_json: bool) -> None:
    """Check a recipe's file; with an address, show what it reads there."""
    from jobs.recipes import read_recipe_file

    recipe = read_recipe_file(file, file.stem)
    if url is None:
        if as_json:
            print_json({"recipe": recipe.name, "shows": recipe.rows})
        else:
            click.echo(f"{recipe.name}: fine, for a list of {recipe.rows}")
            say(f"Next:  rollcall recipes check {file} --url URL")
        return
    found = _look(app, url, recipe)
    if as_json:
        _print_look_json(found, recipe)
    else:
        _print_look(found, recipe)
    click.get_current_context().exit(0 if found.outcome.saw else NOT_SEEN)


def _look(app: App, url: str, recipe: Recipe) -> Probed:
    from cli_probe import check_address
    from jobs.crawling import probe

    check_address(url)
    return probe(app.settings(), url, recipe)


def _print_look_json(found: Probed, recipe: Recipe) -> None:
    print_json(
        {
            "recipe": recipe.name,
            "shows": recipe.rows,
            "outcome": found.outcome,
            "detail": found.detail,
            "to_do": found.to_do,
            "posts_read": found.posts_read,
            "newest": [{"at": post.at, "subject": post.subject} for post in found.newest],
        }
    )


def _print_look(found: Probed, recipe: Recipe) -> None:
    click.echo(f"{recipe.name}: {found.outcome}: {found.detail}")
    if not recipe.shows_all:
        click.echo("  replies are not seen, so silence is never proved")
    for post in found.newest:
        click.echo(f"  {minute(post.at) or 'date unknown':16}  {post.subject}")
    if found.outcome.saw:
        say(f"Next:  rollcall sources add {found.url} --recipe {recipe.name}")
    elif found.to_do:
        say(f"→ {found.to_do}")
