"""What a client actor and the door of a node agree on."""

from __future__ import annotations

ANY_CLUSTER = bytes(8)
"""Cluster id of a frame whose sender does not care which cluster answers: only doors take it, only from clients."""
REQUEST_MOST = 1024 * 1024 - 4096
"""Bytes of the largest frame that a client may send to a door; the socket cuts whoever sends more."""
