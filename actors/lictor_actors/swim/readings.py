"""What a gossip pool shows of itself as metrics, by the names of Serf and memberlist."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from lictor_actors.kernel.actor import Reading
from lictor_actors.kernel.turn import Turn
from lictor_actors.swim.broadcasts import Rank
from lictor_actors.swim.pool import Pool
from lictor_messages.base import Message
from lictor_messages.members import MemberFailed, MemberJoined, MemberLeft, MemberUpdated, UserEvent
from lictor_messages.swim import Alive, Dead, Suspect

EVENTS: dict[type[Message], str] = {
    MemberJoined: "serf.member.join",
    MemberFailed: "serf.member.failed",
    MemberLeft: "serf.member.left",
    MemberUpdated: "serf.member.update",
    UserEvent: "serf.events",
}
CLAIMS: dict[type[Message], str] = {
    Alive: "memberlist.msg.alive",
    Suspect: "memberlist.msg.suspect",
    Dead: "memberlist.msg.dead",
}


QUEUES = {Rank.MEMBER: "Intent", Rank.QUERY: "Query", Rank.EVENT: "Event"}


def sample_queues(pool: Pool, turn: Turn) -> None:
    """With each periodic exchange of views, about as often as Serf looks at its queues."""
    waiting = pool.gossiper.queue.lengths()
    for rank, queue in QUEUES.items():
        turn.sample(f"serf.queue.{queue};network={pool.network}", float(waiting[rank]))


def readings_of(pool: Pool) -> Iterator[Reading]:
    """Events told, claims heard, suspicions, and this node's own health."""
    network = f"network={pool.network}"
    for kind, name in EVENTS.items():
        yield f"{name};{network}", float(pool.listeners.told[kind])
    for kind, name in CLAIMS.items():
        yield f"{name};{network}", float(pool.updates.heard[kind])
    for outcome, times in pool.suspicions.ended.items():
        yield f"lictor.suspicions;{network};outcome={outcome}", float(times)
    yield f"serf.member.flap;{network}", float(pool.transitions.flaps)
    yield f"memberlist.degraded.probe;{network}", float(pool.probing.degraded)
    yield f"memberlist.degraded.timeout;{network}", float(pool.membership.unconfirmed)
    yield f"memberlist.health.score;{network}", float(pool.awareness.score)
    for state, count in Counter(peer.state.name.lower() for peer in pool.members.sorted()).items():
        yield f"memberlist.node.instances;{network};node_state={state}", float(count)
