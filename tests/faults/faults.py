"""Everything that can go wrong, as values: what is done to an archive, and what it is called."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from demo.walls import bot_check, private_pipermail, redesigned
from domain.records import Platform
from tests.faults.archives import PATHS
from tests.faults.certificates import Certificate
from tests.faults.server import (
    ROBOTS,
    Asked,
    Fault,
    Reply,
    Rule,
    Sending,
    build_reply,
    everything_but_robots,
)

FEED, PIPERMAIL, HYPERKITTY = Platform.FEED, Platform.PIPERMAIL, Platform.HYPERKITTY
# Another host, to which some faults lead: `/parked` and `/other` are pages there.
ELSEWHERE = "127.79.255.1"
# What an external entity would read, if anybody did.
BAIT = "/bait"
HTML = {"Content-Type": "text/html; charset=utf-8"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One fault: its name, what it does to which requests, and where it does not apply.

    `certificate` is what a TLS host shows from then on. `vanish` says that the archive itself
    changed: which of its messages it still has, given those that were known at the last look.
    """

    name: str
    fault: Fault | None = None
    rule: Rule = everything_but_robots
    certificate: Certificate | None = None
    vanish: str = ""
    does_not_apply: Mapping[Platform, str] = field(default_factory=dict)


def page(title: str, text: str, status: int = 200) -> Reply:
    body = f"<!DOCTYPE html><html><head><title>{title}</title></head><body>{text}</body></html>"
    return Reply(status=status, headers=HTML, body=body.encode())


def always(reply: Reply) -> Fault:
    return lambda asked, own: reply


def status(code: int, **headers: str) -> Fault:
    return always(page(str(code), f"<h1>{code}</h1>", code).with_headers(**headers))


def wait_until_a_date(asked: Asked, own: Reply) -> Reply:
    later = datetime.now(UTC) + timedelta(hours=3)
    return status(429, Retry_After=format_datetime(later, usegmt=True))(asked, own)


def sent(how: Sending) -> Fault:
    return lambda asked, own: replace(own, sending=how)


def lead_to(where: Callable[[Asked], str], code: int = 302) -> Fault:
    """A redirect; the page that it leads to is left alone."""

    def fault(asked: Asked, own: Reply) -> Reply:
        return page("Found", "<p>Elsewhere.</p>", code).with_headers(Location=where(asked))

    return fault


def below_the_archive(asked: Asked) -> bool:
    """Everything that belongs to an archive, and not the host's other pages."""
    return asked.path.startswith(("/pipermail/", "/archives/", PATHS[FEED]))


def entry_page(asked: Asked) -> bool:
    """What a visit asks for first."""
    return asked.path.removesuffix("recent-activity") in PATHS.values()


def with_body(own: Reply, body: bytes, **headers: str) -> Reply:
    """The reply with another body, and so without its validators."""
    kept = {k: v for k, v in own.headers.items() if k not in ("ETag", "Last-Modified")}
    return replace(own, body=body, headers=kept).with_headers(**headers)


