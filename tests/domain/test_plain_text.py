"""What is taken out of a stranger's text before other programs open it."""

from __future__ import annotations

from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.plain_text import clean_text, defuse_cell, one_line


@pytest.mark.parametrize(
    "text", ["=1", "+1", "-x", "@x", " =1", "\n=1", "\tx", "\rx", "＝1", "\u00a0=1"]
)
def test_a_formula_becomes_a_text(text):
    assert defuse_cell(text) == f"'{text}"


@pytest.mark.parametrize("cell", ["", "malaria", "a=b", "1-2", 5, -5, None, 0.5, True])
def test_what_is_no_formula_stays(cell):
    assert defuse_cell(cell) is cell


@given(st.text())
def test_a_cleaned_text_always_fits_into_xml(text):
    ET.fromstring(f"<a>{escape(clean_text(text))}</a>")
    assert set(clean_text(text)) <= set(text)


def test_only_what_xml_cannot_hold_is_taken_out():
    assert clean_text("a\x00\x07\x1b\ufffe\ud800b\n\té😀") == "ab\n\té😀"


def test_blanks_between_words_stay_and_lines_become_one():
    assert clean_text("eye health\x00 talk") == "eye health talk"
    assert one_line("eye health\r\nBcc: all") == "eye health Bcc: all"
