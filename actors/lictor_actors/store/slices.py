"""Large answers in slices: what an answer weighs, and its JSON cut between rows.

Records are immutable, so an answer's rows are a picture of one moment for as long as they are kept. Their JSON
is made when it is wanted, some rows at a time; the slices in a row are byte for byte what ``render`` makes at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from lictor_actors.store.render import render
from lictor_messages.answers import Answer, Query
from lictor_messages.catalog import (
    CheckRecord,
    Checks,
    Instance,
    NodeRecord,
    Nodes,
    NodeServices,
    Placement,
    ServiceHealth,
    ServiceNodes,
    ServiceRecord,
    Services,
    ServiceTags,
)
from lictor_messages.kv import Entries, Entry, KeyNames
from lictor_messages.queries import QueryExecuted
from lictor_messages.sessions import SessionRecord, Sessions
from lictor_messages.txn import Result, Transacted

SLICE_BYTES = 192 * 1024
"""One slice, give or take a row: made and packed in one or two milliseconds."""


class _Rows(NamedTuple):
    """Where an answer's rows are, and whether its JSON is nothing else than they, one after the other in brackets."""

    field: str
    brackets: bool = True


_ROWS: Mapping[type[Answer], _Rows] = {
    Entries: _Rows("entries"),
    KeyNames: _Rows("keys"),
    ServiceHealth: _Rows("instances"),
    ServiceNodes: _Rows("placements"),
    Nodes: _Rows("nodes"),
    Services: _Rows("services"),
    Checks: _Rows("checks"),
    Sessions: _Rows("sessions"),
    NodeServices: _Rows("services", brackets=False),
    QueryExecuted: _Rows("instances", brackets=False),
    Transacted: _Rows("results", brackets=False),
}


def can_be_cut(answer: Answer) -> bool:
    """Whether ``Slices`` can be made of an answer of this kind."""
    known = _ROWS.get(type(answer))
    return known is not None and known.brackets


def exceeds(answer: Answer, most: int) -> bool:
    """Whether the answer weighs more than ``most`` bytes as JSON, about; looks at no more rows than that takes."""
    known = _ROWS.get(type(answer))
    if known is None:
        return False
    rows = getattr(answer, known.field)
    return len(rows) > 1 and _end(rows, 0, most) < len(rows)


class Slices:
    """One answer's JSON, slice by slice, in any order from the first on."""

    def __init__(self, query: Query, answer: Answer) -> None:
        self._query = query
        self._answer = answer
        self._field = _ROWS[type(answer)].field
        self._rows: Sequence[Any] = getattr(answer, self._field)
        self._starts = [0]
        """The first row of every slice that is known so far."""

    def slice(self, number: int) -> bytes | None:
        """This slice; None if there is none, or if one before it was never asked for."""
        if not 0 <= number < len(self._starts):
            return None
        start, end = self._starts[number], self._end_of(number)
        rows = self._answer.model_copy(update={self._field: self._rows[start:end]})
        body, _ = render(self._query, rows)
        before = b"," if number else body[:1]
        return b"".join((before, memoryview(body)[1 : None if self.ends_with(number) else -1]))

    def ends_with(self, number: int) -> bool:
        """Whether this slice, which has been made, is the last."""
        return number + 1 == len(self._starts)

    def _end_of(self, number: int) -> int:
        if number + 1 < len(self._starts):
            return self._starts[number + 1]
        end = max(_end(self._rows, self._starts[number], SLICE_BYTES), self._starts[number] + 1)
        if end < len(self._rows):
            self._starts.append(end)
        return end


def _end(rows: Sequence[Any], start: int, most: int) -> int:
    """The row before which the rows from ``start`` on weigh more than ``most``, or how many rows there are."""
    weigh = _WEIGHTS[type(rows[start])]
    left = most
    for at in range(start, len(rows)):
        left -= weigh(rows[at])
        if left < 0:
            return at
    return len(rows)


# What a row weighs as JSON: its names and numbers are a constant, its texts are counted, their escapes are not.


def _entry(entry: Entry) -> int:
    return 150 + len(entry.key) + len(entry.value) * 4 // 3


def _texts(texts: Mapping[str, str]) -> int:
    return sum(len(name) + len(text) + 6 for name, text in texts.items()) if texts else 0


def _tags(tags: Sequence[str]) -> int:
    return sum(map(len, tags)) + 3 * len(tags)


def _node(node: NodeRecord) -> int:
    return 250 + _texts(node.meta) + _texts(node.tagged_addresses)


def _service(service: ServiceRecord) -> int:
    return 400 + _tags(service.tags) + _texts(service.meta) + 100 * len(service.tagged_addresses)


def _check(check: CheckRecord) -> int:
    definition = check.definition
    return 450 + len(check.output) + len(check.notes) + len(definition.body) + 200 * len(definition.header)


def _instance(instance: Instance) -> int:
    return _node(instance.node) + _service(instance.service) + sum(map(_check, instance.checks))


def _result(result: Result) -> int:
    for row in (result.kv, result.node, result.service, result.check):
        if row is not None:
            return _WEIGHTS[type(row)](row)
    return 2


_WEIGHTS: Mapping[type[Any], Callable[[Any], int]] = {
    str: lambda name: len(name) + 3,
    Entry: _entry,
    NodeRecord: _node,
    ServiceRecord: _service,
    CheckRecord: _check,
    Placement: lambda placement: _node(placement.node) + _service(placement.service),
    Instance: _instance,
    ServiceTags: lambda row: 10 + len(row.service) + _tags(row.tags),
    SessionRecord: lambda session: 350 + _tags(session.node_checks) + 30 * len(session.service_checks),
    Result: _result,
}
