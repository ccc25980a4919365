"""What people without an account are told and written: kinds, states, mails."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from domain.contribution import Contribution, Kind, State
from presentation.dates import format_day
from presentation.i18n import say, translate

KIND_WORDS: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.SUGGEST: "A community suggested",
        Kind.CORRECT: "A correction",
        Kind.CLAIM: "“I run this community”",
        Kind.CONFIRM: "“It is alive”",
        Kind.REPLY: "A reply by who runs it",
    }
)
STATE_WORDS: Mapping[State, str] = MappingProxyType(
    {
        State.UNCONFIRMED: "Waiting for the button in the mail we sent.",
        State.WAITING: "Waiting for a curator to look.",
        State.ACCEPTED: "Accepted.",
        State.DECLINED: "Declined.",
    }
)


def kind_words(kind: Kind, locale: str) -> str:
    """What it is."""
    return translate(KIND_WORDS[kind], locale)


def state_words(state: State, locale: str) -> str:
    """How far it got."""
    return translate(STATE_WORDS[state], locale)


def confirm_mail(one: Contribution, *, site: str, url: str, locale: str) -> tuple[str, str]:
    """Subject and text of the mail with the way to the button."""
    subject = say("Please confirm: {reference}", locale, reference=one.reference)
    text = say(
        "Somebody, probably you, sent this to {site}: {kind}.\n\n"
        "Only when you open this page and press its button does a curator see it:\n\n{url}\n\n"
        "If it was not you, do nothing: it is thrown away within two weeks.\n",
        locale,
        site=site,
        kind=kind_words(one.kind, locale),
        url=url,
    )
    return subject, text


def owner_mail(*, name: str, site: str, asker: str, url: str, locale: str) -> tuple[str, str]:
    """Subject and text of the mail to the published address of a community."""
    subject = say("Do you run {name}?", locale, name=name)
    text = say(
        "{asker} told {site} that they run {name}, whose published address this is.\n\n"
        "If that is right, open this page and press its button. They may then correct the record "
        "and reply to what it says:\n\n{url}\n\n"
        "If it is not, do nothing: nothing changes.\n",
        locale,
        asker=asker,
        site=site,
        name=name,
        url=url,
    )
    return subject, text


def answer_mail(
    one: Contribution, *, state: State, answer: str, url: str, locale: str
) -> tuple[str, str]:
    """Subject and text of the mail with a curator's answer."""
    subject = say(
        "{reference}: {state}", locale, reference=one.reference, state=state_words(state, locale)
    )
    told = f"{state_words(state, locale)} {answer}".strip()
    return subject, f"{kind_words(one.kind, locale)}.\n\n{told}\n\n{url}\n"


def proved_mail(*, name: str, url: str, until: datetime, locale: str) -> tuple[str, str]:
    """Subject and text of the mail to somebody who proved that they run a community."""
    subject = say("Your page for {name}", locale, name=name)
    text = say(
        "You have shown that you run {name}. Here you correct its record, reply to our word and "
        "take a badge; keep this address to yourself:\n\n{url}\n\nIt works until {day}.\n",
        locale,
        name=name,
        url=url,
        day=format_day(until, locale),
    )
    return subject, text
