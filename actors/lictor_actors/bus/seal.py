"""A frame of gossip, sealed with AES-GCM.

It is the head of every frame, with the flag SEALED, then ``pool(4) key_id(4) life(16) number(8)``, and the cipher text
with its tag of 16 bytes. The plain text is ``stamp(8)``, nanoseconds since 1970 by the sender's clock, and the
envelopes as in any frame. All that stands before the cipher text is authenticated with it.

No frame is sealed with the pool's key itself. Each life of a process draws 16 random bytes, and its own key is derived
from the pool's, these bytes and the name of the pool, by HKDF (RFC 5869) with SHA-256. The nonce is the number of the
frame in that life, and so never comes twice under one key, however long the pool's key is in use (NIST SP 800-38D,
8.2.1).
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from lictor_actors.bus.keyring import ID_BYTES, key_id
from lictor_messages.codec import HEADER, SEALED, FrameRefused, frame_header

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

LIFE_BYTES = 16
HEAD = struct.Struct(f">4s{ID_BYTES}s{LIFE_BYTES}sQ")
STAMP = struct.Struct(">Q")
NONCE_BYTES = 12
BEGINS = HEADER.size + HEAD.size
"""Where the cipher text begins."""
LIVES_KEPT = 4096
"""Derived keys that are kept: one takes as long to derive as four frames take to open."""


class SealHead(NamedTuple):
    """What a sealed frame says of itself in clear."""

    pool: bytes
    key_id: bytes
    life: bytes
    number: int


@lru_cache(64)
def pool_mark(pool: str) -> bytes:
    """Four bytes that tell pools apart before anything is decrypted; the derived key tells them apart for good."""
    return hashlib.sha256(b"lictor gossip pool " + pool.encode()).digest()[:4]


def head_of(cluster: bytes, data: bytes) -> SealHead:
    """Raises FrameRefused for a frame that is cut, or not this cluster's."""
    if len(data) < BEGINS:
        raise FrameRefused("sealed_cut")
    if data[: HEADER.size] != frame_header(cluster, SEALED):
        raise FrameRefused("sealed_foreign_head")
    return SealHead(*HEAD.unpack_from(data, HEADER.size))


def sealed(
    cluster: bytes, pool: str, key: bytes, life: bytes, number: int, stamp: int, parts: Iterable[bytes]
) -> bytes:
    """A whole frame from envelopes that ``pack`` made."""
    head = frame_header(cluster, SEALED) + HEAD.pack(pool_mark(pool), key_id(key), life, number)
    return head + _cipher(key, life, pool).encrypt(_nonce(number), STAMP.pack(stamp) + b"".join(parts), head)


def unsealed(pool: str, key: bytes, head: SealHead, data: bytes) -> tuple[int, bytes] | None:
    """Stamp and plain text, its first eight bytes the stamp; None if this key of this pool has not sealed it."""
    from cryptography.exceptions import InvalidTag

    try:
        plain = _cipher(key, head.life, pool).decrypt(_nonce(head.number), data[BEGINS:], data[:BEGINS])
    except InvalidTag:
        return None
    return (STAMP.unpack_from(plain)[0], plain) if len(plain) >= STAMP.size else None


@lru_cache(LIVES_KEPT)
def _cipher(key: bytes, life: bytes, pool: str) -> AESGCM:
    # Imported where gossip is encrypted: it takes longer than all else of the bus.
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return AESGCM(HKDF(SHA256(), 32, life, b"lictor gossip " + pool.encode()).derive(key))


def _nonce(number: int) -> bytes:
    return number.to_bytes(NONCE_BYTES, "big")
