"""What every view needs, handed in once by `create_app`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flask import Flask, current_app, render_template
from sqlalchemy import Engine

from presentation.i18n import LOCALES
from presentation.weekly_words import ToldWeek
from web.kept import KeptList
from web.language import list_alternates, neutral_url, set_page_locale
from web.shared import SharedText

EXTENSION = "rollcall"
ALLOW_PRIVATE = "ROLLCALL_ALLOW_PRIVATE"
"""Key of the application's setting: may sources lie in a private network?"""


# Nothing inline, nothing from elsewhere. The empty icon in the head is a data address.
CONTENT_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
EMBED_POLICY = CONTENT_POLICY.replace("frame-ancestors 'none'", "frame-ancestors *")
"""For what other sites may show in a frame of theirs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One web application's surroundings.

    `public_url` has no slash at its end. `sender` is the address that sign-in mails come from,
    `contact` a mail address or web page for the public, empty when there is none. `raw_days` is for
    how many days the raw answers of a visit are kept, 0 where they are not.
    """

    engine: Engine
    kept: KeptList
    public_url: str
    clock: Callable[[], datetime]
    secret: bytes
    sender: str
    contact: str
    name: str
    agent: str
    visit_grace: timedelta
    raw_days: int = 0
    figures: SharedText = field(default_factory=SharedText)
    weeks: dict[tuple[str, datetime, str], ToldWeek] = field(default_factory=dict)

    @property
    def contact_url(self) -> str:
        """The contact as an address to press, or nothing."""
        if not self.contact or self.contact.startswith(("https://", "http://")):
            return self.contact
        return f"mailto:{self.contact}"


def may_be_private() -> bool:
    """True when addresses of this machine and private networks may be given."""
    return bool(current_app.config.get(ALLOW_PRIVATE))


def render_in(locale: str, template: str, **values: object) -> str:
    """A page whose words are in that language, with its addresses in the others."""
    set_page_locale(locale)
    public_url = site().public_url
    return render_template(
        template,
        locale=locale,
        locales=LOCALES,
        alternates=list_alternates(public_url),
        neutral_url=neutral_url(public_url),
        **values,
    )


def attach(app: Flask, site: Site) -> None:
    """Makes the site known to the views of `app`."""
    app.extensions[EXTENSION] = site


def site() -> Site:
    """The surroundings of the application that answers now."""
    found = current_app.extensions[EXTENSION]
    assert isinstance(found, Site)
    return found
