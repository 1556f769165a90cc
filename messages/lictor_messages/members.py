"""Membership as the rest of the node sees it: Serf's members, its events, and what one may ask a prober."""

from __future__ import annotations

from typing import Literal

from lictor_messages.base import CLAIM, WIRE, FrozenMap, Message, ReadOnly, Record
from lictor_messages.bounds import Natural

Status = Literal["alive", "leaving", "left", "failed"]


class Member(Record):
    """One node as this node's gossip knows it."""

    name: str
    """Node name without datacenter."""
    dc: str
    address: str
    """IP address that the node advertises."""
    port: int
    """Its gossip port (8301)."""
    gossip: str
    """URL of its gossip lane, ``tcp://…`` or ``ipc://…``."""
    rest: str
    """URL of its lane for everything else."""
    tags: ReadOnly = FrozenMap()
    status: Status = "alive"
    incarnation: int = 0

    @property
    def node(self) -> str:
        """``name.dc``, the node part of an address."""
        return f"{self.name}.{self.dc}"

    @property
    def is_server(self) -> bool:
        """Servers carry Consul's tag ``role=consul``, client agents ``role=node``."""
        return self.tags.get("role") == "consul"


class _MemberEvent(Message):
    """What a prober tells its node of a change."""

    member: Member
    alive: int = 1
    """How many members are alive now, this node included."""


class MemberJoined(_MemberEvent):
    """A member is alive that was unknown, failed or left before."""


class MemberUpdated(_MemberEvent):
    """A live member changed its tags or its address."""


class MemberFailed(_MemberEvent):
    """A member was declared dead by suspicion and confirmation; ``accuser`` is who said so first here."""

    accuser: str = ""


class MemberLeft(_MemberEvent):
    """A member left on purpose, or was forced to."""


class MemberReaped(_MemberEvent):
    """A failed or left member was forgotten after its time-out."""


MemberEvent = MemberJoined | MemberUpdated | MemberFailed | MemberLeft | MemberReaped


class ListMembers(Message, kind="members.list_members", on=WIRE):
    """Ask for a view of a pool; answered by Members."""

    wan: bool = False
    """Of the servers of all datacenters: of an agent whose node is in no such pool, none."""

    name: str = ""
    """Only the member of this name; "" for all."""
    servers: bool = False
    """Only the servers, and the node that is asked: in a large cluster they are few."""


class Members(Message, kind="members.members", on=WIRE):
    """A prober's view, itself included, in the order of names."""

    members: tuple[Member, ...]
    alive: int = 0
    """How many are alive, those that were not asked for included."""
    key_id: str = ""
    """Of the key by which the prober's gossip is encrypted; "" if it is not."""


Outcome = Literal["open", "refuted", "failed", "left"]


class SuspicionSeen(Record):
    """One suspicion of a member as one node saw it (SWIM section 4.2, Lifeguard's LHA-Suspicion)."""

    node: str
    """The suspect, ``name.dc``."""
    incarnation: int
    """Of the suspect, as it was accused last."""
    accuser: str
    """The first whose accusation was heard here; this node itself, if its own probe went unanswered."""
    confirmers: tuple[str, ...] = ()
    """Those whose accusations counted as confirmations, in the order in which they were heard."""
    wanted: int
    """So many confirmations make it as short as it gets."""
    began_ns: int
    """Nanoseconds since 1970."""
    age_ns: int
    """How long it lasted, or has lasted so far."""
    lasts_ns: int
    """How long it may last, with the confirmations that there were."""
    outcome: Outcome = "open"
    by: str = ""
    """Whose word ended it: the suspect's own, or the node's that declared it dead."""


class ListSuspicions(Message, kind="members.list_suspicions", on=WIRE):
    """Ask a prober which members it suspects, and how its latest suspicions ended; answered by Suspicions."""


class Suspicions(Message, kind="members.suspicions", on=WIRE):
    """Those that are open, then those that are over, the latest first."""

    suspicions: tuple[SuspicionSeen, ...]


class Join(Message, kind="members.join", on=WIRE):
    """Ask the prober to join through these; each is a gossip URL, ``host:port`` or ``host``. Answer: Joined."""

    addresses: tuple[str, ...]
    wan: bool = False
    """Join the pool of the servers of all datacenters."""


class Joined(Message, kind="members.joined", on=WIRE):
    """How many of the addresses answered, and what went wrong with the others."""

    count: int
    errors: tuple[str, ...] = ()


class Leave(Message):
    """Leave the pool gracefully: broadcast it, wait until it has spread; answered by Departed."""


class Departed(Message):
    """The leave has spread."""


class ForceLeave(Message, kind="members.force_leave", on=WIRE):
    """Turn a failed member into a left one (and forget it, with ``prune``); answered by ForcedOut or Refused."""

    node: str
    """Its name, with or without its datacenter."""
    prune: bool = False
    wan: bool = False
    """From the pool of the servers of all datacenters."""


class ForcedOut(Message, kind="members.forced_out", on=WIRE):
    """The member is on its way out."""


EVENT_MOST = 512
"""Bytes of name and payload, by any door: a user event has to fit into one gossip packet."""


class FireEvent(Message, kind="members.fire_event", on=WIRE):
    """Spread a user event through gossip; answered by EventFired or Refused."""

    id: str
    name: str
    payload: bytes = b""
    node_filter: str = ""
    service_filter: str = ""
    tag_filter: str = ""


class EventFired(Message, kind="members.event_fired", on=WIRE):
    """The event is on its way."""

    id: str


class UserEvent(Message, kind="members.user_event", on=CLAIM):
    """A user event as it arrives at a node: at most once, Lamport-ordered."""

    id: str
    name: str
    payload: bytes = b""
    node_filter: str = ""
    service_filter: str = ""
    tag_filter: str = ""
    ltime: Natural = 0
