"""The member table, whose turn it is to be probed, and random picks among its members."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from random import Random

from lictor_actors.swim.marks import bucket
from lictor_actors.swim.peer import MemberState as MemberState
from lictor_actors.swim.peer import Peer as Peer
from lictor_actors.swim.probe_order import ProbeOrder
from lictor_actors.swim.roster import NO_ONE, Roster, SharedView
from lictor_messages.envelope import at, role_of
from lictor_messages.members import Member
from lictor_messages.swim import Alive


class MemberTable:
    """Everyone this node knows; ``me`` is not among ``others``. It begins with those of ``view``, if there are any.

    A peer that it hands out may be shared with other tables of the process: before a change, take ``own(peer)``.
    """

    def __init__(self, me: Peer, view: SharedView = NO_ONE) -> None:
        self.me = me
        self.role = role_of(me.address)
        self.begin_with(view)

    def begin_with(self, view: SharedView) -> None:
        """Know the members of this view. Nothing else was known yet."""
        me = self.me
        self.view = view
        self.others = Roster(view, me.node)
        self._order = ProbeOrder(view.names)
        self.alive_count = len(self.others) + 1
        """Members alive or suspect, this node included: the N of every formula."""
        self.fingerprint = view.fingerprint ^ (0 if me.node in view.peers else me.fingerprint)
        """Exclusive or of the hashes of the alive names: equal on two nodes that see the same members."""
        self.sums = list(view.sums)
        """Of the members in each bucket, the exclusive or of their marks."""
        me.mark = view.peers[me.node].mark if me.node in view.peers else 0
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
        return at(self.role, place)

    def meet(self, alive: Alive, record: bytes, now: int) -> Peer:
        """A peer that is not in the table yet."""
        return Peer(alive, record, now, self.role)

    def own(self, peer: Peer) -> Peer:
        """The same peer, to be changed: this table's alone from now on."""
        return peer if peer is self.me else self.others.own(peer)

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

    def add(self, peer: Peer) -> None:
        """A member that was unknown, alive."""
        self.others.add(peer)
        self._count(peer)
        self._order.add(peer.node)
        self.sum_up(peer)

    def sum_up(self, peer: Peer) -> None:
        """What is held of a member, this node included, is another: the sums follow. Not of a shared peer."""
        self._replace(peer, peer.held())

    def turn_into(self, peer: Peer, state: MemberState, now: int) -> None:
        """Change the state of an own peer; one that comes back from the dead is probed again in the next pass."""
        was, peer.state = peer.present, state
        peer.since = now
        if peer.present != was:
            self._count(peer)
        self.sum_up(peer)

    def remove(self, peer: Peer) -> None:
        """Forget a member that is dead or left."""
        self.others.remove(peer)
        self._replace(peer, 0)

    def sorted(self) -> list[Peer]:
        """Everyone, this node included, in the order of names."""
        return by_name([self.me, *self.others.values()])

    def listed(self) -> tuple[Member, ...]:
        """Everyone, this node included, as others get to see them, in the order of names."""
        mine = self.view.peers.get(self.me.node)
        if mine is not None and self.others.untouched and mine.record == self.me.stronger:
            return self.view.members()
        return tuple(peer.member() for peer in self.sorted())

    def in_bucket(self, number: int) -> list[Peer]:
        """Everyone, this node included, whose name falls into this bucket (see ``marks``)."""
        me = [self.me] if bucket(self.me.fingerprint) == number else []
        return [*me, *self.others.in_bucket(number)]

    def listed_servers(self) -> tuple[Member, ...]:
        """The servers, and this node, as ``listed``."""
        return tuple(peer.member() for peer in by_name([self.me, *self.servers()]))

    def accused(self, state: MemberState) -> list[Peer]:
        """The others in this state, which is not ALIVE, in the order in which they became known."""
        return [peer for peer in self.others.differing() if peer.state is state]

    def servers(self) -> list[Peer]:
        """The others that are servers, in the order in which they became known."""
        return self.others.servers()

    def gone(self) -> list[Peer]:
        """The others that are dead or left, in the order in which they became known."""
        return [peer for peer in self.others.differing() if not peer.present]

    def next_to_probe(self, now: int, keep: int, rng: Random) -> Peer | None:
        """SWIM's round robin over a shuffled list; those dead or left for longer than ``keep`` leave the list."""
        for _ in range(2 * len(self.others) + 2):
            if not self._order:
                self._order = ProbeOrder(self._names_since(now - keep))
            if self._order:
                peer = self.others.get(self._order.draw(rng))
                if peer is not None and peer.present:
                    return peer
        return None

    def pick(self, k: int, wanted: Callable[[Peer], bool], rng: Random) -> list[Peer]:
        """Up to ``k`` different random others that are ``wanted``; large pools are sampled, not shuffled."""
        n = len(self.others)
        if n < 3 * k:
            return [peer for peer in map(self.others.at, rng.sample(range(n), n)) if wanted(peer)][:k]
        picked: list[Peer] = []
        for _ in range(3 * n):
            peer = self.others.at(int(rng.random() * n))
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

    def _names_since(self, gone_before: int) -> list[str]:
        """All others but those that were gone by then."""
        long_gone = {peer.node for peer in self.gone() if peer.since <= gone_before}
        names = self.others.names()
        return [name for name in names if name not in long_gone] if long_gone else names


def by_name(peers: Iterable[Peer]) -> list[Peer]:
    """In the order of names."""
    return sorted(peers, key=lambda peer: (peer.alive.name, peer.alive.dc))
