"""What an address's spelling alone says: whether its host can be on the public internet."""

from __future__ import annotations

import ipaddress


def is_private_host(host: str) -> bool:
    """True for names and literal addresses that are not on the public internet."""
    if host in ("", "localhost") or host.endswith((".localhost", ".local", ".internal")):
        return True
    try:
        return not ipaddress.ip_address(host.strip("[]")).is_global
    except ValueError:
        return False
