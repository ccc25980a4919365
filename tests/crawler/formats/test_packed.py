"""Packed streams: what can be read is read, what is wrong is said after it."""

import bz2
import gzip
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.formats.packed import Truncated, is_cut, open_packed, unpacked_limit
from domain.errors import Unparseable
from domain.outcome import Outcome

TEXT = b"".join(b"line %06d of an invented archive\n" % n for n in range(20_000))
LIMIT = 10_000_000
PACKERS = [pytest.param(gzip.compress, id="gzip"), pytest.param(bz2.compress, id="bzip2")]


class Dripping:
    """A stream that hands out a few bytes at a time, as a slow line does."""

    def __init__(self, data: bytes, step: int) -> None:
        self.data, self.step = data, step

    def read(self, size: int = -1, /) -> bytes:
        part, self.data = self.data[: self.step], self.data[self.step :]
        return part


def read_until_failure(stream) -> tuple[bytes, Unparseable | None]:
    parts = []
    try:
        while part := stream.read(10_000):
            parts.append(part)
    except Unparseable as failure:
        return b"".join(parts), failure
    return b"".join(parts), None


@pytest.mark.parametrize("pack", PACKERS)
def test_a_packed_text_is_unpacked(pack):
    assert open_packed(pack(TEXT), limit_bytes=LIMIT).read() == TEXT
    assert open_packed(io.BytesIO(pack(TEXT)), limit_bytes=LIMIT).read() == TEXT


@pytest.mark.parametrize("data", [b"", b"x", b"From a\n", TEXT, b"BZh", b"\x1f\x8b", b"\0\0\0\0x"])
def test_what_is_not_packed_passes_unchanged(data):
    assert open_packed(data, limit_bytes=LIMIT).read() == data


@pytest.mark.parametrize("pack", PACKERS)
@pytest.mark.parametrize("size", [1, 7, 4096])
def test_a_read_gives_as_many_bytes_as_it_was_asked_for(pack, size):
    stream = open_packed(pack(TEXT[:9000]), limit_bytes=LIMIT)
    assert stream.read(0) == b""
    assert stream.read(size) == TEXT[:size]
    assert stream.read(size) == TEXT[size : 2 * size]
    assert stream.read(20_000) == TEXT[2 * size : 9000]
    assert stream.read(size) == b""


@pytest.mark.parametrize("pack", PACKERS)
@pytest.mark.parametrize("step", [1, 3, 1000])
def test_a_slow_stream_reads_the_same(pack, step):
    data = pack(TEXT[:30_000]) + pack(TEXT[30_000:60_000])
    assert open_packed(Dripping(data, step), limit_bytes=LIMIT).read() == TEXT[:60_000]


@pytest.mark.parametrize("pack", PACKERS)
def test_several_members_are_one_text(pack):
    data = pack(TEXT[:100]) + pack(b"") + pack(TEXT[100:])
    assert open_packed(data, limit_bytes=LIMIT).read() == TEXT


def test_members_of_both_kinds_are_one_text():
    data = gzip.compress(TEXT[:100]) + bz2.compress(TEXT[100:])
    assert open_packed(data, limit_bytes=LIMIT).read() == TEXT


@pytest.mark.parametrize("pack", PACKERS)
@pytest.mark.parametrize("padding", [b"\0", b"\0\0\0", b"\0" * 600_000], ids=len)
def test_zero_bytes_after_the_end_are_padding(pack, padding):
    assert open_packed(pack(TEXT) + padding, limit_bytes=LIMIT).read() == TEXT
    assert open_packed(pack(b"a") + padding + pack(b"b"), limit_bytes=LIMIT).read() == b"ab"


@pytest.mark.parametrize("pack", PACKERS)
@pytest.mark.parametrize("rest", [b"<html>", b"x", b"\0\0not packed"])
def test_other_bytes_after_the_end_are_reported_after_the_text(pack, rest):
    text, failure = read_until_failure(open_packed(pack(TEXT) + rest, limit_bytes=LIMIT))
    assert text == TEXT
    assert failure is not None
    assert failure.outcome is Outcome.UNPARSEABLE
    assert not isinstance(failure, Truncated)


@pytest.mark.parametrize("pack", PACKERS)
@pytest.mark.parametrize("missing", [1, 4, 8, 2000])
def test_a_cut_stream_gives_its_readable_part_and_then_says_so(pack, missing):
    packed = pack(TEXT)
    stream = open_packed(packed[:-missing], limit_bytes=LIMIT, where="2005-March.txt.gz")
    text, failure = read_until_failure(stream)
    assert TEXT.startswith(text)
    assert isinstance(failure, Truncated)
    assert failure.line.startswith("2005-March.txt.gz: the packed data is cut off → ")
    with pytest.raises(Truncated):
        stream.read(1)


