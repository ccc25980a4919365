"""A first look at an address, and what names it gives."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from cli_core import App, json_option, minute, pass_app, print_json, say
from domain.errors import UsageError
from domain.outcome import Outcome

if TYPE_CHECKING:
    from crawler.order import Probed

NOT_SEEN = 4
WRONG_ADDRESS = 2
# Path parts that name the software, not the community.
EMPTY_WORDS = frozenset(
    {
        "",
        "archive",
        "archives",
        "feed",
        "feeds",
        "hyperkitty",
        "index",
        "list",
        "lists",
        "pipermail",
    }
)


@click.command()
@click.argument("url")
@json_option
@pass_app
def test(app: App, url: str, *, as_json: bool) -> None:
    """Look at an address without watching it: what it is, its newest posts."""
    from jobs.crawling import probe

    check_address(url)
    found = probe(app.settings(), url)
    if as_json:
        print_json(_as_json(found))
    else:
        _print_probe(found)
    click.get_current_context().exit(_probe_code(found))


def _as_json(found: Probed) -> dict[str, object]:
    return {
        "url": found.url,
        "platform": found.platform,
        "certainty": found.certainty,
        "why": list(found.why),
        "watch_url": found.watch_url,
        "title": found.title,
        "version": found.version,
        "feeds": list(found.feeds),
        "visible": _visible(found),
        "robots": found.robots,
        "declared": found.declared,
        "history": _history(found),
        "outcome": found.outcome,
        "detail": found.detail,
        "to_do": found.to_do,
        "posts_read": found.posts_read,
        "newest": [{"at": post.at, "subject": post.subject} for post in found.newest],
        "toml": build_toml(found) if found.platform else None,
    }


def _print_probe(found: Probed) -> None:
    kind = f"{found.platform} ({found.certainty})" if found.platform else "not recognised"
    click.echo(f"{found.url}: {kind}")
    for sentence in found.why:
        click.echo(f"  because {sentence}")
    facts = (
        ("software", found.version),
        ("archive", found.watch_url),
        ("feeds", "  ".join(found.feeds[:3])),
        ("visible", _visible(found)),
        ("robots.txt", found.robots),
        ("declared", f"{found.declared} posts" if found.declared else ""),
        ("history", _history(found)),
        ("a visit", f"{found.outcome}: {found.detail}" if found.detail else str(found.outcome)),
    )
    for name, text in facts:
        if text:
            click.echo(f"  {name:12} {text}")
    for post in found.newest:
        click.echo(f"  {minute(post.at) or 'date unknown':16}  {post.subject}")
    if found.platform:
        click.echo(f"\n{build_toml(found)}")
        say(f"Next:  rollcall sources add {found.watch_url or found.url}")
    elif found.to_do:
        say(f"→ {found.to_do}")


def build_toml(found: Probed) -> str:
    """The lines by which a directory file adds what was found."""
    watched = found.watch_url or found.url
    name = name_from(watched)
    lines = (
        "[[communities]]",
        f"id = {_quote(slug_of(name))}",
        f"name = {_quote(found.title or name)}",
        f"homepage = {_quote(found.url)}",
        "",
        "[[communities.sources]]",
        f"url = {_quote(watched)}",
        f"platform = {_quote(str(found.platform))}",
    )
    return "\n".join(lines)


def _quote(text: str) -> str:
    """A TOML string: JSON's escapes are among TOML's."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _visible(found: Probed) -> str:
    """Who can read it, as far as this look tells."""
    if found.outcome in (Outcome.READ, Outcome.UNCHANGED, Outcome.EMPTY, Outcome.PARTIAL):
        return "to everybody"
    if found.outcome is Outcome.LOGIN_WALL:
        return "to members only"
    return "not known"


def _history(found: Probed) -> str:
    """How far back its platform lets anybody read; empty while that is not known."""
    from crawler.catalogue import build_adapter, load_docstring

    if found.platform is None:
        return ""
    return build_adapter(found.platform, load_docstring(found.platform)).history


def _probe_code(found: Probed) -> int:
    if found.platform is None and found.outcome is Outcome.UNPARSEABLE:
        return WRONG_ADDRESS
    seen = found.outcome.saw or found.outcome is Outcome.PARTIAL
    return 0 if found.platform and seen else NOT_SEEN


# ---- addresses and names ------------------------------------------------------------------


def check_address(url: str) -> None:
    """Nothing, when the text can be the address of an archive.

    Raises: UsageError.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https", "nntp", "nntps") or not parts.hostname:
        raise UsageError(
            "is not the address of a web page or a newsgroup",
            where=url,
            to_do="give it whole, like https://example.org/pipermail/list/",
        )


def name_from(url: str) -> str:
    """A name made of the last part of an address that names more than software."""
    parts = urlsplit(url)
    words = [re.sub(r"\.\w{1,5}$", "", part) for part in parts.path.split("/")]
    names = [word for word in words if word.lower() not in EMPTY_WORDS]
    return names[-1] if names else parts.hostname or "source"


def slug_of(text: str) -> str:
    """A name as it can stand in an address."""
    return re.sub(r"[^\w]+", "-", text.split("@", maxsplit=1)[0].lower()).strip("-") or "source"
