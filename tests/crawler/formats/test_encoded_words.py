"""Encoded words of headers, right and wrong ones."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.formats.encoded_words import decode_bytes, read_encoded_words


def word(text: str, charset: str) -> str:
    return f"=?{charset}?B?{base64.b64encode(text.encode(charset)).decode()}?="


WORDS = [
    ("plain", "no words", "no words"),
    ("quoted", "=?utf-8?q?se=C3=B1al?=", "señal"),
    ("underscore", "=?iso-8859-1?Q?la_se=F1al?=", "la señal"),
    ("koi8-r", word("вопрос о сборке", "koi8-r"), "вопрос о сборке"),
    ("iso-2022-jp", word("日本語の件名", "iso-2022-jp"), "日本語の件名"),
    ("gb2312", word("关于内存的问题", "gb2312"), "关于内存的问题"),
    ("windows-1256", word("سؤال", "windows-1256"), "سؤال"),
    ("language", "=?utf-8*es?q?se=C3=B1al?=", "señal"),
    ("between-text", "Re: =?utf-8?q?se=C3=B1al?= (2)", "Re: señal (2)"),
    ("two-words", "=?utf-8?q?a_?= =?utf-8?q?b?=", "a b"),
    ("two-charsets", "=?utf-8?q?=C3=B1?= =?iso-8859-1?q?=F1?=", "ññ"),
    ("word-then-text-then-word", "=?utf-8?q?a?= x =?utf-8?q?b?=", "a x b"),
    ("character-in-two-words", "=?utf-8?q?=C3?= =?utf-8?q?=B1?=", "ñ"),
    ("base64-without-padding", "=?utf-8?b?c2XDsWFs?=", "señal"),
    ("base64-cut", "=?utf-8?b?c2XDsWFsZ?=", "señal"),
    ("base64-broken", "=?utf-8?b?c2XD*sWFs?=", "señal"),
    ("unknown-charset", "=?x-martian?q?caf=E9?=", "café"),
    ("wrong-charset", "=?us-ascii?q?caf=E9?=", "café"),
    ("broken-escape", "=?utf-8?q?100=ZZ?=", "100=ZZ"),
    ("not-closed", "=?utf-8?q?abc", "=?utf-8?q?abc"),
    ("empty", "=?utf-8?q??=", ""),
]


@pytest.mark.parametrize(("text", "expected"), [pytest.param(*w[1:], id=w[0]) for w in WORDS])
def test_encoded_words_are_read(text, expected):
    assert read_encoded_words(text) == expected


@given(text=st.text(alphabet="=?utf-8bqkoQB_3D \n*é", max_size=60), rest=st.text(max_size=20))
def test_no_text_is_an_error(text, rest):
    assert isinstance(read_encoded_words(text + rest), str)
    assert isinstance(read_encoded_words(f"=?{text}?b?{rest}?="), str)


@pytest.mark.parametrize("charset", ["utf-8", "x-unknown", "", "unicode_escape", "hex", "rot13"])
def test_bytes_that_do_not_fit_are_read_as_latin_1(charset):
    assert decode_bytes(b"caf\xe9", charset) == "café"
