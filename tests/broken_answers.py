"""Ways to break an answer of any platform, for visits on a table of pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import SimpleNamespace

from tests.table_web import answer

Break = Callable[[SimpleNamespace], SimpleNamespace]
HTML = {"content_type": "text/html; charset=utf-8"}
LOGIN = (
    "<html><head><title>Log in</title></head><body><h1>Log in</h1><form method='post' "
    "action='/login'><input name='username'><input type='password' name='password'>"
    "<button>Log in</button></form></body></html>"
)
CHALLENGE = (
    "<html><head><title>Just a moment...</title></head><body><div id='cf-challenge-running'>"
    "</div><script src='/cdn-cgi/challenge-platform/h/b/orchestrate/jsch/v1'></script>"
    "Checking your browser before accessing the site.</body></html>"
)
LOST = (
    "<html><head><title>Page not found</title></head><body><h1>Page not found</h1>"
    "<p>Sorry, there is nothing here.</p></body></html>"
)
HOME = (
    "<html><head><title>Our town</title></head><body><h1>Welcome</h1><p>All about our town, its "
    "market and its boats.</p><a href='/contact'>Contact</a></body></html>"
)
PARKED = "<html><head><title>example.net</title></head><body>This domain is for sale!</body></html>"


def page(text: str, status: int = 200) -> Break:
    return lambda own: answer(text, status, **HTML)


def body(change: Callable[[bytes], bytes], *, cut: bool = False) -> Break:
    def broken(own: SimpleNamespace) -> SimpleNamespace:
        headers = {name: value for name, value in own.headers.items() if name != "etag"}
        return SimpleNamespace(body=change(own.body), status=own.status, headers=headers, cut=cut)

    return broken


def rename(text: bytes) -> bytes:
    """The same facts under other names, as a new design has them."""
    if text.lstrip()[:1] in (b"{", b"["):
        return re.sub(rb'"(\w+)":', rb'"new_\1":', text)
    text = re.sub(rb"<(/?)(item|entry|article|li|tr|dt|table|time)\b", rb"<\1new-\2", text)
    text = re.sub(rb"<!--.*?-->", b"", text, flags=re.DOTALL)
    return re.sub(rb"\s(class|id|name|data-[\w-]+|datetime)=(\"[^\"]*\"|'[^']*')", b"", text)


def lose_dates(text: bytes) -> bytes:
    """No date that anybody could read is left."""
    text = re.sub(rb"\b(19|20)\d\d\b", b"year", text)
    return re.sub(rb"\b1[5-9]\d{8}(\d{3}|\d{9})?\b", b"0", text)


def far_future(text: bytes) -> bytes:
    return re.sub(rb"\b20[0-3]\d(?=[-/ ,])", b"2099", text)


STATUSES = (401, 403, 404, 410, 429, 500, 502, 503)
BREAKS: Mapping[str, Break] = {
    **{str(status): page(f"<h1>{status}</h1>", status) for status in STATUSES},
    "empty 200": body(lambda text: b""),
    "login with 200": page(LOGIN),
    "challenge with 200": page(CHALLENGE),
    "soft 404": page(LOST),
    "another page": page(HOME),
    "parked": page(PARKED),
    "empty object": body(lambda text: b"{}"),
    "empty list": body(lambda text: b"[]"),
    "null": body(lambda text: b"null"),
    "plain words": body(lambda text: b"Service temporarily down, please come again."),
    "half": body(lambda text: text[: len(text) // 2]),
    "nearly all": body(lambda text: text[: len(text) * 9 // 10]),
    "cut off": body(lambda text: text[: len(text) // 2], cut=True),
    "redesigned": body(rename),
    "dates lost": body(lose_dates),
    "dates in the future": body(far_future),
    "noise": body(lambda text: bytes((7 * n) % 256 for n in range(2_000))),
    "an error in JSON": body(lambda text: b'{"errors": ["no"], "error_type": "not_found"}'),
}
