"""Gossip keys: what a node is started with, how its prober has its host change them, and the operations on all nodes.

gateway > server > prober   RunKeyring, answered by KeyringReport when the pool has answered
prober > pool               a query of Serf's name for it (``_serf_install-key`` …), see pool.py
prober > host@node          ChangeKeyring, answered by KeyringChanged; the host seals, opens and keeps the keys

No key is in any message's ``repr``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from lictor_messages.answers import Answer, Query
from lictor_messages.base import WIRE, FrozenMap, Message, ReadOnly, Record
from lictor_messages.host import PoolLane
from lictor_messages.json_names import Json
from lictor_messages.pool import RelayFactor

KeyringVerb = Literal["list", "install", "use", "remove"]
Secret = Annotated[str, Field(repr=False)]
Counts = Annotated[Mapping[str, int], AfterValidator(FrozenMap), Field(repr=False)]


class GossipEncryption(Record):
    """With what a node's gossip is encrypted from the start."""

    key: Secret = ""
    """Base64 of 16, 24 or 32 bytes; a keyring file that is there goes before it."""
    verify_incoming: bool = True
    """Refuse gossip that is not encrypted."""
    verify_outgoing: bool = True
    """Encrypt what is sent."""
    keyring_file: bool = True
    """Keep the keys in the data directory, if the node has one."""


class ChangeKeyring(Message):
    """To ``host@node``: do this to the keyring of this pool."""

    pool: PoolLane
    verb: KeyringVerb
    key: Annotated[bytes, Field(repr=False)] = b""


class KeyringChanged(Message):
    """How the keyring stands now, and why it was not changed, if it was not."""

    pool: PoolLane
    error: str = ""
    keys: Annotated[tuple[str, ...], Field(repr=False)] = ()
    """In base64, the primary key first."""
    key_id: str = ""
    """Of the primary key, in hex: it tells keys apart and says nothing of them."""


class NodeKeys(Record):
    """What one member answers to a query about keys, as JSON."""

    error: str = ""
    keys: Annotated[tuple[str, ...], Field(repr=False)] = ()


class KeyGiven(Record):
    """The body of a request that changes the keyrings."""

    key: Annotated[str, Json("Key"), Field(repr=False)] = ""


class RunKeyring(Query, kind="keyring.run", on=WIRE):
    """Do this on all members of the datacenter's own pool, or of that of all datacenters."""

    verb: KeyringVerb
    key: Secret = ""
    """Base64; none for a list. What is no key is refused by each node, in Serf's words."""
    wan: bool = False
    relay_factor: RelayFactor = 0


class KeyringReport(Answer, kind="keyring.report", on=WIRE):
    """What the members have answered."""

    dc: str
    nodes: int
    """Live members."""
    error: str = ""
    """Why it is not done everywhere, in Serf's words."""
    wan: bool = False
    messages: ReadOnly = FrozenMap()
    """Node → why it did not do it."""
    keys: Counts = FrozenMap()
    """Key → members that have it."""
    primary_keys: Counts = FrozenMap()
    """Key → members that encrypt with it."""
