"""A made-up site of the demo as a table of pages, for visits without a network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from demo.answer import Site
from tests.table_web import answer


class SiteTable(Mapping[str, SimpleNamespace]):
    """What the site answers at each address. It has no list of its addresses."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def __getitem__(self, url: str) -> SimpleNamespace:
        parts = urlsplit(url)
        found = self.site.answer(unquote(parts.path), dict(parse_qsl(parts.query)))
        if found is None:
            raise KeyError(url)
        etag: dict[str, Any] = {"etag": found.etag} if found.etag else {}
        return answer(found.body, found.status, content_type=found.content_type, **etag)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0
