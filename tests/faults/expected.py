"""What each cell of the matrix must come to. Two words stand where both are right."""

from __future__ import annotations

from collections.abc import Mapping

from domain.outcome import FlagKind, Outcome
from domain.records import Platform

Row = Mapping[str, frozenset[Outcome]]

# The only cards that a fault may open: not doubts about silence, but what the host itself says.
PROPOSALS: Mapping[Outcome, frozenset[FlagKind]] = {
    Outcome.MOVED: frozenset({FlagKind.MAYBE_MOVED}),
    Outcome.GONE: frozenset({FlagKind.MAYBE_CLOSED}),
    Outcome.PARKED: frozenset({FlagKind.MAYBE_CLOSED}),
}


def row(words: str, **special: str) -> Row:
    """A row of words; `special` says otherwise for an adapter, a time, or both (`feed_after`)."""
    return {
        place: frozenset(Outcome(word) for word in said.split())
        for place, said in {"": words, **special}.items()
    }


def find_expected(name: str, platform: Platform, *, known: bool) -> frozenset[Outcome]:
    """The words that are right in a cell, found under the most special name."""
    when = "after" if known else "before"
    places = (f"{platform}_{when}", str(platform), when, "")
    return next(ROWS[name][place] for place in places if place in ROWS[name])


CUT = row("unreachable", feed="partial")
STRANGE = row("unparseable", after="layout_changed")
MISSING = row("partial")
ROWS: Mapping[str, Row] = {
    "403": row("refused"),
    "404": row("not_found"),
    "410": row("gone"),
    "429, Retry-After in seconds": row("rate_limited"),
    "429, Retry-After as a date": row("rate_limited"),
    "503 with Retry-After": row("rate_limited"),
    "500 always": row("server_error"),
    "500, 502, 503 every other time": row("server_error partial", feed="server_error read"),
    "never answers": row("timeout"),
    "slow drip": row("timeout"),
    "connection reset at once": row("unreachable"),
    "connection reset in the middle": CUT,
    "cut in the middle of the body": CUT,
    "cut in the middle of a gzip stream": CUT,
    "page that ends in the middle": row(
        "partial", hyperkitty_before="unparseable", hyperkitty_after="layout_changed"
    ),
    "cut packed file": row("partial", hyperkitty_before="unparseable"),
    "wrong charset": row("read", feed="partial"),
    "gzip bomb": row("too_large"),
    "packed file that is a bomb": row("partial", hyperkitty="too_large"),
    "redirect loop": row("server_error"),
    "redirect to a login": row("login_wall"),
    "redirect to the home page": row("not_found"),
    "redirect to another domain": row("parked"),
    "redirect to a parked page": row("parked"),
    "bot challenge with 200": row("challenge"),
    "bot challenge with 403": row("challenge"),
    "soft 404 with 200": row("not_found", before="unparseable not_found"),
    "empty 200": STRANGE,
    "empty archive": row("empty", after="partial"),
    "feed cut to its last 10": row("read", after="partial"),
    "dates in the future": row("read", feed="layout_changed"),
    "server's clock 400 days ahead": row("read"),
    "server's clock 3 days behind": row("read"),
    "redesigned page": row("unparseable", after="layout_changed", pipermail="layout_changed"),
    "robots.txt disallows": row("refused"),
    "robots.txt answers 500": row("server_error"),
    "robots.txt of 400 KiB": row("read"),
    "robots.txt larger than we read": row("too_large"),
    "robots.txt is a web page": row("read"),
    "robots.txt never answers": row("timeout"),
    "TLS certificate expired": row("unreachable"),
    "TLS certificate self-signed": row("unreachable"),
    "TLS certificate of another host": row("unreachable"),
    "XML entity expansion": STRANGE,
    "XML external entities": STRANGE,
    "notice: this list has moved": row("moved"),
    "members only, with 200": row("login_wall"),
    "members only, with 403": row("refused login_wall", hyperkitty="login_wall"),
    "month file missing": MISSING,
    "month files refused": row("partial", pipermail_before="read", hyperkitty="read"),
    "HTML instead of mbox": row(
        "partial",
        pipermail_before="read",
        hyperkitty_before="unparseable",
        hyperkitty_after="unparseable layout_changed",
    ),
    "older posts vanished": MISSING,
    "restored from an old backup": MISSING,
    "nothing is wrong": row("read"),
    "nobody wrote": row("read unchanged"),
}
