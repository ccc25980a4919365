"""What we are built on may be used, and passed on, under our own licence."""

from __future__ import annotations

import re
from importlib.metadata import distributions
from pathlib import Path

ROOT = Path(__file__).parents[2]
FREE = re.compile(
    r"MIT|BSD|0BSD|Apache|Python Software Foundation|PSF|Mozilla|MPL|ZPL|Zlib|CC0|Redistribution",
    re.IGNORECASE,
)
# Used unchanged, and replaceable, as that licence asks.
LESSER = {"psycopg": "LGPL-3.0-only", "psycopg-binary": "LGPL-3.0-only"}


def licence_of(about) -> str:
    """What a package says of its licence, in the newest of the three ways."""
    named = [one for one in about.get_all("Classifier") or [] if one.startswith("License ::")]
    return about.get("License-Expression") or " ".join(named) or about.get("License") or ""


def test_every_package_may_be_used_and_passed_on_with_ours():
    locked = (ROOT / "requirements.lock").read_text()
    wanted = set(re.findall(r"^([a-z0-9][\w.-]*)(?:\[[\w,-]+\])?==", locked, re.MULTILINE))
    said = {
        re.sub(r"[-_.]+", "-", one.metadata["Name"]).lower(): licence_of(one.metadata)
        for one in distributions()
    }
    installed = {name: said[name] for name in wanted if name in said}
    assert len(installed) > 60
    lesser = {name: text for name, text in installed.items() if "GPL" in text}
    assert lesser == {name: text for name, text in LESSER.items() if name in installed}
    unknown = {name: text for name, text in installed.items() if not FREE.search(text)}
    assert set(unknown) <= set(LESSER)
