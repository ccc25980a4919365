"""Which hosts may be asked by us when a stranger named them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.addresses import is_private_host

INSIDE = [
    "127.0.0.1",
    "10.1.2.3",
    "192.168.0.1",
    "172.16.5.5",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "255.255.255.255",
    "224.0.0.1",
    "192.0.2.1",
    "127.1",
    "127.000.000.001",
    "0177.0.0.1",
    "010.0.0.1",
    "2130706433",
    "0x7f.1",
    "0x7f000001",
    "0x7f.0.0.1",
    "0",
    "1",
    "127.0.0.1.",
    "::1",
    "[::1]",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "fd00:ec2::254",
    "ff02::1",
    "ff0e::1",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "[::ffff:10.0.0.1]",
    "::127.0.0.1",
    "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::7f00:1",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "2001:0:1::1",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "intranet",
    "db",
    "a.localhost",
    "printer.local.",
    "vault.internal",
    "metadata.google.internal.",
    "router.lan",
    "nas.home.arpa",
    "①②⑦.0.0.1",
    "127。0。0。1",
    "１２７.0.0.1",
    "999.1.1.1",
    "1.2.3.4.5",
]
OUTSIDE = [
    "lists.example.org",
    "EXAMPLE.ORG.",
    "xn--bcher-kva.example",
    "10.example.org",
    "0x.example.org",
    "8.8.8.8",
    "2606:4700::1111",
    "[2606:4700::1111]",
    "64:ff9b::808:808",
    "2002:808:808::1",
    "local.example.org",
]


@pytest.mark.parametrize("host", ["", *INSIDE])
def test_what_may_lead_inside_is_private_in_every_spelling(host):
    assert is_private_host(host)


@pytest.mark.parametrize("host", OUTSIDE)
def test_what_is_on_the_public_internet_is_not(host):
    assert not is_private_host(host)


@given(st.sampled_from([0x7F000001, 0x0A000001, 0xC0A80001, 0xA9FEA9FE]), st.data())
def test_a_private_address_is_known_however_its_numbers_are_written(number, data):
    write = st.sampled_from(["{:d}", "0{:o}", "0x{:x}", "0x{:X}", "{:03d}"])
    parts = data.draw(st.integers(1, 4))
    rest = number & ((1 << (8 * (5 - parts))) - 1)
    numbers = [number >> (24 - 8 * place) & 255 for place in range(parts - 1)]
    host = ".".join(data.draw(write).format(one) for one in [*numbers, rest])
    assert is_private_host(host)
