"""What the pages of the curators' room share: who is signed in, in which language, from whom."""

from __future__ import annotations

from flask import g, render_template, session

from domain.people import Role
from presentation.asking import Letterhead
from presentation.i18n import LOCALES, say
from store.accounts import Choices
from web.auth import current_user
from web.language import set_page_locale
from web.site import site

ANYONE = (Role.CURATOR, Role.LEAD, Role.OPERATOR)
LEADS = (Role.LEAD, Role.OPERATOR)


def render_room(template: str, **values: object) -> str:
    """A page of the room in the curator's language, with what was just done."""
    me = current_user()
    done = session.pop("done", None)
    set_page_locale(own_locale())
    return render_template(
        f"room/{template}",
        locale=own_locale(),
        locales=LOCALES,
        me=me,
        leads=me.role in LEADS,
        done=done,
        **values,
    )


def own_choices() -> Choices:
    """What the curator chose; only inside a view that `signed_in` guards."""
    found = g.choices
    assert isinstance(found, Choices)
    return found


def own_locale() -> str:
    """The curator's language."""
    return own_choices().locale


def told(text: str, **values: object) -> str:
    """A text in the curator's language."""
    return say(text, own_locale(), **values)


def letterhead() -> Letterhead:
    """From whom the mails of this site come."""
    here = site()
    return Letterhead(
        name=here.name,
        sender=here.sender,
        public_url=here.public_url,
        contact=here.contact,
        secret=here.secret,
    )
