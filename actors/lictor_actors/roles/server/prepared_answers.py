"""What the answering server adds to the run of a prepared query: an order, the limit, and where it ran."""

from __future__ import annotations

from collections.abc import Callable

from lictor_actors.kernel.turn import Turn
from lictor_messages.answers import Query
from lictor_messages.catalog import Instance
from lictor_messages.queries import ExecutePreparedQuery, QueryExecuted, RunPreparedQuery

Distances = Callable[[str], Callable[[str], float]]


def in_order(answer: QueryExecuted, query: Query, distance_from: Distances, dc: str, turn: Turn) -> QueryExecuted:
    """Shuffled, so that clients which take the first instance spread over all, or the nearest first; then cut to the
    limit."""
    instances = list(answer.instances)
    turn.rng.shuffle(instances)
    if answer.near:
        instances.sort(key=_place(answer.near, distance_from))
    if isinstance(query, ExecutePreparedQuery | RunPreparedQuery) and query.limit > 0:
        del instances[query.limit :]
    return answer.model_copy(update={"instances": tuple(instances), "datacenter": dc})


def _place(near: str, distance_from: Distances) -> Callable[[Instance], tuple[bool, float]]:
    """The node itself comes first: no other can be nearer, and it may not have measured itself."""
    distance = distance_from(near)
    return lambda instance: (instance.node.node != near, distance(instance.node.node))
