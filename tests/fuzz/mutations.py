"""Answers as they come from broken, hostile or merely odd servers, made from good ones."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from hypothesis import strategies as st

MOST_BYTES = 1 << 16
# How often a change adds instead of replacing, and how often the end is cut off.
KEEPS, CUTS = 0.3, 0.1
# What breaks readers: ends of ranges, other alphabets, half a sign, deep nesting, markup in names.
TOKENS = (
    b"\0", b"\r", b"\n\n", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xc3", b"\x1b[2J",
    b"-1", b"0", b"00", b"1e309", b"NaN", b"9" * 25, b"2147483648", b"99999999999999",
    b"null", b"[]", b"{}", b'""', b"true", b"</div>" * 9, b"<!--", b"<![CDATA[",
    b"&#x110000;", b"&#0;", b"&lol;",
    b"<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>", b"<script>alert(1)</script>",
    b"http://[", b"http://a:b", b"//", b"javascript:alert(1)", b"../" * 20, b"?", b"#",
    b"29 Feb 2023", b"31 Dec 9999 23:59:60 -9999", b"1 Jan 0001", b"24:00", b"12:00 +99:99",
    b"\nFrom x Thu Jan  1 00:00:00 1970\n", b"=?utf-8?B?", b"?=", b"<@>", b"Message-ID:",
    b"\xd9\xa1\xd9\xa2", b"\xe2\x80\xae", "é".encode("latin-1"),
)  # fmt: skip
# The same for depth and length. They cost most of the time, so a long run takes few of them.
LONG = (b"9" * 5000, b"[" * 3000, b'{"a":' * 3000, b"<b>" * 600, b" " * 3000, b"a" * 9000)
OF_LONG = 0.01


@st.composite
def mutated(draw: st.DrawFn, seeds: Sequence[bytes]) -> bytes:
    """A seed that was cut, doubled or filled with what breaks readers; or no seed at all."""
    if draw(st.integers(0, 15)) == 0:
        return draw(st.binary(max_size=400))
    data = draw(st.sampled_from(list(seeds)))
    for _ in range(draw(st.integers(1, 6))):
        data = _change(draw, data)[:MOST_BYTES]
    return data


def _change(draw: st.DrawFn, data: bytes) -> bytes:
    at = draw(st.integers(0, len(data)))
    end = min(len(data), at + draw(st.integers(0, 200)))
    way = draw(st.integers(0, 6))
    if way == 0:
        return data[:at]
    if way == 1:
        return data[:at] + data[end:]
    if way == 2:
        return data[:end] + data[at:end] + data[end:]
    if way == 3:
        return data[:at] + draw(st.binary(min_size=1, max_size=8)) + data[end:]
    if way == 4:
        other = draw(st.integers(0, len(data)))
        return data[:at] + data[other : other + 300] + data[end:]
    token = draw(st.sampled_from(TOKENS + LONG))
    return data[:at] + token + data[at if way == 5 else end :]


def spoil_at_random(chance: Random, seeds: Sequence[bytes]) -> bytes:
    """The same for long runs: many times as fast, and not made smaller when something is found."""
    data = chance.choice(seeds)
    for _ in range(chance.randint(1, 6)):
        at = chance.randint(0, len(data))
        end = min(len(data), at + int(chance.expovariate(1 / 40)))
        other = chance.choice(seeds)
        start = chance.randint(0, len(other))
        middle = chance.choice(
            (
                b"",
                data[at:end] * 2,
                chance.randbytes(chance.randint(1, 6)),
                other[start : start + 300],
                chance.choice(TOKENS),
                chance.choice(LONG if chance.random() < OF_LONG else TOKENS),
            )
        )
        keeps = chance.random() < KEEPS
        data = (data[:at] + middle + data[at if keeps else end :])[:MOST_BYTES]
    return data if chance.random() > CUTS else data[: chance.randint(0, len(data))]
