"""What a node holds about one member."""

from __future__ import annotations

from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from lictor_actors.swim.claims import KEPT, claim_of
from lictor_actors.swim.marks import mark
from lictor_actors.swim.suspicion import Suspicion
from lictor_messages.addresses import lane_url
from lictor_messages.envelope import at
from lictor_messages.members import Member, Status
from lictor_messages.swim import Alive, Dead


class MemberState(Enum):
    """SWIM's states, with memberlist's ``left`` for those that went on purpose."""

    ALIVE = "alive"
    SUSPECT = "suspect"
    DEAD = "dead"
    LEFT = "left"


class Identity(NamedTuple):
    """What follows from a member's name alone."""

    node: str
    address: str
    fingerprint: int
    """Hash of the name."""


@lru_cache(KEPT)
def identity_of(role: str, name: str, dc: str) -> Identity:
    """Made once in a process: each of its nodes knows every member."""
    node = f"{name}.{dc}"
    return Identity(node, at(role, node), mark(node.encode()))


class Peer:
    """What this node holds about one member; ``record`` and ``verdict`` are the encoded updates that say so."""

    __slots__ = (
        "accuser",
        "address",
        "alive",
        "fingerprint",
        "incarnation",
        "leaving",
        "mark",
        "node",
        "record",
        "since",
        "state",
        "suspicion",
        "verdict",
    )

    def __init__(self, alive: Alive, record: bytes, now: int, role: str) -> None:
        self.node, self.address, self.fingerprint = identity_of(role, alive.name, alive.dc)
        self.alive = alive
        """Its own latest word about itself."""
        self.record = record
        self.verdict = b""
        """The accusation in force; empty while it is alive."""
        self.accuser = ""
        self.state = MemberState.ALIVE
        self.incarnation = alive.incarnation
        """The highest that anyone named: an accusation may run ahead of ``alive``."""
        self.since = now
        self.suspicion: Suspicion | None = None
        self.leaving = False
        self.mark = 0
        """Of what is held about it, as it went into the table's sums."""

    def own(self) -> Peer:
        """A copy, to be changed by one table alone. In a quarter of the time of ``copy.copy``: a cluster
        that loses many members makes one for each of them on each node."""
        mine = Peer.__new__(Peer)
        for slot in Peer.__slots__:
            setattr(mine, slot, getattr(self, slot))
        return mine

    @property
    def present(self) -> bool:
        """Alive as far as anyone outside SWIM is concerned: suspects are."""
        return self.state is MemberState.ALIVE or self.state is MemberState.SUSPECT

    @property
    def status(self) -> Status:
        """Serf's status."""
        if self.present:
            return "leaving" if self.leaving else "alive"
        return "failed" if self.state is MemberState.DEAD else "left"

    @property
    def is_server(self) -> bool:
        """As ``Member.is_server``, without making one."""
        return self.alive.tags.get("role") == "consul"

    @property
    def advertised(self) -> str:
        """Its gossip address as people know it."""
        return lane_url(self.alive.address, self.alive.port)

    @property
    def stronger(self) -> bytes:
        """The update that overrules a weaker claim about this member."""
        return self.verdict or self.record

    def held(self) -> int:
        """The mark of what is held now: equal on two nodes exactly if neither learns from the other's word on it.

        Two who buried it may have done so on unlike accusations of the same incarnation, and that is no difference.
        """
        claim = claim_of(self.verdict).update if self.verdict else None
        if isinstance(claim, Dead):
            return mark(f"{claim.node} {claim.incarnation} {claim.accuser == claim.node}".encode())
        return mark(self.record + self.verdict)

    def moves_to(self, claim: Alive) -> bool:
        """Whether this claim says that it is reached somewhere else than it says itself."""
        return (claim.address, claim.port) != (self.alive.address, self.alive.port)

    def lives_on(self, claim: Alive) -> bool:
        """Whether this claim is of a later life of the same node: it has its id. Incarnations begin with the clock."""
        return bool(claim.id) and claim.id == self.alive.id and claim.incarnation > self.incarnation

    def member(self) -> Member:
        """The view of it that everyone else gets."""
        return member_of(self.record, self.status, self.incarnation)


@lru_cache(KEPT)
def member_of(record: bytes, status: Status, incarnation: int) -> Member:
    """A member as its own record says that it is, with what its peers say of it."""
    a = claim_of(record).update
    assert isinstance(a, Alive), "a peer's record is its own word"
    return Member(
        name=a.name,
        dc=a.dc,
        address=a.address,
        port=a.port,
        gossip=a.gossip,
        rest=a.rest,
        tags=a.tags,
        status=status,
        incarnation=incarnation,
    )
