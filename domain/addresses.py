"""What an address's spelling alone says: whether its host can be on the public internet."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from unicodedata import normalize

# Names that no public server bears. Source: RFC 6761, RFC 6762, RFC 8375, ICANN's `.internal`.
_INSIDE = (".localhost", ".local", ".internal", ".lan", ".home.arpa", ".intranet", ".corp")
# What resolvers take for an address though it is none in four plain numbers: `127.1`, `0x7f000001`.
# No public name ends in a number. Source: WHATWG URL, "ends in a number".
_NUMBER_LAST = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")
# Of version 6, with one of version 4 in the last four bytes. Source: RFC 6052, RFC 8215, RFC 4291.
_CARRIERS = tuple(map(IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48", "::/96", "::ffff:0:0:0/96")))


def is_private_host(host: str) -> bool:
    """True for names and literal addresses that are not on the public internet.

    So is every odd spelling of an address of version 4, and each form of version 6 that carries a
    private one.
    """
    name = normalize("NFKC", host).lower().replace("\u3002", ".").strip("[]").rstrip(".")
    try:
        address = ip_address(name)
    except ValueError:
        return "." not in name or name.endswith(_INSIDE) or bool(_NUMBER_LAST.fullmatch(name))
    return any(not one.is_global or one.is_multicast for one in (address, *_carried(address)))


def _carried(address: IPv4Address | IPv6Address) -> list[IPv4Address]:
    """The addresses of version 4 to which one of version 6 may lead."""
    if isinstance(address, IPv4Address):
        return []
    found = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if any(address in carrier for carrier in _CARRIERS):
        found.append(IPv4Address(address.packed[-4:]))
    return [one for one in found if one is not None]
