"""Addresses that carry a signed promise: who may do what, until when."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from itsdangerous import BadSignature, URLSafeSerializer

from domain.readers import Reader

SIGN_IN_PURPOSE = "sign-in"
READER_PURPOSE = "reader"
MANAGER_PURPOSE = "manager"
INVITE_PURPOSE = "invite"
CONFIRM_PURPOSE = "confirm-reader"
CONTRIBUTION_PURPOSE = "contribution"
RUNS_IT_PURPOSE = "runs-it"
SIGNING_SECRET = "web"  # noqa: S105 - the name of a secret
"""The name under which the key of every signed link is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInLink:
    """Who may sign in with a link, and until when.

    `code` is the six-digit code of the same mail: using the link uses it up. Without one the link
    works until it expires, as the one that the demo prints.
    """

    user_id: int
    expires_at: datetime
    code: str = ""


def sign_in_token(secret: bytes, link: SignInLink) -> str:
    """The text that stands in the address; readable, but not to be forged."""
    content = [link.user_id, int(link.expires_at.timestamp()), link.code]
    return str(_signer(secret, SIGN_IN_PURPOSE).dumps(content))


def read_sign_in_token(secret: bytes, token: str, *, now: datetime) -> SignInLink | None:
    """What the token promises, or `None` when it is forged, cut or past its time."""
    try:
        user_id, expires, code = _signer(secret, SIGN_IN_PURPOSE).loads(token)
    except (BadSignature, ValueError, TypeError):
        return None
    expires_at = datetime.fromtimestamp(int(expires), UTC)
    if expires_at <= now:
        return None
    return SignInLink(user_id=int(user_id), expires_at=expires_at, code=str(code))


def reader_token(secret: bytes, reader: Reader, purpose: str = READER_PURPOSE) -> str:
    """What stands in the address of a reader's own page; it works as long as the reader is kept."""
    return str(_signer(secret, purpose).dumps([reader.id, _mark(secret, reader.address)]))


def read_reader_id(secret: bytes, token: str, purpose: str = READER_PURPOSE) -> int | None:
    """The number of the reader it names, or `None` when it is forged, cut or for another purpose.

    Only `is_token_of` says whether that is still the same person.
    """
    try:
        number, _ = _signer(secret, purpose).loads(token)
        return int(number)
    except (BadSignature, ValueError, TypeError):
        return None


def is_token_of(secret: bytes, token: str, reader: Reader, purpose: str = READER_PURPOSE) -> bool:
    """True when the token was made for this very reader: numbers are used again, addresses not."""
    return hmac.compare_digest(token, reader_token(secret, reader, purpose))


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceLink:
    """For which contribution a link may act, and until when."""

    reference: str
    expires_at: datetime


def reference_token(secret: bytes, link: ReferenceLink, purpose: str) -> str:
    """What stands in an address that may act for the contribution with that reference."""
    content = [link.reference, int(link.expires_at.timestamp())]
    return str(_signer(secret, purpose).dumps(content))


def read_reference(secret: bytes, token: str, purpose: str) -> ReferenceLink | None:
    """What the token promises, or `None` when it is forged, cut or for another purpose.

    Its time may be over: a page that says so can still tell what to do then.
    """
    try:
        reference, expires = _signer(secret, purpose).loads(token)
        expires_at = datetime.fromtimestamp(int(expires), UTC)
    except (BadSignature, ValueError, TypeError):
        return None
    return ReferenceLink(reference=str(reference), expires_at=expires_at)


def timed_token(secret: bytes, purpose: str, number: int, expires_at: datetime) -> str:
    """What stands in an address that may do one thing, for one row, until then."""
    return str(_signer(secret, purpose).dumps([number, int(expires_at.timestamp())]))


def read_timed_token(secret: bytes, purpose: str, token: str, *, now: datetime) -> int | None:
    """The number of the row, or `None` when the token is forged, cut or past its time."""
    try:
        number, expires = _signer(secret, purpose).loads(token)
        expires_at = datetime.fromtimestamp(int(expires), UTC)
        return int(number) if expires_at > now else None
    except (BadSignature, ValueError, TypeError):
        return None


def page_proof(secret: bytes, reference: str) -> str:
    """The word that somebody who runs a community puts on its page to prove it."""
    return f"rollcall-{hmac.digest(secret, reference.encode(), sha256).hex()[:20]}"


def place_key(secret: bytes, address: str) -> str:
    """By what forms from one place are counted; the place itself is not kept."""
    return hmac.digest(secret, f"place:{address}".encode(), sha256).hex()[:24]


def _mark(secret: bytes, address: str) -> str:
    return hmac.digest(secret, address.encode(), sha256).hex()[:12]


def _signer(secret: bytes, purpose: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret, salt=purpose)
