"""For those who found, run or pay for communities: gaps, doubles, what thriving ones share."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, request
from sqlalchemy.orm import Session

from domain.listing import ListedFacts
from presentation.i18n import say
from store.vitals import list_vitals
from web.comparing import ENOUGH, Kind, compare, find_active, list_kinds
from web.data import load_line
from web.directory import revalidate
from web.finding import LABELS, NARROWING, find_page, read_query
from web.founders import SPANS, list_doubles, list_gaps, list_traits
from web.kept import Index
from web.language import asked_locale
from web.merged import lead_on
from web.site import render_in, site

pages = Blueprint("questions", __name__)
pages.before_request(lead_on)
pages.after_request(revalidate)
KINDS = ("topic", "language", "region", "platform", "membership")


@pages.get("/gaps")
def gaps() -> str:
    """Topic by region by language: how many there are, how many talk, how many nobody can see."""
    here, locale, query = site(), asked_locale(), read_query({**request.args, "activity": "all"})
    span = request.args.get("by", "")
    span = span if span in SPANS else SPANS[0]
    with here.kept.opened(here.clock()) as (_, kept):
        found = list_gaps(kept, span, query, locale)
        choices = find_page(kept, 0, query, locale).choices
    return render_in(
        locale,
        "gaps.html",
        gaps=found,
        empty=sum(not gap.active for gap in found),
        span=span,
        spans=[(name, say(LABELS[name], locale)) for name in SPANS],
        choices=[one for one in choices if one.name in SPANS and one.name != span],
        chosen={k: v for k, v in query.chosen.items() if k in SPANS and k != span},
    )


@pages.get("/doubles")
def doubles() -> str:
    """Pairs that seem to be for the same people, by what they are and never by who is in them."""
    here, locale = site(), asked_locale()
    with here.kept.opened(here.clock()) as (_, kept):
        found = list_doubles(kept, locale)
    return render_in(locale, "doubles.html", doubles=found)


@pages.get("/c/<slug>/compared")
def compared(slug: str) -> str:
    """How one community talks beside the active ones of its kind."""
    here, locale = site(), asked_locale()
    with here.kept.opened(here.clock()) as (s, kept):
        line = load_line(s, kept, slug)
        number = line.facts.community_id
        own = list_vitals(s, only=[number]).get(number)
        kind = _find_kind(s, kept, line.facts)
    return render_in(
        locale,
        "compared.html",
        line=line,
        own=own,
        standings=compare(own, kind, locale) if own and len(kind.vitals) >= ENOUGH else (),
        measured=len(kind.vitals),
        enough=ENOUGH,
        chosen=kind.chosen,
        kind=_name_kind(kind.chosen, locale),
    )


def _find_kind(s: Session, kept: Index, one: ListedFacts) -> Kind:
    """The narrowest kind of which enough could be measured; else the widest there is."""
    for chosen in list_kinds(one):
        found = list_vitals(s, only=find_active(kept, one, chosen))
        kind = Kind(chosen=chosen, vitals=tuple(found.values()))
        if len(found) >= ENOUGH:
            break
    return kind


def _name_kind(chosen: Mapping[str, str], locale: str) -> str:
    named = ", ".join(NARROWING[name](value, locale) for name, value in chosen.items())
    return named or say("All", locale)


@pages.get("/thriving")
def thriving() -> str:
    """What the active ones of a kind have in common, beside those that are not."""
    here, locale, query = site(), asked_locale(), read_query({**request.args, "activity": "all"})
    with here.kept.opened(here.clock()) as (s, kept):
        chosen = kept.inside
        for name, value in query.chosen.items():
            chosen &= kept.having(name, value)
        traits, active, others = list_traits(kept, chosen, list_vitals(s), locale)
        choices = find_page(kept, 0, query, locale).choices
    return render_in(
        locale,
        "thriving.html",
        traits=traits,
        active=active,
        others=others,
        enough=ENOUGH,
        kind=_name_kind(query.chosen, locale),
        choices=[one for one in choices if one.name in KINDS],
    )
