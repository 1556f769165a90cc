"""What a verb comes down to: rules on messages, disks and clocks, deeds now and deeds when it heals."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from lictor_actors.faults.selectors import NodeView
from lictor_messages.envelope import node_of, role_of
from lictor_messages.faults import ActorVerb, ClockRule, DiskRule, FaultRule, HandleActor, SpoilOnce

Names = tuple[str, ...]
SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Aim:
    """The fault's id, the nodes at this moment, and what selectors name among them (LookupError: nothing)."""

    id: str
    nodes: Sequence[NodeView]
    resolve: Callable[[Iterable[str]], Names]

    def others(self, than: Iterable[str]) -> Names:
        """Every node but these."""
        named = dict.fromkeys(than)
        return tuple(node.name for node in self.nodes if node.name not in named)


@dataclass(frozen=True, slots=True)
class Writing:
    """A verb with its selectors resolved."""

    told: str
    rules: tuple[FaultRule, ...] = ()
    disks: tuple[DiskRule, ...] = ()
    clocks: tuple[ClockRule, ...] = ()
    now: tuple[HandleActor | SpoilOnce, ...] = ()
    undo: tuple[HandleActor, ...] = ()
    stall: tuple[float, float] | None = None
    """Seconds of no turns, and from the beginning of one to the next (0: only once)."""


def refuse_actors(what: str, names: Names) -> None:
    """ValueError if one of these is not a whole node."""
    actors = [name for name in names if "@" in name]
    if actors:
        raise ValueError(f"{what} is for nodes, not for an actor like {actors[0]}")


def deed(verb: ActorVerb, name: str, **options: bool) -> HandleActor:
    """This, done to a node (``n1.dc1``) or to an actor (``prober@n1.dc1``)."""
    if "@" in name:
        return HandleActor(verb=verb, node=node_of(name), role=role_of(name), **options)
    return HandleActor(verb=verb, node=name, **options)


def ns(seconds: float) -> int:
    """Nanoseconds."""
    return round(seconds * SECOND)
