"""Signing in without a password: a code or a link by mail, then a session of 90 days."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid
from functools import wraps
from typing import ParamSpec
from urllib.parse import urlsplit

from flask import (
    Blueprint,
    abort,
    g,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from werkzeug.wrappers import Response

from domain.people import Role, User
from presentation.links import SignInLink, read_sign_in_token, sign_in_token
from store import outbox, users
from store.engine import reading, writing
from web.site import Site, site

P = ParamSpec("P")
Shown = Response | str | tuple[str, int]
View = Callable[P, Shown]

CODE_DIGITS = 6
CODES_PER_HOUR = 5
CODE_VALID = timedelta(minutes=15)

pages = Blueprint("auth", __name__)


def signed_in(*roles: Role) -> Callable[[View[P]], View[P]]:
    """Lets a view be seen by people with one of the roles; others sign in first or get a 403."""

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> Shown:
            user = read_session()
            if user is None:
                back = request.full_path.rstrip("?") if request.method == "GET" else ""
                return redirect(url_for("auth.login", next=back or None), 303)
            if user.role not in roles:
                abort(403)
            g.user = user
            return view(*args, **kwargs)

        return guarded

    return decorate


def current_user() -> User:
    """Who is signed in; only inside a view that `signed_in` guards."""
    user = g.user
    assert isinstance(user, User)
    return user


def read_session() -> User | None:
    """The user of the session, if there is one and they may still sign in."""
    user_id = session.get("user")
    if not isinstance(user_id, int):
        return None
    with reading(site().engine) as s:
        return users.load_user(s, user_id)


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
        return _show_login(back=back, address=address, trouble="This is not a mail address.")
    _send_code(site(), address)
    session["sign_in"] = {"address": address, "next": back}
    return redirect(url_for("auth.code"), 303)


@pages.get("/login/code")
def code() -> Shown:
    """The form that asks for the six digits."""
    address, _ = _asked()
    if not address:
        return redirect(url_for("auth.login"), 303)
    return render_template("code.html", address=address)


@pages.post("/login/code")
def enter_code() -> Shown:
    """Signs in when the digits are right."""
    address, back = _asked()
    if not address:
        return redirect(url_for("auth.login"), 303)
    digits = "".join(c for c in request.form.get("code", "") if c.isdecimal())
    here = site()
    with writing(here.engine) as s:
        user = users.use_code(s, address, digits, here.clock())
    if user is None:
        trouble = (
            "This code does not fit. It may have a typing mistake, or have run out: codes work "
            "for 15 minutes, once, and five tries long."
        )
        return render_template("code.html", address=address, trouble=trouble), 422
    return _start_session(user, back)


@pages.get("/login/link/<token>")
def link(token: str) -> Shown:
    """A page with one button: mail scanners open links, and only the button signs in."""
    here = site()
    if read_sign_in_token(here.secret, token, now=here.clock()) is None:
        return render_template("link.html", good=False), 410
    return render_template("link.html", good=True)


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
                user = users.use_code(s, user.address, promise.code, now)
    if user is None:
        return render_template("link.html", good=False), 410
    return _start_session(user, "")


@pages.post("/logout")
def sign_out() -> Response:
    """Forgets the session."""
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
    return render_template("login.html", next=back, address=address, trouble=trouble)


def _asked() -> tuple[str, str]:
    """The address that a code was asked for in this browser, and where to go after."""
    asked = session.get("sign_in")
    if not isinstance(asked, dict):
        return "", ""
    return str(asked.get("address", "")), str(asked.get("next", ""))


def _start_session(user: User, back: str) -> Response:
    # A session made before the sign-in is not carried over.
    session.clear()
    session.permanent = True
    session["user"] = user.id
    return redirect(back or url_for("review.queue"), 303)


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
        outbox.queue_mail(
            s,
            dedupe_key=f"sign-in:{user.id}:{secrets.token_hex(8)}",
            kind="sign_in",
            recipient=user.address,
            message=_build_mail(here, user, digits).as_bytes(policy=SMTP),
            now=now,
        )


def _build_mail(here: Site, user: User, digits: str) -> EmailMessage:
    now = here.clock()
    promise = SignInLink(user_id=user.id, expires_at=now + CODE_VALID, code=digits)
    mail = EmailMessage()
    mail["Subject"] = f"{digits} is your sign-in code"
    mail["From"] = here.sender
    mail["To"] = user.address
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = make_msgid(domain=here.sender.rpartition("@")[2])
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(
        f"Hello {user.name},\n\n"
        f"your code for {here.name} is\n\n    {digits}\n\n"
        "It works once, for 15 minutes. Or open this page and press its button:\n\n"
        f"{sign_in_url(here, promise)}\n\n"
        "If you did not ask for it, do nothing: nobody can sign in without it.\n"
    )
    return mail
