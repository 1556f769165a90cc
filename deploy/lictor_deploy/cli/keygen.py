"""``lictor keygen``: a key for gossip."""

from __future__ import annotations

from base64 import b64encode
from secrets import token_bytes

KEY_BYTES = 32
"""AES-256's."""


def keygen() -> None:
    """Print a new random key in the form in which Consul's ``encrypt`` takes it.

    Example: lictor keygen
    """
    print(b64encode(token_bytes(KEY_BYTES)).decode())
