"""Packs the pages that no cache keeps, for curators on slow lines.

Such a page holds a secret (the token of its forms). Its packed length must not tell whether some
text in it resembles the secret, so a name of random length goes into the packed page's head.
Source: "Heal the BREACH" (Palmieri and others, 2022).
"""

from __future__ import annotations

import gzip
import secrets
from io import BytesIO

from flask import Response, request

SMALLEST = 500
MOST_PADDING = 100
GZIP = "gzip"


def pack(response: Response) -> Response:
    """The response, packed where its reader can unpack it and no cache may keep it."""
    if response.mimetype != "text/html" or response.headers.get("Cache-Control") != "no-store":
        return response
    response.vary.add("Accept-Encoding")
    if response.is_streamed or not request.accept_encodings[GZIP]:
        return response
    page = response.get_data()
    if len(page) < SMALLEST:
        return response
    response.set_data(_pack(page))
    response.content_encoding = GZIP
    return response


def _pack(page: bytes) -> bytes:
    padding = "p" * (1 + secrets.randbelow(MOST_PADDING))
    packed = BytesIO()
    with gzip.GzipFile(padding, "wb", fileobj=packed, mtime=0) as file:
        file.write(page)
    return packed.getvalue()
