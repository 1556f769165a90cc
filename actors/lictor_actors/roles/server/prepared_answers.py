"""What the answering server adds to the run of a prepared query: chance, the limit, and where it ran."""

from __future__ import annotations

from lictor_actors.kernel.turn import Turn
from lictor_messages.answers import Query
from lictor_messages.queries import ExecutePreparedQuery, QueryExecuted


def in_random_order(answer: QueryExecuted, query: Query, dc: str, turn: Turn) -> QueryExecuted:
    """Shuffled, so that clients which take the first instance spread over all; then cut to the limit."""
    instances = list(answer.instances)
    turn.rng.shuffle(instances)
    if isinstance(query, ExecutePreparedQuery) and query.limit > 0:
        del instances[query.limit :]
    return answer.model_copy(update={"instances": tuple(instances), "datacenter": dc})
