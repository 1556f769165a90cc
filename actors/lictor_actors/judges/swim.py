"""SWIM's promises: no member rises from the dead on old news, and once the network is whole everyone is known.

Das, Gupta, Motivala: "SWIM", DSN 2002, section 4.2 (incarnations order what is said about a member).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lictor_messages.envelope import Envelope, node_of, role_of
from lictor_messages.members import Member, MemberFailed, MemberJoined, MemberLeft, MemberReaped

TOLD = (MemberFailed, MemberJoined, MemberLeft, MemberReaped)
"""Looked at first: all that anybody says passes by here."""


class Resurrected(AssertionError):
    """A member that was declared dead counts as alive again without having said so."""


class SwimJudge:
    """Listens to what probers tell their own node."""

    def __init__(self) -> None:
        self._dead: dict[tuple[str, str], Member] = {}
        """(observer, member) -> the member as it was when it was declared dead or left."""
        self.failures = 0
        """How often a prober told one of its listeners that a member failed."""

    def heard(self, envelope: Envelope) -> None:
        """One message that was posted; only what probers tell is of interest."""
        body = envelope.body
        if not isinstance(body, TOLD) or role_of(envelope.source) != "prober":
            return
        observer = node_of(envelope.source)
        match body:
            case MemberFailed() | MemberLeft():
                self.failures += isinstance(body, MemberFailed)
                self._dead[observer, body.member.node] = body.member
            case MemberReaped():
                self._dead.pop((observer, body.member.node), None)
            case MemberJoined() if body.member.node == observer:
                self._new_life(observer)
            case MemberJoined():
                self._joined(observer, body.member)

    def _joined(self, observer: str, member: Member) -> None:
        dead = self._dead.get((observer, member.node))
        if dead is None:
            return
        moved = (dead.address, dead.port) != (member.address, member.port)
        if member.incarnation <= dead.incarnation and not moved:
            raise Resurrected(
                f"{observer} revived {member.node} at incarnation {member.incarnation}, "
                f"it was {dead.status} at {dead.incarnation}"
            )

    def _new_life(self, observer: str) -> None:
        for pair in [pair for pair in self._dead if pair[0] == observer]:
            del self._dead[pair]


def incomplete(views: Mapping[str, Iterable[str]]) -> list[str]:
    """What is wrong with the views of the nodes that are up: who misses whom, who still believes in whom.

    ``views`` maps each node that is up to the nodes that it holds for alive, itself included.
    """
    up = dict.fromkeys(views)
    wrong = []
    for observer, alive in views.items():
        seen = dict.fromkeys(alive)
        wrong += [f"{observer} does not see {node}" for node in up if node not in seen]
        wrong += [f"{observer} still sees {node}, which is down" for node in seen if node not in up]
    return wrong


def unlike(records: Mapping[str, Mapping[str, int]]) -> list[str]:
    """Who holds another record of a member than the member itself: gossip may miss that, an exchange of views may not.

    ``records`` maps each node that is up to the members that it holds for alive, and these to the incarnation of the
    record that it holds, itself included.
    """
    return [
        f"{observer} holds {node} at incarnation {held}, and it is at {records[node][node]}"
        for observer, view in records.items()
        for node, held in view.items()
        if node in records and held != records[node][node]
    ]
