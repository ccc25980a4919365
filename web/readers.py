"""Readers choose by themselves: they ask, confirm by a button, change their mind, and stop.

No account: a signed address in each mail is the reader's own. A GET only ever shows; what acts is a
POST, since programs that look through mail open every link in it.
"""

from __future__ import annotations

from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid

from flask import Blueprint, redirect, request, session, url_for
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from domain.readers import Choices, Reader, Rhythm
from presentation.i18n import choose_locale, say
from presentation.links import (
    CONFIRM_PURPOSE,
    READER_PURPOSE,
    is_token_of,
    read_reader_id,
    reader_token,
)
from presentation.topics import topic_name
from store import outbox, readers
from store.engine import reading, writing
from web.language import asked_locale
from web.site import Site, render_in, site

Shown = Response | str | tuple[str, int]

MAILS_PER_DAY = 3
# More strangers than this in an hour are no readers.
ASKED_PER_HOUR = 200
LONGEST_ADDRESS = 254

pages = Blueprint("readers", __name__)


@pages.get("/subscribe")
def form() -> Shown:
    """The form that asks for an address and what to send there."""
    return _show_form(asked_locale(), Choices(locale=asked_locale()))


@pages.post("/subscribe")
def ask() -> Shown:
    """Sends a mail with a button to confirm; the answer is the same for whatever address."""
    here = site()
    address = request.form.get("address", "").strip()
    choices = read_choices(request.form)
    if not _is_address(address):
        trouble = say("This is not a mail address.", choices.locale)
        return _show_form(choices.locale, choices, address=address, trouble=trouble), 422
    now = here.clock()
    with writing(here.engine) as s:
        busy = readers.count_asked(s, now - timedelta(hours=1)) >= ASKED_PER_HOUR
        if not busy:
            _send_link(s, here, readers.ask(s, address, choices, now), choices.locale)
    if busy:
        trouble = say("Too many people ask right now. Please try again in an hour.", choices.locale)
        return _show_form(choices.locale, choices, address=address, trouble=trouble), 429
    return redirect(url_for("readers.asked", lang=choices.locale), 303)


@pages.get("/subscribe/asked")
def asked() -> Shown:
    """What happens next."""
    return render_in(asked_locale(), "reader_asked.html")


@pages.get("/subscribe/<token>")
def confirm_page(token: str) -> Shown:
    """A page with one button: only the button makes a reader."""
    reader = _load(token, CONFIRM_PURPOSE)
    if reader is None:
        return _show_gone()
    return render_in(reader.choices.locale, "reader_confirm.html", reader=reader)


@pages.post("/subscribe/<token>")
def confirm(token: str) -> Shown:
    """Makes a reader of who asked, and shows what they chose."""
    here = site()
    reader = _load(token, CONFIRM_PURPOSE)
    if reader is None:
        return _show_gone()
    with writing(here.engine) as s:
        readers.confirm(s, reader.id, here.clock())
    session["done"] = {"words": say("Welcome. You get the report from now on.", _own(reader))}
    return redirect(_own_page(here, reader), 303)


@pages.get("/mail/<token>")
def own_page(token: str) -> Shown:
    """A reader's own page: how often, in which language, about what."""
    reader = _load(token)
    if reader is None:
        return _show_gone()
    return _show_choices(reader, token)


@pages.post("/mail/<token>")
def choose(token: str) -> Shown:
    """Keeps what the reader chose."""
    here = site()
    reader = _load(token)
    if reader is None:
        return _show_gone()
    choices = read_choices(request.form)
    with writing(here.engine) as s:
        readers.choose(s, reader.id, choices)
    session["done"] = {"words": say("Kept.", choices.locale)}
    return redirect(url_for("readers.own_page", token=token), 303)


@pages.post("/mail/<token>/forget")
def forget(token: str) -> Shown:
    """Removes the address."""
    reader = _load(token)
    if reader is None:
        return _show_gone()
    with writing(site().engine) as s:
        readers.forget(s, reader.id)
    return render_in(_own(reader), "reader_gone.html", forgotten=True)


@pages.get("/stop/<token>")
def stop_page(token: str) -> Shown:
    """A page with one button; looking at it stops nothing."""
    reader = _load(token)
    if reader is None:
        return _show_gone()
    return render_in(_own(reader), "reader_stop.html", reader=reader, token=token, stopped=False)


@pages.post("/stop/<token>")
def stop(token: str) -> Shown:
    """Stops the mails: by the button, or by a mail program's one POST (RFC 8058)."""
    reader = _load(token)
    if reader is None:
        return _show_gone()
    with writing(site().engine) as s:
        readers.stop(s, reader.id)
    return render_in(_own(reader), "reader_stop.html", reader=reader, token=token, stopped=True)


