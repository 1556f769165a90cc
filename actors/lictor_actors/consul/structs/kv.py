"""Keys."""

from __future__ import annotations

from lictor_actors.consul.struct import Struct
from lictor_messages.kv import Entry

ENTRY = Struct("KVPair", Entry)
