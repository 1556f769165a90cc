"""The keys of a gossip pool on one node: the primary key encrypts, each of them decrypts.

Source: Serf's and memberlist's keyring; the words of refusals are theirs.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable

from lictor_messages.keyring import KeyringVerb

SIZES = (16, 24, 32)
"""Bytes of keys for AES-128, AES-192 and AES-256."""
ID_BYTES = 4


class KeyRefused(ValueError):
    """This can be no key, or cannot be done with the keyring as it is."""


def key_id(key: bytes) -> bytes:
    """What tells keys apart in the head of a frame; it says nothing of the key."""
    return hashlib.sha256(b"lictor gossip key id" + key).digest()[:ID_BYTES]


def read_key(text: str) -> bytes:
    """A key from its base64. Raises KeyRefused."""
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise KeyRefused(f"not base64: {error}") from error
    return checked(key)


def checked(key: bytes) -> bytes:
    """The same key. Raises KeyRefused for one of another size."""
    if len(key) not in SIZES:
        raise KeyRefused("key size must be 16, 24 or 32 bytes")
    return key


def written(key: bytes) -> str:
    """A key in base64."""
    return base64.b64encode(key).decode()


class Keyring:
    """Never changed: each change makes another one, so that it can be kept before it is in force."""

    __slots__ = ("_by_id", "keys")

    def __init__(self, keys: Iterable[bytes]) -> None:
        """The first key is the primary one. Raises KeyRefused."""
        self.keys = tuple(dict.fromkeys(checked(key) for key in keys))
        if not self.keys:
            raise KeyRefused("keyring is empty")
        self._by_id = {id_: [key for key in self.keys if key_id(key) == id_] for id_ in map(key_id, self.keys)}

    @property
    def primary(self) -> bytes:
        """Encrypts what is sent."""
        return self.keys[0]

    def named(self, id_: bytes) -> list[bytes]:
        """The keys of this id: one, or none."""
        return self._by_id.get(id_, [])

    def changed(self, verb: KeyringVerb, key: bytes) -> Keyring:
        """The keyring after this. To install what is there and to remove what is not is no error. Raises KeyRefused."""
        match verb:
            case "install":
                return Keyring((*self.keys, key))
            case "use":
                if key not in self.keys:
                    raise KeyRefused("requested key is not in the keyring")
                return Keyring((key, *self.keys))
            case "remove":
                if key == self.primary:
                    raise KeyRefused("removing the primary key is not allowed")
                return Keyring(each for each in self.keys if each != key)
        return self
