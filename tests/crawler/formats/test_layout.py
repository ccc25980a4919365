"""The fingerprint of how a page is built, whatever is written on it."""

from __future__ import annotations

import pytest

from crawler.formats.layout import fingerprint

ROW = "<tr class='row-{n}'><td>{text}</td><td><a href='/{n}'>{text}</a></td></tr>"
PAGE = "<html><body><h1>{title}</h1><table class='archive list'>{rows}</table></body></html>"
FEED = "<rss version='2.0'><channel><title>{title}</title>{items}</channel></rss>"
ITEM = "<item><guid>{n}</guid><title>{text}</title><description>{text}</description></item>"


def page(rows: int, text: str = "March") -> bytes:
    table = "".join(ROW.format(n=n, text=text) for n in range(rows))
    return PAGE.format(title=text, rows=table).encode()


def feed(items: int, text: str = "Nets") -> bytes:
    listed = "".join(ITEM.format(n=n, text=text) for n in range(items))
    return FEED.format(title=text, items=listed).encode()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(page(3), page(40, "April"), id="more rows, other text"),
        pytest.param(page(3), page(3).replace(b"archive list", b"list archive"), id="class order"),
        pytest.param(page(3), page(3).replace(b"</table>", b"</table>\n\n"), id="white space"),
        pytest.param(feed(3), feed(9, "Water"), id="more items"),
        pytest.param(b'{"days":[{"n":1}]}', b'{"days":[{"n":2,"m":1},{}]}', id="new inner name"),
    ],
)
def test_content_does_not_change_it(before, after):
    assert fingerprint(before) == fingerprint(after) != ""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(page(3), page(3).replace(b"table", b"div"), id="other elements"),
        pytest.param(page(3), page(3).replace(b"archive list", b"posts"), id="other classes"),
        pytest.param(page(3), page(0), id="no rows at all"),
        pytest.param(feed(3), feed(0), id="a feed without items"),
        pytest.param(feed(3), page(3), id="a page instead of a feed"),
        pytest.param(b'{"days":[]}', b'{"error":"no"}', id="other outer names"),
    ],
)
def test_another_design_changes_it(before, after):
    assert fingerprint(before) != fingerprint(after)


@pytest.mark.parametrize("body", [b"", b"   ", b"just words", b"{broken", b"[1]", b"\x00\x01"])
def test_what_has_no_design_has_no_fingerprint(body):
    assert fingerprint(body) == ""


def test_what_a_writer_puts_into_an_item_is_not_the_design():
    plain = b"<feed><entry><content><div>Hello</div></content></entry></feed>"
    rich = b"<feed><entry><content><div><p>He<b>ll</b>o</p></div></content></entry></feed>"
    assert fingerprint(plain) == fingerprint(rich)


def test_a_very_deep_page_does_not_break_it():
    deep = b"<html><body>" + b"<div>" * 5_000 + b"</div>" * 5_000
    assert fingerprint(deep)