def read_choices(sent: MultiDict[str, str]) -> Choices:
    """What a form asks for; what it does not know it leaves out."""
    topics, regions = _list_facts()
    rhythm = sent.get("rhythm", "")
    return Choices(
        rhythm=Rhythm(rhythm) if rhythm in list(Rhythm) else Rhythm.WEEKLY,
        locale=choose_locale(sent.get("language", "")),
        topics=tuple(topic for topic in topics if topic in sent.getlist("topic")),
        regions=tuple(region for region in regions if region in sent.getlist("region")),
    )


def _show_form(locale: str, choices: Choices, *, address: str = "", trouble: str = "") -> str:
    topics, regions = _list_facts()
    return render_in(
        locale,
        "reader_form.html",
        choices=choices,
        address=address,
        trouble=trouble,
        topics=_name_topics(topics, locale),
        regions=regions,
    )


def _show_choices(reader: Reader, token: str) -> str:
    topics, regions = _list_facts()
    return render_in(
        _own(reader),
        "reader_choices.html",
        reader=reader,
        choices=reader.choices,
        token=token,
        topics=_name_topics(topics, _own(reader)),
        regions=regions,
        done=session.pop("done", None),
    )


def _show_gone() -> tuple[str, int]:
    return render_in(asked_locale(), "reader_gone.html", forgotten=False), 410


def _load(token: str, purpose: str = READER_PURPOSE) -> Reader | None:
    """Whose address it is, if it is somebody's still."""
    here = site()
    number = read_reader_id(here.secret, token, purpose)
    if number is None:
        return None
    with reading(here.engine) as s:
        reader = readers.load_reader(s, number)
    if reader is None or not is_token_of(here.secret, token, reader, purpose):
        return None
    return reader


def _list_facts() -> tuple[list[str], list[str]]:
    """The topics and regions that any community has."""
    here = site()
    with here.kept.opened(here.clock()) as (_, kept):
        return kept.values("topic"), kept.values("region")


def _name_topics(topics: list[str], locale: str) -> list[tuple[str, str]]:
    named = [(topic, topic_name(topic, locale)) for topic in topics]
    return sorted(named, key=lambda pair: pair[1])


def _own(reader: Reader) -> str:
    return reader.choices.locale


def _own_page(here: Site, reader: Reader) -> str:
    return url_for("readers.own_page", token=reader_token(here.secret, reader))


def _is_address(text: str) -> bool:
    name, at, host = text.rpartition("@")
    plain = text.isascii() and text.isprintable() and not set(text) & set(' ,;:<>()[]"\\')
    return bool(name and at and "." in host) and plain and len(text) <= LONGEST_ADDRESS


def _send_link(s: Session, here: Site, reader: Reader, locale: str) -> None:
    """Queues the mail to confirm, or to one who did the way to their choices; three a day."""
    message = _build_mail(here, reader, locale).as_bytes(policy=SMTP)
    for number in range(MAILS_PER_DAY):
        if outbox.queue_mail(
            s,
            dedupe_key=f"subscribe:{reader.id}:{here.clock():%Y-%m-%d}:{number}",
            kind="subscribe",
            recipient=reader.address,
            message=message,
            now=here.clock(),
        ):
            return


def _build_mail(here: Site, reader: Reader, locale: str) -> EmailMessage:
    now = here.clock()
    if reader.confirmed_at is None:
        token = reader_token(here.secret, reader, CONFIRM_PURPOSE)
        url = f"{here.public_url}/subscribe/{token}"
        subject = say("Please confirm: the weekly report of {site}", locale, site=here.name)
        text = say(
            "Somebody, probably you, asked for the weekly report of {site} at this address.\n\n"
            "To get it, open this page and press its button:\n\n{url}\n\n"
            "If it was not you, do nothing: nothing more comes, and the address is forgotten "
            "within a week.\n",
            locale,
            site=here.name,
            url=url,
        )
    else:
        url = f"{here.public_url}/mail/{reader_token(here.secret, reader)}"
        subject = say("Your choices for the weekly report of {site}", locale, site=here.name)
        text = say(
            "This address is known already. Here you choose how often the report comes, in which "
            "language and about what, or stop it:\n\n{url}\n",
            locale,
            url=url,
        )
    mail = EmailMessage()
    mail["Subject"] = subject
    mail["From"] = here.sender
    mail["To"] = reader.address
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = make_msgid(domain=here.sender.rpartition("@")[2])
    mail["Auto-Submitted"] = "auto-generated"
    mail["Content-Language"] = locale
    mail.set_content(text)
    return mail
