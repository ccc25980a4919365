"""Texts of strangers on their way into files that other programs open."""

from __future__ import annotations

# What makes a spreadsheet run a cell, also after blanks, and as some keyboards write it.
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
_RUN_ON = ("\t", "\r", "\n")
_CONTROLS = "\t\n\r"


def defuse_cell(cell: object) -> object:
    """The cell, with a quote before a text that a spreadsheet would take for a formula.

    Source: OWASP, CSV injection.
    """
    if not isinstance(cell, str):
        return cell
    risky = cell.startswith(_RUN_ON) or cell.lstrip().startswith(_FORMULA)
    return f"'{cell}" if risky else cell


def clean_text(text: str) -> str:
    """The text without the signs that XML cannot hold. Source: XML 1.0, 2.2."""
    return "".join(one for one in text if one in _CONTROLS or _is_sign(ord(one)))


def one_line(text: str) -> str:
    """The text in one line, as heads of mails must be."""
    return " ".join(clean_text(text).split())


def _is_sign(code: int) -> bool:
    return 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or code > 0xFFFF
