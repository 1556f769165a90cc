"""A query reaches each member at most once, however often gossip brings it, and its answer is one of a member's own.

Serf's promise: a query is told from its repeats by its Lamport time and id, on both sides.
"""

from __future__ import annotations

from lictor_messages.envelope import Envelope, node_of, role_of
from lictor_messages.members import MemberJoined
from lictor_messages.pool import PoolAnswered, QueryAnswer


class AnsweredTwice(AssertionError):
    """A member has answered the same query again, or one answer was counted twice."""


class QueryJudge:
    """Listens to what probers answer to each other, and to those that had them ask."""

    def __init__(self) -> None:
        self._said: dict[str, dict[tuple[int, int, bool], None]] = {}
        """Member -> the queries that its present prober has acknowledged (True) or answered, by Lamport time and id."""
        self.answers = 0
        """How many came back to those that had asked."""

    def heard(self, envelope: Envelope) -> None:
        """One message that was posted. Raises AnsweredTwice."""
        body = envelope.body
        if not isinstance(body, MemberJoined | QueryAnswer | PoolAnswered) or role_of(envelope.source) != "prober":
            return
        node = node_of(envelope.source)
        match body:
            case MemberJoined() if body.member.node == node:
                self._said[node] = {}  # only a prober that begins tells of itself: it remembers nothing of before
            case QueryAnswer() if not body.relay_to and body.node == node:
                self._once(node, body)
            case PoolAnswered():
                self._sound(node, body)

    def _once(self, node: str, answer: QueryAnswer) -> None:
        said, key = self._said.setdefault(node, {}), (answer.ltime, answer.id, answer.ack)
        if key in said:
            what = "acknowledged" if answer.ack else "answered"
            raise AnsweredTwice(f"{node} has {what} query {answer.id} of Lamport time {answer.ltime} twice")
        said[key] = None

    def _sound(self, asker: str, answered: PoolAnswered) -> None:
        """Each of those that were asked at most once, and no others."""
        for nodes in (answered.acks, tuple(answer.node for answer in answered.answers)):
            if len(set(nodes)) < len(nodes) or not set(nodes) <= set(answered.asked):
                raise AnsweredTwice(f"{asker} asked {answered.asked} and counted {nodes}")
        self.answers += len(answered.answers)