def test_a_cut_gzip_gives_all_that_came_before_the_cut():
    packed = gzip.compress(TEXT)
    text, failure = read_until_failure(open_packed(packed[:-8], limit_bytes=LIMIT))
    assert text == TEXT
    assert isinstance(failure, Truncated)


@pytest.mark.parametrize("pack", PACKERS)
def test_a_cut_after_the_first_member_keeps_that_member(pack):
    packed = pack(TEXT) + pack(TEXT)[:10]
    text, failure = read_until_failure(open_packed(packed, limit_bytes=LIMIT))
    assert text == TEXT
    assert isinstance(failure, Truncated)


@pytest.mark.parametrize("pack", PACKERS)
def test_asking_for_everything_of_a_cut_stream_fails_at_once(pack):
    with pytest.raises(Truncated):
        open_packed(pack(TEXT)[:-1], limit_bytes=LIMIT).read()


@pytest.mark.parametrize("pack", PACKERS)
def test_damaged_data_is_unparseable(pack):
    packed = bytearray(pack(TEXT))
    packed[len(packed) // 2] ^= 0xFF
    packed[len(packed) // 2 + 1] ^= 0xFF
    text, failure = read_until_failure(open_packed(bytes(packed), limit_bytes=LIMIT))
    assert len(text) <= len(TEXT)
    assert failure is not None
    assert "damaged" in failure.what


@pytest.mark.parametrize("pack", [*PACKERS, pytest.param(bytes, id="plain")])
@pytest.mark.parametrize("limit", [1, 50_000, 600_000, len(TEXT) - 1])
def test_more_than_the_limit_is_too_large(pack, limit):
    text, failure = read_until_failure(open_packed(pack(TEXT), limit_bytes=limit, where="a.gz"))
    assert text == TEXT[:limit]
    assert failure is not None
    assert failure.outcome is Outcome.TOO_LARGE
    assert failure.where == "a.gz"


@pytest.mark.parametrize("pack", [*PACKERS, pytest.param(bytes, id="plain")])
def test_exactly_the_limit_is_read(pack):
    assert open_packed(pack(TEXT), limit_bytes=len(TEXT)).read() == TEXT


@pytest.mark.parametrize("pack", PACKERS)
def test_a_bomb_is_stopped_without_being_unpacked(pack):
    stream = open_packed(pack(bytes(50_000_000)), limit_bytes=1000)
    assert stream.read(500) == bytes(500)
    text, failure = read_until_failure(stream)
    assert text == bytes(500)
    assert failure is not None
    assert failure.outcome is Outcome.TOO_LARGE


def test_a_fault_of_the_disk_stays_one():
    class Broken:
        def read(self, size: int = -1, /) -> bytes:
            raise OSError(5, "Input/output error")

    with pytest.raises(OSError, match="Input/output error"):
        open_packed(Broken(), limit_bytes=LIMIT).read(1)


def test_a_closed_stream_gives_nothing_more():
    with open_packed(gzip.compress(TEXT), limit_bytes=LIMIT) as stream:
        assert stream.read(3) == TEXT[:3]
    assert stream.read(3) == b""


@given(data=st.binary(max_size=300))
def test_any_bytes_are_read_or_unparseable(data):
    for start in (b"", b"\x1f\x8b\x08", b"BZh9"):
        text, failure = read_until_failure(open_packed(start + data, limit_bytes=1000))
        assert len(text) <= 1000
        assert failure is None or failure.to_do


@pytest.mark.parametrize("pieces", [1, 2, 8])
def test_a_limit_that_falls_between_two_pieces_is_still_told(pieces):
    """Else what lies past it would look like the end of the file."""
    most = pieces << 18
    text, failure = read_until_failure(
        open_packed(gzip.compress(bytes(most + 1)), limit_bytes=most)
    )
    assert len(text) == most
    assert failure is not None
    assert failure.outcome is Outcome.TOO_LARGE


def test_only_what_ends_too_early_is_cut():
    whole = gzip.compress(b"text" * 1_000)
    assert is_cut(whole[:-9], limit_bytes=1 << 20)
    assert not is_cut(whole, limit_bytes=1 << 20)
    assert not is_cut(whole[:-9], limit_bytes=100), "what lies past the limit is not looked at"
    assert not is_cut(b"plain", limit_bytes=1 << 20)
    assert not is_cut(b"\x1f\x8b\x08 broken, not cut", limit_bytes=1 << 20)


def test_a_small_file_is_not_unpacked_without_end():
    assert unpacked_limit(1_000, 2 << 30) < 20 << 20
    assert unpacked_limit(64 << 20, 2 << 30) >= 2 << 30
    assert unpacked_limit(64 << 20, 1_000) == 1_000


def test_a_small_answer_may_unfold_to_some_megabytes():
    assert unpacked_limit(1_000, 1 << 30) == (16 << 20) + 32_000
    assert unpacked_limit(1_000, 1 << 20) == 1 << 20