def flap(asked: Asked, own: Reply) -> Reply:
    """Every second request fails, each time in another way."""
    if asked.times % 2 == 0:
        return own
    return page("Oops", "<h1>Oops</h1>", (500, 502, 503)[asked.times // 2 % 3])


def cut_gzip(asked: Asked, own: Reply) -> Reply:
    """A gzip stream that ends too early, under a length that agrees with it."""
    if own.status != 200:
        return own
    packed = gzip.compress(own.body)
    return with_body(own, packed[: len(packed) * 2 // 3], Content_Encoding="gzip")


def cut_file(asked: Asked, own: Reply) -> Reply:
    """A packed file that ends too early."""
    packed = own.status == 200 and own.body.startswith(b"\x1f\x8b")
    return with_body(own, own.body[: len(own.body) // 2]) if packed else own


def end_quietly(asked: Asked, own: Reply) -> Reply:
    """Half of what is no month file, under a length that agrees with it."""
    if own.status != 200 or month_files(asked):
        return own
    return with_body(own, own.body[: len(own.body) // 2])


def bomb(asked: Asked, own: Reply) -> Reply:
    return with_body(own, gzip.compress(b"\0" * (32 << 20)), Content_Encoding="gzip")


def packed_bomb(asked: Asked, own: Reply) -> Reply:
    return with_body(own, gzip.compress(b"\0" * (128 << 20), 1))


def wrong_charset(asked: Asked, own: Reply) -> Reply:
    body = re.sub(rb'encoding="utf-8"', b'encoding="x-nobody-knows"', own.body)
    kind = own.headers.get("Content-Type", "text/html").split(";")[0]
    return with_body(own, body, Content_Type=f"{kind}; charset=x-nobody-knows")


def late_by(days: float) -> Fault:
    """The server's clock is wrong by so much: in all that it says of the time."""

    def fault(asked: Asked, own: Reply) -> Reply:
        wrong = format_datetime(datetime.now(UTC) + timedelta(days=days), usegmt=True)
        if "ETag" not in own.headers:
            return own.with_headers(Date=wrong)
        return own.with_headers(Date=wrong, Last_Modified=wrong)

    return fault


def in_the_future(asked: Asked, own: Reply) -> Reply:
    """Every date in feeds and mails is that of a year that has not come."""
    year = str(datetime.now(UTC).year + 3).encode()
    packed = own.body.startswith(b"\x1f\x8b")
    body = gzip.decompress(own.body) if packed else own.body
    body = re.sub(rb"(<published>|<updated>)\d{4}", rb"\g<1>" + year, body)
    body = re.sub(rb"(?m)^(Date: \w+, \d\d \w+ )\d{4}", rb"\g<1>" + year, body)
    return with_body(own, gzip.compress(body) if packed else body)


def with_entities(declared: bytes) -> Fault:
    def fault(asked: Asked, own: Reply) -> Reply:
        bait = f"{asked.base}{BAIT}".encode()
        kind = b"<!DOCTYPE feed [" + declared.replace(b"BAIT", bait) + b"]>\n<feed"
        body = own.body.replace(b"<feed", kind, 1)
        return with_body(own, re.sub(rb"<title>[^<]*", b"<title>&x;", body))

    return fault


LAUGHS = b'<!ENTITY a "' + b"ha" * 50 + b'">'
LAUGHS += (
    b"".join(b'<!ENTITY %c "%b">' % (98 + n, b"&%c;" % (97 + n) * 30) for n in range(8))
    + b'<!ENTITY x "&i;">'
)


def notice(asked: Asked, own: Reply) -> Reply:
    """The archive's page under a notice; whatever is no page is one now."""
    words = (
        '<p><strong>This list has moved to <a href="http://forum.example.net/c/clinic-talk">'
        "its new home</a>.</strong></p>"
    )
    if b"<BODY" not in own.body:
        return page("Moved", words)
    return with_body(own, re.sub(rb"(<BODY[^>]*>)", rb"\1" + words.encode(), own.body, count=1))


def members_only(code: int) -> Fault:
    wall = build_reply(private_pipermail("clinic-talk"))
    private = page(
        "Private list",
        "<h1>Private list</h1><p>This mailing list is private. You must be subscribed to view the "
        "archives.</p><footer>Powered by HyperKitty version 1.3.12.</footer>",
        403,
    )

    def fault(asked: Asked, own: Reply) -> Reply:
        if code == 403 and asked.path.startswith("/archives/"):
            return private
        return replace(wall, status=code)

    return fault


def robots(reply: Reply) -> dict[str, object]:
    return {"fault": always(reply), "rule": lambda asked: asked.path == ROBOTS}


def plain(text: bytes, code: int = 200) -> Reply:
    return Reply(status=code, headers={"Content-Type": "text/plain"}, body=text)


def month_files(asked: Asked) -> bool:
    """The month before last, in every form that an archive has it in."""
    if "/pipermail/" in asked.path:
        return asked.path.endswith((".txt", ".txt.gz"))
    return "/export/" in asked.path


def one_month_and_its_threads(asked: Asked) -> bool:
    last = datetime.now(UTC).replace(day=1) - timedelta(days=1)
    return f"/{last:%Y-%B}" in asked.path


NO_XML = "nothing that it reads is XML"
NO_MONTHS = "a feed has no files of months"
NO_PAGE = "its visit asks for no page that people read; the notice comes instead of its data"
ONE_ANSWER = "a feed is one answer: it is in it, or it is a fault above"

TROUBLES: tuple[Trouble, ...] = (
    Trouble(name="403", fault=status(403)),
    Trouble(name="404", fault=status(404)),
    Trouble(name="410", fault=status(410)),
    Trouble(name="429, Retry-After in seconds", fault=status(429, Retry_After="7200")),
    Trouble(
        name="429, Retry-After as a date",
        fault=wait_until_a_date,
    ),
    Trouble(name="503 with Retry-After", fault=status(503, Retry_After="7200")),
    Trouble(name="500 always", fault=status(500)),
    Trouble(name="500, 502, 503 every other time", fault=flap),
    Trouble(name="never answers", fault=sent(Sending.NEVER)),
    Trouble(name="slow drip", fault=sent(Sending.DRIP)),
    Trouble(name="connection reset at once", fault=sent(Sending.RESET_AT_ONCE)),
    Trouble(name="connection reset in the middle", fault=sent(Sending.RESET)),
    Trouble(name="cut in the middle of the body", fault=sent(Sending.CUT)),
    Trouble(name="cut in the middle of a gzip stream", fault=cut_gzip),
    Trouble(name="page that ends in the middle", fault=end_quietly),
    Trouble(
        name="cut packed file",
        fault=cut_file,
        rule=month_files,
        does_not_apply={FEED: NO_MONTHS},
    ),
    Trouble(name="wrong charset", fault=wrong_charset),
    Trouble(name="gzip bomb", fault=bomb),
    Trouble(
        name="packed file that is a bomb",
        fault=packed_bomb,
        rule=month_files,
        does_not_apply={FEED: NO_MONTHS},
    ),
    Trouble(name="redirect loop", fault=lead_to(lambda asked: f"{asked.base}{asked.path}?again")),
    Trouble(
        name="redirect to a login",
        fault=lead_to(lambda asked: f"{asked.base}/login"),
        rule=below_the_archive,
    ),
    Trouble(
        name="redirect to the home page",
        fault=lead_to(lambda asked: f"{asked.base}/"),
        rule=below_the_archive,
    ),
    Trouble(
        name="redirect to another domain",
        fault=lead_to(lambda asked: f"http://{ELSEWHERE}:{asked.port}/other", 301),
    ),
    Trouble(
        name="redirect to a parked page",
        fault=lead_to(lambda asked: f"http://{ELSEWHERE}:{asked.port}/parked"),
    ),
    Trouble(name="bot challenge with 200", fault=always(build_reply(bot_check()))),
    Trouble(
        name="bot challenge with 403",
        fault=always(replace(build_reply(bot_check()), status=403)),
    ),
    Trouble(
        name="soft 404 with 200",
        fault=always(page("Page not found", "<h1>Sorry</h1><p>We cannot find this page.</p>")),
    ),
    Trouble(name="empty 200", fault=always(Reply(headers=HTML))),
    Trouble(name="empty archive", vanish="all"),
    Trouble(
        name="feed cut to its last 10",
        vanish="all but ten",
        does_not_apply={PIPERMAIL: "its archive is no feed", HYPERKITTY: "its feed is not read"},
    ),
    Trouble(name="dates in the future", fault=in_the_future),
    Trouble(name="server's clock 400 days ahead", fault=late_by(400)),
    Trouble(name="server's clock 3 days behind", fault=late_by(-3)),
    Trouble(
        name="redesigned page",
        fault=always(build_reply(redesigned("Clinic talk"))),
        rule=entry_page,
    ),
    Trouble(name="robots.txt disallows", **robots(plain(b"User-agent: *\nDisallow: /\n"))),
    Trouble(name="robots.txt answers 500", **robots(plain(b"", 500))),
    Trouble(name="robots.txt of 400 KiB", **robots(plain(b"Disallow: /no\n" * 30_000))),
    Trouble(name="robots.txt larger than we read", **robots(plain(b"# no\n" * 400_000))),
    Trouble(name="robots.txt is a web page", **robots(page("Welcome", "<h1>Welcome</h1>"))),
    Trouble(name="robots.txt never answers", **robots(Reply(sending=Sending.NEVER))),
    Trouble(name="TLS certificate expired", certificate=Certificate.EXPIRED),
    Trouble(name="TLS certificate self-signed", certificate=Certificate.SELF_SIGNED),
    Trouble(name="TLS certificate of another host", certificate=Certificate.WRONG_HOST),
    Trouble(
        name="XML entity expansion",
        fault=with_entities(LAUGHS),
        does_not_apply={PIPERMAIL: NO_XML, HYPERKITTY: NO_XML},
    ),
    Trouble(
        name="XML external entities",
        fault=with_entities(b'<!ENTITY x SYSTEM "BAIT">'),
        does_not_apply={PIPERMAIL: NO_XML, HYPERKITTY: NO_XML},
    ),
    Trouble(name="notice: this list has moved", fault=notice),
    Trouble(name="members only, with 200", fault=members_only(200)),
    Trouble(name="members only, with 403", fault=members_only(403)),
    Trouble(
        name="month file missing",
        fault=status(404),
        rule=one_month_and_its_threads,
        does_not_apply={FEED: NO_MONTHS, HYPERKITTY: "it has no files of months"},
    ),
    Trouble(
        name="month files refused",
        fault=status(404),
        rule=month_files,
        does_not_apply={FEED: NO_MONTHS},
    ),
    Trouble(
        name="HTML instead of mbox",
        fault=always(page("Archive", "<h1>Archive</h1><p>Please wait.</p>")),
        rule=month_files,
        does_not_apply={FEED: NO_MONTHS},
    ),
    Trouble(name="older posts vanished", vanish="old"),
    Trouble(name="restored from an old backup", vanish="new"),
)

# What the faults are told from: talk that is seen, and silence that is one.
HEALTHY = Trouble(name="nothing is wrong")
SILENT = Trouble(name="nobody wrote", vanish="lately")
CONTROLS = (HEALTHY, SILENT)
# A new request to these hosts may come while they still deal with one that we gave up.
HANGING = frozenset({"never answers", "slow drip", "robots.txt never answers"})
# What they do they do to the whole host, also to another source there.
WHOLE_HOST = ("robots.txt", "TLS")
