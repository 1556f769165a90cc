"""How one operation of a transaction says that it fails."""

from __future__ import annotations


class Failed(Exception):
    """This operation cannot be done; the text is Consul's, and the whole transaction is off."""
