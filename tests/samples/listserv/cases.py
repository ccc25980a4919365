"""How the samples of listserv are read, and what is taken for it; an archive of weeks and months."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from html import escape

from crawler.feeds import show_feed
from crawler.formats.listserv import Address, mask, read_home, read_key, read_messages, read_period
from crawler.formats.parts import Part
from tests.samples.shown import Archive, Cases, Sample, show_posts
from tests.samples.small_talk import Said, small_talk
from tests.table_web import answer

HOST = "https://lists.example.org"
PROGRAM = f"{HOST}/cgi-bin/wa"
LIST = "CHILD-HEALTH"
HOME = f"{PROGRAM}?A0={LIST}"
ADDRESS = Address(program=PROGRAM, name=LIST)


def key_of(said: Said, period: str) -> str:
    return f"{0xAB10 + said.number:08x}.{period.removeprefix('ind')}"


def month_of(said: Said) -> str:
    return f"ind{said.at:%y%m}"


def week_of(said: Said) -> str:
    return f"ind{said.at:%y%m}{'ABCDE'[min((said.at.day - 1) // 7, 4)]}"


def subject_of(said: Said) -> str:
    return f"Re: {said.subject}" if said.is_answer else said.subject


def date_of(said: Said) -> str:
    return f"{said.at:%a, %d %b %Y %H:%M:%S} +0000"


def write_page(title: str, content: str, *, version: str = "17.0") -> str:
    """A page of the web program: its head, the links that stand on each, and its foot."""
    return (
        '<!DOCTYPE html>\n<html lang="en-US">\n<head>\n'
        f"<title>LISTSERV {version} - {title}</title>\n</head>\n<body>\n"
        f'<div id="toolbar"><a href="/cgi-bin/wa?LOGON=A0%3D{LIST}">Log In</a>\n'
        f'<a href="/cgi-bin/wa?INDEX">LISTSERV Archives</a>\n'
        f'<a href="/cgi-bin/wa?A0={LIST}">{LIST} Home</a>\n'
        f'<a href="/cgi-bin/wa?SUBED1={LIST}&amp;A=1">Subscribe or Unsubscribe</a>\n'
        f'<a href="/cgi-bin/wa?RSS&amp;L={LIST}">RSS</a></div>\n'
        f"{content}\n</body>\n</html>\n"
    )


def write_home(periods: Sequence[str]) -> str:
    """The home page of a list: its periods, the newest first."""
    rows = "\n".join(
        f'<li><a href="/cgi-bin/wa?A1={name}&amp;L={LIST}">{name}</a></li>' for name in periods
    )
    return write_page(f"{LIST} Home", f"<h2>{LIST}</h2>\n<ul>\n{rows}\n</ul>" if rows else "")


def write_period(said: Sequence[Said], period: str) -> str:
    """The index of a period as version 17 has it."""
    rows = "".join(
        '<tr>\n<td class="normalgroup row-l" scope="row"><div class="archive forcewrap"> '
        f"<span onmouseover=\"showDesc('Water [...]','{escape(one.subject)}')\">"
        f'<a href="/cgi-bin/wa?A2={LIST};{key_of(one, period)}&amp;S=">{subject_of(one)}</a>'
        '</span></div></td>\n<td class="normalgroup row-l"><div class="archive forcewrap">'
        f"{one.writer} &lt;[log in to unmask]&gt;</div></td>\n"
        '<td class="normalgroup nowrap row-l"><div class="archive forcewrap">'
        f"{date_of(one)}</div></td>\n</tr>\n"
        for one in said
    )
    table = (
        f'<table class="width-100 nopadding border" id="{LIST}-a1-table">\n<thead><tr>'
        f"<th>Subject</th><th>From</th><th>Date</th></tr></thead>\n<tbody>{rows}</tbody></table>"
    )
    return write_page(f"{LIST} Archives - {period}", table)


def write_old_period(said: Sequence[Said], period: str) -> str:
    """The index of a period as version 16.5 has it: in threads, with positions and sizes."""
    rows = ""
    for one in said:
        if not one.is_answer:
            rows += (
                '<tr><td colspan="4" class="headergroup" scope="row"><table cellpadding="0"><tr>'
                '<td><img src="/archives/images/b-thread.png" alt="New Thread"></td>'
                f'<td><a name="{one.number}"></a><a href="#{one.number}">{one.subject}</a></td>'
                "</tr></table></td></tr>\n"
            )
        link = f"{PROGRAM}?A2={period}&amp;L={LIST}&amp;P={1000 * one.number}"
        rows += (
            '<tr class="normalgroup"><td scope="row"><p class="archive">'
            '<img src="/archives/images/b-blank.gif" alt="">'
            f'<span onmouseover="showDesc(\'Water\')"><a href="{link}">{subject_of(one)}</a>'
            f'</span></p></td><td nowrap><p class="archive">{one.writer}</p></td>'
            f'<td nowrap><p class="archive">{date_of(one)}</p></td>'
            '<td align="right" nowrap><p class="archive">42 lines</p></td></tr>\n'
        )
    sort = (
        f'<a href="/cgi-bin/wa?A1={period}&amp;L={LIST}&amp;O=D&amp;H=0&amp;D=0&amp;T=1">Date</a>'
    )
    table = f'<p>{sort}</p>\n<table border="0" class="tableframe"><tbody>{rows}</tbody></table>'
    return write_page(f"{LIST} Archives - {period}", table, version="16.5")


def write_feed(said: Sequence[Said], period_of=month_of) -> str:
    """The newest of these as RSS, the newest first."""
    items = "".join(
        f"<item>\n<title>{subject_of(one)}</title>\n"
        f"<link>{PROGRAM}?A2={LIST};{key_of(one, period_of(one))}</link>\n"
        "<description>Water [...]</description>\n"
        f"<guid>{PROGRAM}?A2={LIST};{key_of(one, period_of(one))}</guid>\n"
        f"<author>{one.writer} &lt;[log in to unmask]&gt;</author>\n"
        f"<pubDate>{date_of(one)}</pubDate>\n</item>\n"
        for one in sorted(said, key=lambda one: one.at, reverse=True)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0">\n<channel>\n'
        f"<title>{LIST}</title>\n<link>{HOME}</link>\n<description>{LIST}</description>\n"
        f"<lastBuildDate>4 Mar 2026 12:00:00 GMT</lastBuildDate>\n{items}</channel>\n</rss>\n"
    )


def archive(now: datetime) -> Archive:
    """Eleven weeks of a list that is filed by month, and since lately by week."""
    said = small_talk(now, count=16, gap=timedelta(days=5), answers=3)
    weekly = now.replace(day=1) - timedelta(days=1)
    periods: dict[str, list[Said]] = {}
    for one in said:
        name = week_of(one) if one.at >= weekly.replace(day=1) else month_of(one)
        periods.setdefault(name, []).append(one)
    name_of = {one.number: name for name, some in periods.items() for one in some}
    feed = write_feed(said[-10:], lambda one: name_of[one.number])
    pages = {ADDRESS.feed_url(10): answer(feed), HOME: answer(write_home([*reversed(periods)]))}
    pages |= {
        ADDRESS.period_url(name): answer(write_period(some, name)) for name, some in periods.items()
    }
    return Archive(url=HOME, pages=pages, posts=16, first_at=said[0].at, last_at=said[-1].at)


def show_home(sample: Sample) -> dict:
    listing = read_home(sample.body, url=sample.url, address=ADDRESS, fetched_at=sample.fetched_at)
    rows = [
        {
            "name": part.name,
            "url": part.url,
            "start": part.window.start.isoformat() if part.window else None,
            "end": part.window.end.isoformat() if part.window else None,
        }
        for part in listing.parts
    ]
    facts = {
        "periods": len(rows),
        "oldest": rows[0]["name"] if rows else None,
        "newest": rows[-1]["name"] if rows else None,
        "unknown": list(listing.unknown),
        "moved_to": listing.end.new_url if listing.end else None,
    }
    return {"facts": facts, "read": rows}


def show_period(sample: Sample) -> dict:
    name = sample.meta["period"]
    posts = read_messages(
        sample.body,
        url=sample.url,
        address=ADDRESS,
        part=Part(name=name, url=sample.url, window=read_period(name)),
        fetched_at=sample.fetched_at,
    )
    return show_posts(posts)


def show_newest(sample: Sample) -> dict:
    shown = show_feed(sample.answer)
    keys = [read_key(post.url or "", ADDRESS) for post in shown.posts]
    facts = {"posts": len(keys), "distinct": len(set(keys)), "says_empty": shown.says_empty}
    return {
        "facts": facts,
        "read": [[k, mask(p.author or "")] for k, p in zip(keys, shown.posts, strict=True)],
    }


CASES = Cases(
    readers={"home": show_home, "period": show_period, "feed": show_newest},
    matches=[
        (HOME, "listserv/normal/home.html"),
        (
            f"{PROGRAM}?A1=ind2602B&L=child-health&X=0AB1C2&Y=amina%40example.org",
            "listserv/normal/week.html",
        ),
        (f"{PROGRAM}?A1=ind2601&L={LIST}", "listserv/older/month.html"),
        (f"{HOST}/archives/child-health.html", "listserv/normal/home.html"),
        (f"{PROGRAM}?A0={LIST}#top", "listserv/must_fail/private.html"),
    ],
    no_matches=[
        (f"{HOST}/pipermail/child-health/", "pipermail/normal/index.html"),
        (HOME, "feed/must_fail/login.html"),
        (f"{PROGRAM}?INDEX", "listserv/other_platform/index.html"),
        (f"{PROGRAM}?RSS&L={LIST}&v=2.0", "listserv/normal/newest.xml"),
    ],
    canonical={
        f"{PROGRAM}?A1=ind2602B&L=child-health&X=0AB1C2&Y=amina%40example.org": HOME,
        f"{PROGRAM}?A1=ind2601&L={LIST}": HOME,
        f"{HOST}/archives/child-health.html": HOME,
        f"{PROGRAM}?A0={LIST}#top": HOME,
    },
    archive=archive,
)
