"""Addresses that carry a signed promise: who may do what, until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from itsdangerous import BadSignature, URLSafeSerializer

SIGN_IN_PURPOSE = "sign-in"


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
    return str(_signer(secret).dumps(content))


def read_sign_in_token(secret: bytes, token: str, *, now: datetime) -> SignInLink | None:
    """What the token promises, or `None` when it is forged, cut or past its time."""
    try:
        user_id, expires, code = _signer(secret).loads(token)
    except (BadSignature, ValueError, TypeError):
        return None
    expires_at = datetime.fromtimestamp(int(expires), UTC)
    if expires_at <= now:
        return None
    return SignInLink(user_id=int(user_id), expires_at=expires_at, code=str(code))


def _signer(secret: bytes) -> URLSafeSerializer:
    return URLSafeSerializer(secret, salt=SIGN_IN_PURPOSE)
