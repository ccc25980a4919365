"""Machines of their own on this one: network namespaces, each with an address and a way here."""

from __future__ import annotations

import logging
import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass

from tests.servers.kit import need

log = logging.getLogger("proof")
# Addresses for measurements among networks, which nothing real may have (RFC 2544).
SITES, LINKS = "198.18", "198.19"
DOOR = "rollcall-sites"


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What stands before a command that runs there, and the address that others see."""

    within: tuple[str, ...]
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """Machines, and the first half of the addresses of hosts that they all can ask."""

    machines: tuple[Machine, ...]
    sites: str


@contextmanager
def build_network(machines: int, sites: int) -> Iterator[Network]:
    """So many machines that reach so many sites on this one, until the end of the block.

    Where namespaces are refused the machines are plain processes, side by side; the log says so.
    """
    need("ip", "iproute2")
    with ExitStack() as undo:
        try:
            network = _build(machines, sites, undo)
        except (OSError, subprocess.CalledProcessError) as error:
            undo.close()
            said = getattr(error, "stderr", "") or error
            log.warning("no network namespaces here, so one machine plays all: %s", said)
            side_by_side = Machine(within=(), address="127.0.0.1")
            network = Network(machines=(side_by_side,) * machines, sites="127.90")
        yield network


def _build(machines: int, sites: int, undo: ExitStack) -> Network:
    if os.geteuid() != 0:
        raise PermissionError("only root may make them")
    _forget("link", "del", DOOR)  # of a run that was killed
    _ip("link", "add", DOOR, "type", "dummy")
    undo.callback(_forget, "link", "del", DOOR)
    for number in range(sites):
        place = f"{SITES}.{number // 200}.{number % 200 + 1}/32"
        _ip("address", "add", place, "dev", DOOR)
    _ip("link", "set", DOOR, "up")
    made = tuple(_build_machine(number, undo) for number in range(machines))
    return Network(machines=made, sites=SITES)


def _build_machine(number: int, undo: ExitStack) -> Machine:
    name, wire = f"rollcall-{number}", f"rollcall-w{number}"
    here, there = f"{LINKS}.{number}.1", f"{LINKS}.{number}.2"
    _forget("netns", "del", name)
    _ip("netns", "add", name)
    undo.callback(_forget, "netns", "del", name)  # its end of the wire goes with it
    _ip("link", "add", wire, "type", "veth", "peer", "name", "eth0", "netns", name)
    undo.callback(_forget, "link", "del", wire)
    _ip("address", "add", f"{here}/24", "dev", wire)
    _ip("link", "set", wire, "up")
    for words in (
        ("address", "add", f"{there}/24", "dev", "eth0"),
        ("link", "set", "eth0", "up"),
        ("link", "set", "lo", "up"),
        ("route", "add", "default", "via", here),
    ):
        _ip("-n", name, *words)
    return Machine(within=("ip", "netns", "exec", name), address=there)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


def _forget(*words: str) -> None:
    with suppress(subprocess.CalledProcessError):
        _ip(*words)
