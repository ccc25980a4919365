"""A badge for a community's own pages: its word with its date, grey once our look is old."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from html import escape

from domain.listing import Listing
from domain.outcome import NOT_VERIFIED_AFTER
from presentation.dates import format_day
from presentation.i18n import ENGLISH, choose_noun, nouns, say

GREY = "#5c6268"
# White text on each of them has a contrast of at least 4.5.
COLOURS = {
    "active": "#1a6a3c",
    "quiet": "#8a5500",
    "inactive": "#8c3a2b",
    "unseen": "#515a87",
    "ended": GREY,
}

LABEL = nouns("community", "communities")

HEIGHT = 20
PADDING = 6
# Widths of Verdana at 11 pixels, by kind of sign; what is missing is taken as wide.
NARROW, MIDDLE, WIDE = 4.2, 6.9, 9.6
NARROW_SIGNS = frozenset("iljtf.,:;'|!() I-")
WIDE_SIGNS = frozenset("mwMWOQDGN@%")


@dataclass(frozen=True, slots=True, kw_only=True)
class Badge:
    """What a badge says. `stale` is true once our own look is too old to vouch for the word."""

    label: str
    message: str
    colour: str
    stale: bool

    @property
    def line(self) -> str:
        """The whole text, for those who do not see it."""
        return f"{self.label}: {self.message}"


def build_badge(listing: Listing, now: datetime, locale: str = ENGLISH) -> Badge:
    """The badge of a community as of now."""
    facts, label = listing.facts, choose_noun(*LABEL, 1, locale)
    word = listing.words.get(locale, listing.words[ENGLISH]).word.lower()
    checked = facts.checked_at
    if checked is None:
        return Badge(label=label, message=word, colour=COLOURS["unseen"], stale=False)
    if now - checked > NOT_VERIFIED_AFTER:
        said = say("not checked since {day}", locale, day=format_day(checked, locale))
        return Badge(label=label, message=said, colour=GREY, stale=True)
    if facts.last_post_at is not None:
        day = format_day(facts.last_post_at, locale)
        said = say("{word}, last post {day}", locale, word=word, day=day)
    else:
        said = say("{word}, checked {day}", locale, word=word, day=format_day(checked, locale))
    return Badge(label=label, message=said, colour=COLOURS[listing.tone], stale=False)


def render_badge(badge: Badge) -> str:
    """The badge as SVG, with its text inside for those who cannot see colours."""
    left = _width(badge.label) + 2 * PADDING
    right = _width(badge.message) + 2 * PADDING
    label, message, line = escape(badge.label), escape(badge.message), escape(badge.line)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="{HEIGHT}" '
        f'role="img" aria-label="{line}"><title>{line}</title>'
        f'<rect width="{left}" height="{HEIGHT}" fill="#33383d"/>'
        f'<rect x="{left}" width="{right}" height="{HEIGHT}" fill="{badge.colour}"/>'
        '<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">'
        f'<text x="{PADDING}" y="14" textLength="{left - 2 * PADDING}">{label}</text>'
        f'<text x="{left + PADDING}" y="14" textLength="{right - 2 * PADDING}">{message}</text>'
        "</g></svg>"
    )


def _width(text: str) -> int:
    """About how many pixels the text takes."""
    return round(sum(_width_of(sign) for sign in text))


def _width_of(sign: str) -> float:
    if sign in NARROW_SIGNS:
        return NARROW
    return WIDE if sign in WIDE_SIGNS else MIDDLE
