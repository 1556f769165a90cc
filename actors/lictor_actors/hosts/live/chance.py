"""Chance on a live host: the system's own."""

from __future__ import annotations

import secrets
from random import Random


class SystemChance:
    """The part of ``Ground`` that draws."""

    def stream(self, node: str, role: str) -> Random:
        """See ``Ground``."""
        return Random(secrets.randbits(64))

    def secret(self, node: str, size: int) -> bytes:
        """See ``Ground``."""
        return secrets.token_bytes(size)

    def buggify(self, node: str) -> None:
        """Nothing rare is made to happen in production."""
        return
