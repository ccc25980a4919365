"""What every view needs, handed in once by `create_app`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask import Flask, current_app
from sqlalchemy import Engine

from web.kept import KeptEntries

EXTENSION = "rollcall"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One web application's surroundings.

    `public_url` has no slash at its end. `sender` is the address that sign-in mails come from,
    `contact` a mail address or web page for the public, empty when there is none.
    """

    engine: Engine
    kept: KeptEntries
    public_url: str
    clock: Callable[[], datetime]
    secret: bytes
    sender: str
    contact: str
    name: str
    agent: str
    locale: str = "en"

    @property
    def contact_url(self) -> str:
        """The contact as an address to press, or nothing."""
        if not self.contact or self.contact.startswith(("https://", "http://")):
            return self.contact
        return f"mailto:{self.contact}"


def attach(app: Flask, site: Site) -> None:
    """Makes the site known to the views of `app`."""
    app.extensions[EXTENSION] = site


def site() -> Site:
    """The surroundings of the application that answers now."""
    found = current_app.extensions[EXTENSION]
    assert isinstance(found, Site)
    return found
