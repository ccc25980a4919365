"""The answers of a visit in one line, there and back."""

from __future__ import annotations

from domain.answers import NONE, read_answers, write_answers


def test_what_is_written_is_read_again_with_those_that_got_no_answer():
    line = write_answers({304: 1, 200: 12}, requests=15)
    assert line == "200 ×12, 304 ×1, none ×2"
    assert read_answers(line) == {"200": 12, "304": 1, NONE: 2}


def test_a_single_request_needs_no_line():
    assert write_answers({200: 1}, requests=1) == ""
    assert read_answers("") == {}
