"""The application: views, words for templates, headers, error pages, static files."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask, Response, request
from flask_wtf.csrf import CSRFError, CSRFProtect
from markupsafe import Markup
from sqlalchemy import Engine
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse
from whitenoise import WhiteNoise  # type: ignore[import-untyped]

import config
from domain.alerts import DEFAULT_GRACE
from domain.errors import StorageFailed
from presentation import card_words, dates, facts, months, words
from presentation.i18n import say, translate
from presentation.links import SIGNING_SECRET
from presentation.plots import plot_counts, plot_months
from store import users
from store.engine import check_schema, open_database, writing
from web import (
    account,
    answering,
    api,
    attest,
    auth,
    data,
    directory,
    metrics,
    moderation,
    owners,
    practice,
    questions,
    readers,
    record,
    replies,
    review,
    runs,
    taking_part,
    weekly,
)
from web.evidence import web_address
from web.kept import KeptList
from web.language import LanguagePrefix, asked_locale, page_locale, say_count_here, say_here
from web.packing import pack
from web.shared import SharedText
from web.site import ALLOW_PRIVATE, CONTENT_POLICY, Site, attach, render_in, site

SESSION_DAYS = 90
STATIC = Path(__file__).parent / "static"
LARGEST_FORM = 64 * 1024
DEFAULT_NAME = "Communities of practice"

ERRORS = {
    400: (
        "That did not reach us whole",
        "The form came without its cookie. Go back, load the page again, send it once more.",
    ),
    403: ("Not for this account", "Your account may not do this. Nothing was changed."),
    404: ("There is no such page", "It may have moved, or the address has a typing mistake."),
    405: ("That is not possible here", "This address only takes a form. Nothing was changed."),
    413: ("That is too much text", "Shorten it and send it again. Nothing was changed."),
}
FAILURE = (
    "Something went wrong on our side",
    "It is written down for the operator. Nothing was changed; please try again later.",
)


ShownError = tuple[str, int] | BaseResponse


def create_app(
    engine: Engine,
    *,
    public_url: str,
    clock: Callable[[], datetime],
    secret: bytes,
    sender: str = "",
    contact: str = "",
    name: str = DEFAULT_NAME,
    agent: str = "Rollcall",
    raw_days: int = 0,
    visit_grace: timedelta = DEFAULT_GRACE,
) -> Flask:
    """The web application on an opened database; everything it needs is handed in.

    `sender` is the address that sign-in mails come from; without one it is made from the host.
    A source whose visit is overdue by more than `visit_grace` is late.
    """
    app = Flask(__name__, static_folder=None)
    url = public_url.rstrip("/")
    secure = url.startswith("https://")
    app.config.update(
        SECRET_KEY=secret,
        # The prefix makes browsers refuse the cookie from another host or an open connection.
        SESSION_COOKIE_NAME="__Host-rollcall" if secure else "rollcall",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=timedelta(days=SESSION_DAYS),
        MAX_CONTENT_LENGTH=LARGEST_FORM,
        # A card may lie open for days: the token holds as long as the session.
        WTF_CSRF_TIME_LIMIT=None,
    )
    attach(
        app,
        Site(
            engine=engine,
            kept=KeptList(engine),
            public_url=url,
            clock=clock,
            secret=secret,
            sender=sender or f"rollcall@{urlsplit(url).hostname or 'localhost'}",
            contact=contact,
            name=name,
            agent=agent,
            raw_days=raw_days,
            visit_grace=visit_grace,
        ),
    )
    _open_rooms(app)
    _add_words(app, name)
    _serve_static(app)
    _add_errors(app)
    app.after_request(pack)
    app.after_request(_add_headers)
    return app


def build_app(settings: config.Settings | None = None, figures: SharedText | None = None) -> Flask:
    """The application as a server starts it; else from the settings in `ROLLCALL_DATA`.

    Processes that serve together share the `figures` for monitoring.
    """
    settings = settings or config.load(None, os.environ)
    # Kept open: a page asks in two transactions.
    engine = open_database(settings.database_url, keep_open=True)
    check_schema(engine)
    with writing(engine) as session:
        secret = users.secret(session, SIGNING_SECRET)
    web = settings.web
    app = create_app(
        engine,
        public_url=web.public_url or f"http://{web.host}:{web.port}",
        clock=read_clock,
        secret=secret,
        sender=settings.report.sender,
        contact=settings.contact,
        agent=settings.user_agent_name,
        raw_days=settings.raw_days if settings.keep_raw else 0,
        visit_grace=timedelta(hours=settings.alerts.visit_grace_hours),
    )
    app.config[ALLOW_PRIVATE] = settings.allow_private
    with app.app_context():
        if figures:
            attach(app, replace(site(), figures=figures))
        site().kept.stay_beside(read_clock())
    return app


def read_clock() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


def _open_rooms(app: Flask) -> None:
    """Every page; a form of any of them needs its token, but for one."""
    protection = CSRFProtect(app)
    # Whoever sends one of these has no account and no cookie: there is nothing to ride on.
    protection.exempt(taking_part.pages)
    protection.exempt(owners.pages)
    # A mail program that stops a subscription has no cookie; the signed address is its right.
    protection.exempt(readers.stop)
    for pages in (
        directory.pages,
        auth.pages,
        review.pages,
        answering.pages,
        account.pages,
        practice.pages,
        record.pages,
        replies.pages,
        runs.pages,
        attest.pages,
        weekly.pages,
        readers.pages,
        data.pages,
        api.pages,
        questions.pages,
        taking_part.pages,
        owners.pages,
        moderation.pages,
        metrics.pages,
    ):
        app.register_blueprint(pages)


def _add_words(app: Flask, name: str) -> None:
    """Gives the templates their words; `presentation` holds them."""
    app.jinja_env.globals.update(locale="en", say=say_here, say_count=say_count_here)
    app.context_processor(lambda: {"site_name": translate(name, page_locale())})
    app.jinja_env.filters.update(
        day=_in_page_locale(dates.format_day),
        short_day=_in_page_locale(dates.format_short_day),
        month=_in_page_locale(dates.format_month),
        count=_in_page_locale(dates.format_count),
        plot=lambda months: Markup(plot_months(months)),  # noqa: S704 - numbers only
        plot_line=lambda line: Markup(plot_counts(line.posts, line.seen_shares)),  # noqa: S704
        status_words=words.status_words,
        seen_words=_in_page_locale(months.seen_words),
        name_lang=facts.name_language,
        listed_line=_in_page_locale(facts.listed_line),
        web_address=web_address,
        day_in=dates.format_day,
        month_in=dates.format_month,
    )
    # A page in another language brings its own; `presentation.card_words` has what they name.
    app.jinja_env.globals.update(
        marks=card_words.PROOF_MARKS,
        answer_words=card_words.ANSWER_WORDS,
        causes=card_words.FLAG_CAUSES,
        status_word=words.STATUS_WORDS,
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True


def _in_page_locale(tell: Callable[..., str]) -> Callable[..., str]:
    """The filter, speaking the language of the page that it stands on."""
    return lambda value: tell(value, page_locale())


def _serve_static(app: Flask) -> None:
    """Serves the static files under names that change with their content, to be kept for ever."""
    front = WhiteNoise(app.wsgi_app, immutable_file_test=lambda *_: True)
    addresses: dict[str, str] = {}
    for path in sorted(STATIC.iterdir()):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()[:10]
        addresses[path.name] = f"/static/{path.stem}.{digest}{path.suffix}"
        front.add_file_to_dictionary(addresses[path.name], str(path))
    app.wsgi_app = LanguagePrefix(front)  # type: ignore[assignment, method-assign]
    app.jinja_env.globals["static_url"] = addresses.__getitem__


def _add_errors(app: Flask) -> None:
    def show(error: HTTPException) -> tuple[str, int]:
        code = error.code or 500
        return _render_error(ERRORS.get(code, FAILURE)), code

    def show_failure(_error: Exception) -> tuple[str, int]:
        return _render_error(FAILURE), 500

    def show_storage(error: StorageFailed) -> tuple[str, int]:
        app.logger.error("the storage failed: %s", error.line)
        return _render_error(FAILURE), 503

    for code in ERRORS:
        app.register_error_handler(code, show)

    def show_lost(error: HTTPException) -> ShownError:
        """A form of somebody whose session ran out comes back to them after the sign-in."""
        if request.blueprint in auth.ROOMS and auth.read_session() is None:
            return auth.ask_to_sign_in()
        return show(error)

    app.register_error_handler(CSRFError, show_lost)
    app.register_error_handler(500, show_failure)
    app.register_error_handler(StorageFailed, show_storage)


def _render_error(told: tuple[str, str]) -> str:
    locale = asked_locale()
    heading, text = (say(part, locale) for part in told)
    return render_in(locale, "error.html", heading=heading, words=text)


def _add_headers(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", CONTENT_POLICY)
    # Not "no-referrer": over https the CSRF check reads the referrer of our own forms.
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["X-Content-Type-Options"] = "nosniff"
    if "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]:
        # For browsers that do not know it; the line for other sites may stand in a frame.
        response.headers["X-Frame-Options"] = "DENY"
    response.headers.setdefault("Cache-Control", "no-store")
    return response
