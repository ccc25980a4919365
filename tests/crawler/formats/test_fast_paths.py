"""Every fast path gives what the slow path beside it gives, whatever stands in the text."""

from datetime import UTC, datetime

from hypothesis import example, given
from hypothesis import strategies as st

from crawler.formats import dates, feed_items, mbox, people
from crawler.formats.addresses import urljoin
from crawler.formats.date_forms import INTERNET, ORDINARY, SEPARATOR

LOCAL = st.text("amina.+-_'…é0", min_size=1, max_size=8)
DOMAIN = st.lists(st.text("examplé-1", min_size=1, max_size=5), min_size=1, max_size=3).map(
    ".".join
)
NAMES = st.text("Jo víaVIA.,()<>@=?\\\"'\n\t\0 éi\u0301", max_size=14) | st.sampled_from(
    ("Jo via List", "Jo v\\ia List", "Jo Di\u0301az vi\u0301a List", "=?utf-8?q?Jo_via_List?=")
)


@st.composite
def from_lines(draw):
    local, domain, name = draw(LOCAL), draw(DOMAIN), draw(NAMES)
    form = draw(st.sampled_from(("{n}<{l}@{d}>", "{n} <{l}@{d}>", "{l} at {d} ({n})", "{l}@{d}")))
    return form.format(n=name, l=local, d=domain) + draw(st.sampled_from(("", " ", "\n", ">", ")")))


@given(raw=from_lines())
@example(raw="Jo via List <list@example.org>")
@example(raw="amina at example.org (Amina Diallo)")
@example(raw="bogus at does.not.exist.com (nobody)")
@example(raw=f"{'x' * 199}<{'a' * 900}@example.org>")
def test_an_ordinary_from_line_names_the_same_writer(raw):
    assert people._read_ordinary(raw) in (None, people._read_any(raw))


@given(name=st.text("Jo Diaz", max_size=9), local=st.text("amin.", min_size=1, max_size=6))
def test_what_most_from_lines_are_is_read_the_fast_way(name, local):
    raw = f"{name} <{local}@example.org>"
    known = people._read_ordinary(raw)
    assert known == (None if ".." in raw else f"{local}@example.org")


DAY = st.integers(0, 39).map(lambda day: f"{day:2}")
CLOCK = st.tuples(st.integers(0, 25), st.integers(0, 61), st.integers(0, 61)).map(
    lambda clock: ":".join(f"{part:02}" for part in clock)
)
MONTH = st.sampled_from(("Jan", "Feb", "Jun", "Dec", "dez", "abr", "Xyz"))
YEAR = st.sampled_from(("0001", "1899", "1900", "1970", "2000", "2024", "2025", "9999"))
OFFSET = st.sampled_from(("+0000", "-0000", "+0130", "-1400", "+1401", "+0060", "-0930", "GMT"))


@given(day=DAY, month=MONTH, year=YEAR, clock=CLOCK, offset=OFFSET)
def test_an_ordinary_date_is_the_same_instant_by_the_general_form(day, month, year, clock, offset):
    text = f"Mon, {day} {month} {year} {clock} {offset}"
    assert ORDINARY.fullmatch(text)
    assert dates.read_date(text) == dates._read_any(text, None, None)


@given(day=DAY, month=MONTH, year=YEAR, clock=CLOCK)
def test_the_date_of_a_separator_is_the_same_instant_by_the_general_form(day, month, year, clock):
    text = f"Mon {month} {day} {clock} {year}"
    assert SEPARATOR.fullmatch(text)
    assert dates.read_date(text, zone=UTC) == dates._read_any(text, UTC, None)


@given(
    month=st.integers(0, 13),
    day=st.integers(0, 32),
    year=YEAR,
    clock=CLOCK,
    offset=st.sampled_from(("Z", "+00:00", "-05:30", "+14:00", "+14:01", "-00:60")),
    part=st.sampled_from(("", ".5", ".123456", ".123456789")),
)
def test_an_internet_date_is_the_same_instant_by_the_general_form(**parts):
    text = "{year}-{month:02}-{day:02}T{clock}{part}{offset}".format(**parts)
    assert INTERNET.fullmatch(text)
    assert dates.read_date(text) == dates._read_any(text, None, None)


WORDS = st.lists(
    st.sampled_from(
        (
            "amina",
            "at",
            "example.org",
            "abc",
            "12",
            "Mar",
            "Mon",
            "2025",
            "12:00:20",
            "14",
            ">",
            "é",
        )
    ),
    max_size=6,
).map(" ".join)


@given(
    sender=WORDS,
    gap=st.sampled_from((" ", "  ", "\t")),
    date=st.sampled_from(("Fri Mar 14 12:00:20 2025", "Fri Mar  4 12:00:20 2025", "14 Mar 2025")),
    end=st.sampled_from(("\n", "\r\n", " \n", "")),
    after=st.sampled_from(("Date: x", "Date : x", "no header", "", ": x")),
)
def test_an_ordinary_separator_has_the_same_date_by_the_general_form(sender, gap, date, end, after):
    text = f"\nFrom {sender}{gap}{date}{end}{after}".encode()
    fast = mbox._ORDINARY_SEPARATOR.match(text, 1)
    slow = mbox._SEPARATOR.match(text, 1)
    found = mbox.match_separator(text, 1)
    assert (found and (found[1], found.end())) == (slow and (slow[1], slow.end()))
    if fast:
        assert (fast[1], fast.end()) == (slow[1], slow.end())


def test_the_hour_of_utc_is_not_shifted():
    moment = dates.read_date("Fri, 14 Mar 2025 12:00:00 +0000")
    assert moment == datetime(2025, 3, 14, 12, tzinfo=UTC)


@given(
    base=st.sampled_from(("", "https://example.org/a/feed.xml", "http://other.example.org")),
    scheme=st.sampled_from(("https:", "http:", "HTTP:", "", "mailto:")),
    rest=st.text("/example.org:80?#;=&%~.. é", max_size=16).map(lambda rest: f"//e{rest}"),
)
@example(base="https://example.org/", scheme="https:", rest="//example.org/a/../b/?p=1&q=2")
@example(base="https://example.org/", scheme="https:", rest="//example.org/?")
def test_a_whole_address_is_joined_as_the_library_joins_it(base, scheme, rest):
    link = scheme + rest
    if feed_items._WHOLE.fullmatch(link):
        assert feed_items.join_link(base, link) == urljoin(base, link)


def test_what_most_links_are_needs_no_joining():
    assert feed_items._WHOLE.fullmatch("https://blog.example.org/2026/11/nets-and-rains/?p=12")
