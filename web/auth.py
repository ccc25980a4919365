"""Signing in without a password: a code or a link by mail, then a session of 90 days."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid
from functools import wraps
from ipaddress import ip_address, ip_network
from typing import ParamSpec
from urllib.parse import urlsplit

from flask import (
    Blueprint,
    abort,
    current_app,
    g,
    redirect,
    request,
    session,
    url_for,
)
from werkzeug.wrappers import Response

from domain.people import Role, User
from presentation.i18n import say
from presentation.links import (
    INVITE_PURPOSE,
    SignInLink,
    read_sign_in_token,
    read_timed_token,
    sign_in_token,
    timed_token,
)
from store import accounts, outbox, users
from store.engine import reading, writing
from web.language import asked_locale
from web.site import Site, render_in, site

P = ParamSpec("P")
Shown = Response | str | tuple[str, int]
View = Callable[P, Shown]

CODE_DIGITS = 6
CODES_PER_HOUR = 5
CODE_VALID = timedelta(minutes=15)
# More than this from one network in an hour are no curators.
TRIES_PER_HOUR = 30
INVITED_FOR = timedelta(days=14)
LONGEST_LABEL = 60
# What a curator wrote before the session ran out. An answer is never sent for them.
KEPT_FIELDS = ("note", "new_url", "seen_on")
LONGEST_KEPT = 800
ROOMS = frozenset({"review", "answering", "account", "practice", "record", "attest"})
"""The blueprints whose forms belong to people who are signed in."""
SYSTEMS = ("Android", "iPhone", "iPad", "Windows", "Mac OS", "Linux")
PROGRAMS = ("Edg", "OPR", "Opera", "Firefox", "Chrome", "Safari")

pages = Blueprint("auth", __name__)


def signed_in(*roles: Role) -> Callable[[View[P]], View[P]]:
    """Lets a view be seen by people with one of the roles; others sign in first or get a 403."""

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> Shown:
            found = read_session()
            if found is None:
                return ask_to_sign_in()
            if found.user.role not in roles:
                abort(403)
            g.user, g.choices, g.device_id = found.user, found.choices, found.device_id
            return view(*args, **kwargs)

        return guarded

    return decorate


def current_user() -> User:
    """Who is signed in; only inside a view that `signed_in` guards."""
    user = g.user
    assert isinstance(user, User)
    return user


def read_session() -> accounts.SignedIn | None:
    """Whose browser this is, if it is signed in and they still may."""
    key = session.get("device")
    if not isinstance(key, str):
        return None
    now = site().clock()
    with reading(site().engine) as s:
        found = accounts.find_signed_in(s, key, now)
    if found is not None and now - found.seen_at >= accounts.SEEN_EVERY:
        with writing(site().engine) as s:
            accounts.note_seen(s, found.device_id, now)
    return found


def ask_to_sign_in() -> Response:
    """To the sign-in, and back after it; what stood in a sent form comes back unsent."""
    if request.method == "GET":
        back = request.full_path.rstrip("?")
    elif not current_app.url_map.bind("").test(request.path, "GET"):
        back = ""
    else:
        back = request.path
        session["unsent"] = {
            "path": request.path,
            "form": {name: request.form.get(name, "")[:LONGEST_KEPT] for name in KEPT_FIELDS},
        }
    return redirect(url_for("auth.login", next=back or None), 303)


def take_unsent() -> dict[str, str] | None:
    """The form that was sent to this very address while nobody was signed in; given once."""
    unsent = session.get("unsent")
    if not isinstance(unsent, dict) or unsent.get("path") != request.path:
        return None
    session.pop("unsent")
    return {str(name): str(value) for name, value in unsent.get("form", {}).items()}


@pages.get("/login")
def login() -> Shown:
    """The form that asks for an address."""
    return _show_login(back=local_path(request.args.get("next", "")))


@pages.post("/login")
def ask_code() -> Shown:
    """Sends a code if the address is known; the answer is the same if not."""
    address = request.form.get("address", "").strip()
    back = local_path(request.form.get("next", ""))
    if "@" not in address:
        return _show_login(
            back=back, address=address, trouble=say("This is not a mail address.", _locale())
        )
    if _is_too_often():
        trouble = say("Too many tries from your network. Please wait an hour.", _locale())
        return _render("login.html", next=back, address=address, trouble=trouble), 429
    _send_code(site(), address)
    session["sign_in"] = {"address": address, "next": back}
    return redirect(url_for("auth.code"), 303)


@pages.get("/login/code")
def code() -> Shown:
    """The form that asks for the six digits."""
    address, _ = _asked()
    if not address:
        return redirect(url_for("auth.login"), 303)
    return _render("code.html", address=address)


@pages.post("/login/code")
def enter_code() -> Shown:
    """Signs in when the digits are right."""
    address, back = _asked()
    if not address:
        return redirect(url_for("auth.login"), 303)
    if _is_too_often():
        trouble = say("Too many tries from your network. Please wait an hour.", _locale())
        return _render("code.html", address=address, trouble=trouble), 429
    digits = "".join(c for c in request.form.get("code", "") if c.isdecimal())
    here = site()
    with writing(here.engine) as s:
        user = users.use_code(s, address, digits, here.clock())
    if user is None:
        trouble = say(
            "This code does not fit. It may have a typing mistake, or have run out: codes work "
            "for 15 minutes, once, and five tries long.",
            _locale(),
        )
        return _render("code.html", address=address, trouble=trouble), 422
    return _start_session(user, back)


@pages.get("/login/link/<token>")
def link(token: str) -> Shown:
    """A page with one button: mail scanners open links, and only the button signs in."""
    here = site()
    if read_sign_in_token(here.secret, token, now=here.clock()) is None:
        return _render("link.html", good=False), 410
    return _render("link.html", good=True)


@pages.post("/login/link/<token>")
def use_link(token: str) -> Shown:
    """Signs in, and uses up the code that came with the link."""
    here = site()
    now = here.clock()
    promise = read_sign_in_token(here.secret, token, now=now)
    user = None
    if promise is not None:
        with writing(here.engine) as s:
            user = users.load_user(s, promise.user_id)
            if user is not None and promise.code:
                user = users.use_code(s, user.address, promise.code, now, by_link=True)
    if user is None:
        return _render("link.html", good=False), 410
    return _start_session(user, "")


@pages.post("/logout")
def sign_out() -> Response:
    """Forgets the session, here and in this browser."""
    found = read_session()
    if found is not None:
        with writing(site().engine) as s:
            accounts.end_device(s, found.user.id, found.device_id, site().clock())
    session.clear()
    return redirect(url_for("directory.index"), 303)


def local_path(path: str) -> str:
    """The path if it stays on this site, else nothing: a link must not lead strangers away."""
    parts = urlsplit(path)
    plain = path.startswith("/") and not path.startswith(("//", "/\\")) and "\\" not in path
    return path if plain and not parts.netloc and not parts.scheme else ""


def sign_in_url(here: Site, promise: SignInLink) -> str:
    """The address that stands in a mail."""
    return f"{here.public_url}/login/link/{sign_in_token(here.secret, promise)}"


def _show_login(*, back: str, address: str = "", trouble: str = "") -> Shown:
    return _render(
        "login.html", next=back, address=address, trouble=trouble, unsent="unsent" in session
    )


def _render(template: str, **values: object) -> str:
    """A page before the sign-in, in the language that the browser asks for."""
    return render_in(_locale(), template, **values)


def _locale() -> str:
    return asked_locale()


def _asked() -> tuple[str, str]:
    """The address that a code was asked for in this browser, and where to go after."""
    asked = session.get("sign_in")
    if not isinstance(asked, dict):
        return "", ""
    return str(asked.get("address", "")), str(asked.get("next", ""))


@pages.get("/invitation/<token>")
def invitation(token: str) -> Shown:
    """A page with one button, as that of a sign-in link."""
    here = site()
    found = read_timed_token(here.secret, INVITE_PURPOSE, token, now=here.clock())
    if found is None:
        return _render("link.html", good=False), 410
    return _render("link.html", good=True, invited=True)


@pages.post("/invitation/<token>")
def accept(token: str) -> Shown:
    """Signs in who was invited, once; later they ask for a code."""
    here = site()
    now = here.clock()
    user_id = read_timed_token(here.secret, INVITE_PURPOSE, token, now=now)
    user = None
    if user_id is not None:
        with writing(here.engine) as s:
            user = users.load_user(s, user_id)
            if user is not None and not accounts.join(s, user.id, now):
                user = None
    if user is None:
        return _render("link.html", good=False), 410
    return _start_session(user, "")


def invitation_url(here: Site, user: User) -> str:
    """The address in the mail of an invitation."""
    token = timed_token(here.secret, INVITE_PURPOSE, user.id, here.clock() + INVITED_FOR)
    return f"{here.public_url}/invitation/{token}"


def _start_session(user: User, back: str) -> Response:
    here = site()
    now = here.clock()
    with writing(here.engine) as s:
        key = accounts.add_device(s, user.id, _name_browser(), now)
        accounts.join(s, user.id, now)
        choices = accounts.load_choices(s, user.id)
    # A session made before the sign-in is not carried over, but for what was not sent.
    unsent = session.get("unsent")
    session.clear()
    session.permanent = True
    session["device"] = key
    if isinstance(unsent, dict):
        session["unsent"] = unsent
        back = back or local_path(str(unsent.get("path", "")))
    first = url_for("practice.card", number=1) if choices.practised_at is None else ""
    return redirect(back or first or url_for("review.queue"), 303)


def _name_browser() -> str:
    """What a person would call this browser: `Firefox, Android`."""
    agent = request.user_agent.string
    program = next((name for name in PROGRAMS if f"{name}/" in agent), agent.partition("/")[0])
    program = {"Edg": "Edge", "OPR": "Opera"}.get(program, program)
    system = next((name for name in SYSTEMS if name in agent), "")
    return ", ".join(part for part in (program, system) if part)[:LONGEST_LABEL] or "?"


def _is_too_often() -> bool:
    """True when this network tried to sign in too often; each call is a try."""
    now = site().clock()
    with writing(site().engine) as s:
        accounts.add_try(s, _network(), now)
        return accounts.count_tries(s, _network(), now - timedelta(hours=1)) > TRIES_PER_HOUR


def _network() -> str:
    """Where a request comes from: its address, or of a long one the half that names the network."""
    try:
        address = ip_address(request.remote_addr or "")
    except ValueError:
        return ""
    if address.version == 4:
        return str(address)
    return str(ip_network((address, 64), strict=False))


def _send_code(here: Site, address: str) -> None:
    now = here.clock()
    with writing(here.engine) as s:
        user = users.find_user(s, address)
        if (
            user is None
            or users.count_codes(s, user.id, now - timedelta(hours=1)) >= CODES_PER_HOUR
        ):
            return
        digits = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
        users.save_code(s, user.id, digits, now)
        locale = accounts.load_choices(s, user.id).locale
        outbox.queue_mail(
            s,
            dedupe_key=f"sign-in:{user.id}:{secrets.token_hex(8)}",
            kind="sign_in",
            recipient=user.address,
            message=_build_mail(here, user, digits, locale).as_bytes(policy=SMTP),
            now=now,
        )


def _build_mail(here: Site, user: User, digits: str, locale: str) -> EmailMessage:
    now = here.clock()
    promise = SignInLink(user_id=user.id, expires_at=now + CODE_VALID, code=digits)
    mail = EmailMessage()
    mail["Subject"] = say("{digits} is your sign-in code", locale, digits=digits)
    mail["From"] = here.sender
    mail["To"] = user.address
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = make_msgid(domain=here.sender.rpartition("@")[2])
    mail["Auto-Submitted"] = "auto-generated"
    lines = [
        say("Hello {name},", locale, name=user.name),
        say("your code for {site} is", locale, site=here.name),
        f"    {digits}",
        say("It works once, for 15 minutes. Or open this page and press its button:", locale),
        sign_in_url(here, promise),
        say("If you did not ask for it, do nothing: nobody can sign in without it.", locale),
    ]
    mail.set_content("\n\n".join(lines) + "\n")
    return mail
