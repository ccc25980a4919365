"""Pages of the curators' room travel packed, and their length tells nothing of what is in them."""

from __future__ import annotations

import gzip

from tests.web.kit import Browser, Directory

PACKED = {"Accept-Encoding": "gzip"}


def test_a_card_travels_packed_to_whoever_can_unpack_it(made: Directory, curator: Browser) -> None:
    review = made.flag(made.add_silent("Silent Circle"))
    path = f"/review/{review.id}"
    plain, packed = curator.get(path), curator.get(path, headers=PACKED)
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.content_length == len(packed.get_data()) < len(plain.get_data()) / 2
    assert b"Silent Circle: mark as inactive?" in gzip.decompress(packed.get_data())
    assert all("Accept-Encoding" in one.headers["Vary"] for one in (plain, packed))


def test_the_length_of_a_packed_page_tells_nothing_of_its_secret(curator: Browser) -> None:
    pages = [curator.get("/me", headers=PACKED).get_data() for _ in range(12)]
    assert len({len(gzip.decompress(page)) for page in pages}) == 1
    assert len({len(page) for page in pages}) > 3


def test_pages_that_caches_keep_are_left_to_them(made: Directory, visitor: Browser) -> None:
    made.add_active("Malaria Circle")
    for path in ("/c/malaria-circle", "/data/communities.csv", "/api/v1/communities"):
        assert "Content-Encoding" not in visitor.get(path, headers=PACKED).headers
