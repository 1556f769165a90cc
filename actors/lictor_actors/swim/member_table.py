"""The member table, the order in which members are probed, and random picks among them."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from functools import lru_cache
from random import Random
from typing import NamedTuple

from lictor_actors.swim.claims import KEPT, claim_of
from lictor_actors.swim.marks import EVENTS, bucket, mark
from lictor_actors.swim.suspicion import Suspicion
from lictor_messages.addresses import lane_url
from lictor_messages.coordinates import Coordinate
from lictor_messages.envelope import at, role_of
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
        "coordinate",
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
        self.coordinate: Coordinate | None = None
        """Where it lies, as it said with the answer to a probe of ours."""
        self.mark = 0
        """Of what is held about it, as it went into the table's sums."""

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


class MemberTable:
    """Everyone this node knows; ``me`` is not among ``others``."""

    def __init__(self, me: Peer) -> None:
        self.me = me
        self._role = role_of(me.address)
        self.others: dict[str, Peer] = {}
        self.alive_count = 1
        """Members alive or suspect, this node included: the N of every formula."""
        self.fingerprint = me.fingerprint
        """Exclusive or of the hashes of the alive names: equal on two nodes that see the same members."""
        self.sums = [0] * EVENTS
        """Of the members in each bucket, the exclusive or of their marks."""
        self._pool: list[Peer] = []
        self._order: list[Peer] = []
        self._cursor = 0
        self.sum_up(me)

    @property
    def alone(self) -> bool:
        """True if this node sees no other member alive."""
        return self.alive_count == 1

    def get(self, node: str) -> Peer | None:
        """The peer of this name, this node included."""
        return self.me if node == self.me.node else self.others.get(node)

    def address(self, place: str) -> str:
        """Address of the prober of this pool there: on a node, or where a gossip URL leads."""
        return at(self._role, place)

    def meet(self, alive: Alive, record: bytes, now: int) -> Peer:
        """A peer that is not in the table yet."""
        return Peer(alive, record, now, self._role)

    def named(self, name: str) -> Peer | None:
        """A member, also this node, by its name with or without this node's datacenter."""
        return self.get(name) or self.get(f"{name}.{self.me.alive.dc}")

    def advertising(self, url: str) -> Peer | None:
        """The live one who advertises this address while it listens elsewhere, as the nodes of a local cluster do."""
        others = (peer for peer in self.others.values() if peer.present and peer.alive.gossip != url)
        return next((peer for peer in others if peer.advertised == url), None)

    def twin(self, alive: Alive) -> Peer | None:
        """The live one of another name whose id this is."""
        everyone = (self.me, *self.others.values()) if alive.id else ()
        return next((p for p in everyone if p.alive.id == alive.id and p.node != alive.node and p.present), None)

    def add(self, peer: Peer, rng: Random) -> None:
        """A member that was unknown, alive."""
        self.others[peer.node] = peer
        self._pool.append(peer)
        self._count(peer)
        self._enlist(peer, rng)
        self.sum_up(peer)

    def sum_up(self, peer: Peer) -> None:
        """What is held of a member, this node included, is another: the sums follow."""
        self._replace(peer, peer.held())

    def turn_into(self, peer: Peer, state: MemberState, now: int) -> None:
        """Change a member's state; one that comes back from the dead is probed again in the next pass."""
        was, peer.state = peer.present, state
        peer.since = now
        if peer.present != was:
            self._count(peer)
        self.sum_up(peer)

    def remove(self, peer: Peer) -> None:
        """Forget a member that is dead or left."""
        del self.others[peer.node]
        self._pool.remove(peer)
        self._replace(peer, 0)

    def sorted(self) -> list[Peer]:
        """Everyone, this node included, in the order of names."""
        return sorted([self.me, *self.others.values()], key=lambda peer: (peer.alive.name, peer.alive.dc))

    def in_state(self, state: MemberState) -> list[Peer]:
        """The others in this state, in the order in which they became known."""
        return [peer for peer in self.others.values() if peer.state is state]

    def next_to_probe(self, now: int, keep: int, rng: Random) -> Peer | None:
        """SWIM's round robin over a shuffled list; those dead or left for longer than ``keep`` leave the list."""
        for _ in range(2 * len(self._pool) + 2):
            if self._cursor >= len(self._order):
                self._reshuffle(now - keep, rng)
            if self._cursor < len(self._order):
                peer = self._order[self._cursor]
                self._cursor += 1
                if peer.present:
                    return peer
        return None

    def pick(self, k: int, wanted: Callable[[Peer], bool], rng: Random) -> list[Peer]:
        """Up to ``k`` different random others that are ``wanted``; large pools are sampled, not shuffled."""
        n = len(self._pool)
        if n < 3 * k:
            return [peer for peer in rng.sample(self._pool, n) if wanted(peer)][:k]
        picked: list[Peer] = []
        for _ in range(3 * n):
            peer = self._pool[int(rng.random() * n)]
            if wanted(peer) and peer not in picked:
                picked.append(peer)
                if len(picked) == k:
                    break
        return picked

    def _replace(self, peer: Peer, mark: int) -> None:
        self.sums[bucket(peer.fingerprint)] ^= peer.mark ^ mark
        peer.mark = mark

    def _count(self, peer: Peer) -> None:
        self.alive_count += 1 if peer.present else -1
        self.fingerprint ^= peer.fingerprint

    def _enlist(self, peer: Peer, rng: Random) -> None:
        """At a uniform position, so that a newcomer waits no longer than 2N-1 rounds for its first probe."""
        order = self._order
        order.append(peer)
        place = int(rng.random() * len(order))
        order[place], order[-1] = order[-1], order[place]

    def _reshuffle(self, gone_before: int, rng: Random) -> None:
        self._cursor = 0
        self._order = [peer for peer in self._pool if peer.present or peer.since > gone_before]
        rng.shuffle(self._order)
