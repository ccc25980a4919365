"""In which language a page answers: by its address, else by what the browser prefers.

`/fr/c/example` is `/c/example` in French. The prefix goes where a proxy's would, so that every
address that a page makes carries it on, and nothing has to be remembered of the visitor.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode

from flask import g, request

from presentation.i18n import ENGLISH, LOCALES, choose_locale, say, say_count

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PREFIX = "rollcall.locale"
# A parameter of older addresses, which mails carry.
PARAMETER = "lang"


class LanguagePrefix:
    """Takes the language off the front of an address before the application looks at it."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """Answers with the page that the rest of the address names."""
        path = environ.get("PATH_INFO", "")
        first, _, rest = path.removeprefix("/").partition("/")
        told = parse_qs(environ.get("QUERY_STRING", "")).get(PARAMETER, [""])[-1]
        if first in LOCALES:
            environ[PREFIX] = first
            environ["PATH_INFO"] = f"/{rest}"
        elif told in LOCALES:
            environ[PREFIX] = told
        if PREFIX in environ:
            environ["SCRIPT_NAME"] = f"{environ.get('SCRIPT_NAME', '')}/{environ[PREFIX]}"
        return self._app(environ, start)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternate:
    """The page in another language: `path` on this site, `url` from anywhere."""

    code: str
    own_name: str
    path: str
    url: str


def asked_locale() -> str:
    """The language that the request asks for; English where it asks for none of ours."""
    told = request.args.get(PARAMETER)
    if told:
        return choose_locale(told)
    prefixed = request.environ.get(PREFIX)
    if isinstance(prefixed, str):
        return prefixed
    wanted = (choose_locale(tag) if tag[:2].lower() in LOCALES else "" for tag in _preferred())
    return next((locale for locale in wanted if locale), ENGLISH)


def page_locale() -> str:
    """The language of the page that is being made; English where its view chose none."""
    found = g.get("locale", ENGLISH)
    assert isinstance(found, str)
    return found


def set_page_locale(locale: str) -> None:
    """Makes the templates of this request speak that language."""
    g.locale = locale


def say_here(text: str, **values: object) -> str:
    """The text in the language of the page."""
    return say(text, page_locale(), **values)


def say_count_here(one: str, many: str, number: int, **values: object) -> str:
    """The text in the form that fits the number, in the language of the page."""
    return say_count(one, many, number, page_locale(), **values)


def list_alternates(public_url: str) -> tuple[Alternate, ...]:
    """This page in each language."""
    fields = urlencode([(k, v) for k, v in request.args.items(multi=True) if k != PARAMETER])
    rest = request.path + (f"?{fields}" if fields else "")
    return tuple(
        Alternate(code=code, own_name=own, path=f"/{code}{rest}", url=f"{public_url}/{code}{rest}")
        for code, own in LOCALES.items()
    )


def neutral_url(public_url: str) -> str:
    """This page without a language: each visitor's own."""
    return public_url + request.path


def _preferred() -> Iterable[str]:
    ranked = sorted(request.accept_languages, key=lambda pair: -pair[1])
    return (str(tag) for tag, quality in ranked if quality > 0)
