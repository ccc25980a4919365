"""Addresses as foreign pages write them: taken apart and joined without ever falling over.

One link with half a bracket in it (`http://[`) must not make the page around it unreadable. The
two functions have the names and the meaning of the library's own, for all that is an address.
"""

from __future__ import annotations

import re
import urllib.parse
from urllib.parse import SplitResult

_NOTHING = SplitResult("", "", "", "", "")
# A host as it stands in an address: letters, digits, dots, dashes; or an address of version 6.
_HOST = re.compile(r"[a-z0-9_.-]{1,253}|[0-9a-f:.]+(?:%[a-z0-9]+)?")
_LONGEST_LABEL = 63


def urlsplit(url: str) -> SplitResult:
    """The parts of an address; all of them empty where it cannot be one."""
    try:
        parts = urllib.parse.urlsplit(url)
        parts.port  # noqa: B018 - reading it is the check
    except ValueError:
        return _NOTHING
    return parts


def urljoin(base: str, named: str) -> str:
    """What a page at `base` means by `named`; empty where that is no address."""
    try:
        return urllib.parse.urljoin(base, named)
    except ValueError:
        return ""


def is_askable(url: str) -> bool:
    """True for an address with a host that can be looked up, and with neither name nor password.

    Two readers of a stranger address may disagree about where its host begins.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    labels = host.rstrip(".").split(".")
    whole = ":" in host or all(0 < len(label) <= _LONGEST_LABEL for label in labels)
    return whole and "@" not in parts.netloc and _HOST.fullmatch(host) is not None
