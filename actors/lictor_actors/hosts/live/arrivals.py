"""What comes over the wire for the nodes of one process: judged, then handed to the actor that it is for."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from lictor_actors.bus.intake import Intake, MailDesk
from lictor_actors.bus.speakers import Speaker
from lictor_actors.hosts.live.faults import Tap
from lictor_actors.hosts.node import Node
from lictor_messages.base import Message
from lictor_messages.envelope import Envelope, at, node_of, role_of
from lictor_messages.refusals import Refused


class Arrivals:
    """Knows which nodes are hosted here, and by which URLs they are joined."""

    def __init__(self, count: Callable[[str], None], tap: Callable[[], Tap | None]) -> None:
        """``tap`` returns the one that watches at the moment, if there is one."""
        self._count = count
        self._tap = tap
        self._intake = Intake(self._place, self._desk, count)
        self._nodes: dict[str, Node] = {}
        self._by_url: dict[str, list[Node]] = {}
        self._takers: dict[str, Callable[[Envelope], None]] = {}
        """Target → who takes its mail: looked up once instead of for every message."""

    def begin(self, node: Node, urls: Iterable[str]) -> None:
        """This node is hosted here, and its pools are joined by these URLs."""
        self._nodes[node.name] = node
        for url in urls:
            self._by_url.setdefault(url, []).append(node)

    def end(self, node: Node, gossip_url: str) -> None:
        """This node is hosted here no more."""
        self._nodes.pop(node.name, None)
        self._by_url[gossip_url].remove(node)
        for target in [target for target in self._takers if node_of(target) == node.name]:
            del self._takers[target]

    def arrived(self, packed: bytes, speaker: Speaker | None) -> None:
        """One packed envelope of a frame, and who may have sent it."""
        envelope = self._intake.admit(packed, self._kept_out, speaker)
        if envelope is None:
            return
        tap = self._tap()
        if tap is not None:
            tap.arrived(envelope)
        taker = self._takers.get(envelope.target)
        if taker is not None:
            taker(envelope)
        else:
            self._deliver(envelope)

    def _deliver(self, envelope: Envelope) -> None:
        node = self._nodes.get(node_of(envelope.target))
        if node is None:
            self._not_hosted(envelope)
            return
        taker = node.taker(role_of(envelope.target))
        if taker is not None:
            self._takers[envelope.target] = taker
        node.deliver(envelope)

    def _place(self, envelope: Envelope) -> None:
        """A join names a place, not a node: any node there will do, one of the asker's own name only if alone.

        A place that no node here advertises is a name, or another address, of this machine: it has led here.
        """
        home = node_of(envelope.source)
        known = self._by_url.get(node_of(envelope.target), self._nodes.values())
        there = sorted(known, key=lambda node: node.name == home)
        if there:
            envelope.target = at(role_of(envelope.target), there[0].name)

    def _desk(self, node: str, role: str) -> MailDesk | None:
        found = self._nodes.get(node)
        return found.desk(role) if found is not None else None

    def _kept_out(self, envelope: Envelope, kind: type[Message], answer: Refused | None) -> None:
        node = self._nodes.get(node_of(envelope.target))
        if node is not None:
            node.keep_out(envelope, answer)

    def _not_hosted(self, envelope: Envelope) -> None:
        self._count("arrived_for_nobody")
        for node in self._nodes.values():
            node.refuse(envelope, "not_hosted_here")
            return
