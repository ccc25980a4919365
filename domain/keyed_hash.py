"""Keyed hashes: what stands in the store for a message's id and for a writer.

The key of a community is one key, or several after each other: whenever it is changed, what was
stored is hashed once more under a new one, so that old and new posts still join.
"""

from __future__ import annotations

from hashlib import blake2b

HASH_BYTES = 16
KEY_BYTES = 32
AUTHOR, POST = b"author", b"post"


def keyed_hash(text: str, secret_key: bytes, person: bytes) -> bytes:
    """16 bytes that say nothing without the key. Source: BLAKE2, RFC 7693, keyed mode."""
    data = text.encode("utf-8", "surrogatepass")
    found = _hash(data, secret_key[:KEY_BYTES], person)
    for start in range(KEY_BYTES, len(secret_key), KEY_BYTES):
        found = hash_again(found, secret_key[start : start + KEY_BYTES], person)
    return found


def hash_again(known: bytes, new_key: bytes, person: bytes) -> bytes:
    """What stands for `known` under a new key."""
    return _hash(known, new_key, person)


def _hash(data: bytes, key: bytes, person: bytes) -> bytes:
    return blake2b(data, digest_size=HASH_BYTES, key=key, person=person).digest()
