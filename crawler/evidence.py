"""What a visit saw, in short texts for the person who asks why: kept with its report."""

from __future__ import annotations

from collections.abc import Mapping

from crawler.base import Fetched

LONGEST = 300
_MOST_HOPS = 6
_HEADERS = ("content-type", "etag", "last-modified", "date", "server", "retry-after")


def gather_evidence(entry: Fetched | None, found: Mapping[str, str]) -> dict[str, str]:
    """The first answer of a visit, and what the adapter or the error `found`.

    Shape: `status url redirects bytes cut` and headers by their names are those of the first
    answer. What was found out about a later answer has `later_` before a name that is taken.
    """
    facts = _describe(entry) if entry else {}
    for name, value in found.items():
        taken = name in facts and facts[name] != value
        facts[f"later_{name}" if taken else name] = value
    return {name: _shorten(value) for name, value in facts.items() if value}


def _describe(entry: Fetched) -> dict[str, str]:
    hops = (*entry.redirects, entry.url)
    # The ends of a long chain say most.
    shown = hops if len(hops) <= _MOST_HOPS else (*hops[: _MOST_HOPS - 2], "…", hops[-1])
    headers = {name.replace("-", "_"): entry.headers.get(name, "") for name in _HEADERS}
    return {
        "status": str(entry.status),
        "url": entry.url,
        "redirects": " → ".join(shown) if entry.redirects else "",
        "bytes": str(len(entry.body)),
        "cut": "the answer ended too early" if entry.cut else "",
        **headers,
    }


def _shorten(text: str) -> str:
    line = " ".join(str(text).split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
