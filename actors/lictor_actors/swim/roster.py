"""Who is known: a view that many nodes share, and what one node holds differently (copy on write).

A cluster that starts as a whole ends with the same view on every node. Ten thousand nodes that each hold ten thousand
members are a hundred million records; they need ten thousand, and for each node what it has seen change since.
"""

from __future__ import annotations

from bisect import bisect, insort
from collections.abc import Iterable, Iterator, Mapping, ValuesView

from lictor_actors.swim.marks import EVENTS, bucket
from lictor_actors.swim.peer import Peer
from lictor_messages.members import Member


class SharedView:
    """Members that are alive, all of them: what nodes may begin with instead of joining. No table changes it."""

    def __init__(self, peers: Iterable[Peer] = ()) -> None:
        self.peers = {peer.node: peer for peer in peers}
        self.names = tuple(self.peers)
        self.places = {name: place for place, name in enumerate(self.names)}
        self.processed = frozenset(hash(peer.record) for peer in self.peers.values())
        """Hashes of their records, which none needs to weigh again."""
        self.servers = tuple(peer.node for peer in self.peers.values() if peer.is_server)
        self.fingerprint = 0
        self.sums = [0] * EVENTS
        for peer in self.peers.values():
            self.fingerprint ^= peer.fingerprint
            peer.mark = peer.held()
            self.sums[bucket(peer.fingerprint)] ^= peer.mark
        self.buckets = sorted_into(self.peers.values())
        self._members: tuple[Member, ...] = ()

    def members(self) -> tuple[Member, ...]:
        """All of them as others get to see them, in the order of names."""
        if not self._members:
            everyone = sorted(self.peers.values(), key=lambda peer: (peer.alive.name, peer.alive.dc))
            self._members = tuple(peer.member() for peer in everyone)
        return self._members


def sorted_into(peers: Iterable[Peer]) -> tuple[list[str], ...]:
    """The names of these by their bucket."""
    buckets: tuple[list[str], ...] = tuple([] for _ in range(EVENTS))
    for peer in peers:
        buckets[bucket(peer.fingerprint)].append(peer.node)
    return buckets


NO_ONE = SharedView()
"""With what every node begins that is not told more."""


class _Peers(ValuesView[Peer]):
    """Without a look-up for each."""

    _mapping: Roster

    def __iter__(self) -> Iterator[Peer]:
        return self._mapping.peers()


class Roster(Mapping[str, Peer]):
    """The other members by name, in the order in which they became known."""

    __slots__ = ("_gaps", "_new", "_new_in", "_own", "_view")

    def __init__(self, view: SharedView, me: str) -> None:
        self._view = view
        self._own: dict[str, Peer] = {}
        """Those that differ from the view, or are not in it."""
        self._gaps = [view.places[me]] if me in view.places else []
        """Places of the view that do not count: this node itself, and the members that it has forgotten."""
        self._new: list[str] = []
        """Those that became known later."""
        self._new_in: dict[int, list[str]] = {}
        """The same by their bucket."""

    # -- a mapping ---------------------------------------------------------------

    def __getitem__(self, name: str) -> Peer:
        peer = self.get(name)
        if peer is None:
            raise KeyError(name)
        return peer

    def get(self, name: str, default: Peer | None = None) -> Peer | None:  # type: ignore[override]
        """Its peer. It may be shared: see ``own``."""
        peer = self._own.get(name)
        if peer is None and self._counts(name):
            peer = self._view.peers[name]
        return peer if peer is not None else default

    def __contains__(self, name: object) -> bool:
        return name in self._own or self._counts(name)

    def __len__(self) -> int:
        return self._shared + len(self._new)

    def __iter__(self) -> Iterator[str]:
        yield from self.names()

    def values(self) -> ValuesView[Peer]:
        """All peers."""
        return _Peers(self) if self._shared else self._own.values()

    # -- by place ----------------------------------------------------------------

    def names(self) -> list[str]:
        """All names."""
        names = list(self._view.names)
        for gap in reversed(self._gaps):
            del names[gap]
        return names + self._new

    def peers(self) -> Iterator[Peer]:
        """All peers, one after the other."""
        own, gaps = self._own, frozenset(self._gaps)
        for place, peer in enumerate(self._view.peers.values()):
            if place not in gaps:
                yield own.get(peer.node, peer)
        for name in self._new:
            yield own[name]

    def at(self, place: int) -> Peer:
        """The one who became known as the ``place``-th."""
        if place >= self._shared:
            return self._own[self._new[place - self._shared]]
        for gap in self._gaps:
            if gap > place:
                break
            place += 1
        return self[self._view.names[place]]

    def in_bucket(self, number: int) -> Iterator[Peer]:
        """Those whose names fall into this bucket."""
        for name in self._view.buckets[number]:
            if self._counts(name):
                yield self._own.get(name) or self._view.peers[name]
        for name in self._new_in.get(number, ()):
            yield self._own[name]

    # -- what differs ------------------------------------------------------------

    def add(self, peer: Peer) -> None:
        """One that was unknown."""
        self._own[peer.node] = peer
        self._new.append(peer.node)
        self._new_in.setdefault(bucket(peer.fingerprint), []).append(peer.node)

    def own(self, peer: Peer) -> Peer:
        """The same peer, to be changed: this node's alone from now on."""
        mine = self._own.get(peer.node)
        if mine is None:
            mine = self._own[peer.node] = peer.own()
        return mine

    def remove(self, peer: Peer) -> None:
        """Forget one."""
        self._own.pop(peer.node, None)
        if self._counts(peer.node):
            insort(self._gaps, self._view.places[peer.node])
        else:
            self._new.remove(peer.node)
            self._new_in[bucket(peer.fingerprint)].remove(peer.node)

    def differing(self) -> list[Peer]:
        """Those that are not, or may not be, as the view has them."""
        if not self._shared:
            return list(self._own.values())
        return [self._own[name] for name in self._in_order(self._own)]

    def servers(self) -> list[Peer]:
        """Those that are servers; in a large view they are few, and each node looks for them once a minute."""
        # One that differs from the view may have become a server.
        everyone = (self[name] for name in self._in_order((*self._view.servers, *self._own)))
        return [peer for peer in everyone if peer.is_server]

    @property
    def untouched(self) -> bool:
        """True as long as this node knows exactly what the view says."""
        return bool(self._shared) and not self._own and len(self._gaps) == 1

    @property
    def _shared(self) -> int:
        return len(self._view.names) - len(self._gaps)

    def _in_order(self, names: Iterable[str]) -> Iterator[str]:
        """Those of these names that stand for the view's members, then all new ones."""
        # Those that became known anew after they were forgotten are new, although the view names them.
        yield from sorted({name for name in names if self._counts(name)}, key=self._view.places.__getitem__)
        yield from self._new

    def _counts(self, name: object) -> bool:
        place = self._view.places.get(name)  # type: ignore[call-overload]
        if place is None:
            return False
        after = bisect(self._gaps, place)
        return after == 0 or self._gaps[after - 1] != place
