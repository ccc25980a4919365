"""Made-up answers behind which no archive can be read, and archives that lost their shape."""

from __future__ import annotations

from datetime import timedelta
from html import escape

from demo.answer import Answer, html_answer


def private_pipermail(name: str) -> Answer:
    """Mailman 2's form for members: status 200 all the same."""
    title = f"{escape(name)} Private Archives Authentication"
    return html_answer(
        title,
        f'<form method="POST" action="/mailman/private/{name}/">\n<h3>{title}</h3>\n'
        '<p>Email address: <input type="text" name="username" size="30"></p>\n'
        '<p>Password: <input type="password" name="password" size="30"></p>\n'
        '<input type="submit" name="submit" value="Let me in...">\n</form>',
    )


def no_such_list(name: str) -> Answer:
    """Mailman 2's answer for a list that it does not know."""
    return html_answer(
        "Mailman Archives Error", f"<h2>No such list <em>{escape(name)}</em></h2>", status=404
    )


def gone() -> Answer:
    """A host that says that the address is gone for good."""
    return html_answer("Gone", "<h1>Gone</h1>\n<p>This service has ended.</p>", status=410)


def redesigned(name: str) -> Answer:
    """An archive in a new skin: its periods are there, under names that mean nothing to us."""
    cards = "".join(
        f'<article class="hub-card"><a href="season-{letter}/thread.html">Season {letter}</a>'
        "</article>\n"
        for letter in "CBA"
    )
    return html_answer(
        f"{name} | Community hub",
        f'<main class="hub-shell"><h2>{escape(name)}</h2>\n'
        f'<section class="hub-cards">\n{cards}</section></main>\n'
        '<script src="/assets/hub.js"></script>',
    )


def server_error() -> Answer:
    """A host that is broken."""
    text = "<h1>Service Unavailable</h1>\n<p>The archive is being repaired.</p>"
    return html_answer("Service Unavailable", text, status=503)


def too_many_requests(wait: timedelta = timedelta(hours=1)) -> Answer:
    """A host that asks for patience."""
    page = html_answer("Too Many Requests", "<h1>Too Many Requests</h1>", status=429)
    return page.with_header("Retry-After", str(int(wait.total_seconds())))


def bot_check() -> Answer:
    """A page that wants to see a browser at work; status 200 all the same."""
    return html_answer(
        "One moment",
        "<h1>One moment</h1>\n<p>This host wants to see a browser at work first.</p>\n"
        '<script id="anubis_challenge" type="application/json">{"difficulty":4}</script>\n'
        "<noscript><p>It does not work without scripts.</p></noscript>",
    )


def moved_for_good(target: str) -> Answer:
    """A permanent redirect."""
    page = html_answer("Moved", f'<a href="{escape(target)}">moved here</a>', status=301)
    return page.with_header("Location", target)


def robots(*, closed: bool = False) -> Answer:
    """A robots.txt that shuts everybody out, or only the engine room."""
    text = (
        "User-agent: *\nDisallow: /\n" if closed else "User-agent: *\nDisallow: /mailman/admin/\n"
    )
    return Answer(body=text.encode(), content_type="text/plain; charset=utf-8")
