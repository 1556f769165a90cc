"""Network coordinates of nodes, as the store holds them, and the distances that ``?near`` sorts by."""

from __future__ import annotations

from collections.abc import Callable
from math import inf

from lictor_actors.consul.structs.coordinates import NODE_COORDINATE
from lictor_actors.store.acl.sight import Sight
from lictor_actors.store.families.catalog.family import CATALOG
from lictor_actors.store.families.catalog.guards import ANY_NODE
from lictor_actors.store.families.catalog.tables import CatalogTables, fold
from lictor_actors.store.family import Family, Parts, Read, SliceRule, Write
from lictor_actors.store.guard import Need, constant, unguarded
from lictor_actors.store.indexes import Indexes
from lictor_actors.store.invariants import holds
from lictor_actors.store.ordered import Ordered
from lictor_actors.store.snapshot.tables import Table, values
from lictor_messages.answers import Query, Written
from lictor_messages.coordinates import (
    Coordinates,
    GetCoordinate,
    ListCoordinates,
    NodeCoordinate,
    PutCoordinates,
    distance_s,
)

TABLE = "coordinates"
ROW_BYTES = 300
"""Of a row as JSON, about."""


class CoordinateTable:
    """Coordinates in the order of their nodes' names; only nodes of the catalog have one."""

    __slots__ = ("catalog", "indexes", "rows")

    def __init__(self, indexes: Indexes, catalog: CatalogTables) -> None:
        self.indexes = indexes
        self.catalog = catalog
        self.rows: Ordered[str, NodeCoordinate] = Ordered()
        """By folded name."""

    def put(self, command: PutCoordinates, index: int) -> Written:
        """Where nodes lie now; those that the catalog does not know are passed over."""
        known = [row for row in command.coordinates if fold(row.node) in self.catalog.nodes]
        for row in known:
            self.load(row)
            self.indexes.touch("coordinate", fold(row.node))
        if known:
            self.indexes.bump(TABLE, index)
        return Written(index=index)

    def node_gone(self, node: str, index: int) -> None:
        """A node (folded) was removed, and its coordinate with it."""
        if self.rows.pop(node, None) is not None:
            self.indexes.touch("coordinate", node)
            self.indexes.bump(TABLE, index)

    def check_lost(self, node: str, check_id: str, index: int) -> None:
        """A node lies where it does, however it fares."""

    def get(self, query: GetCoordinate) -> Coordinates:
        """One, or none."""
        row = self.rows.get(fold(query.node))
        return Coordinates(index=self.version(query), coordinates=() if row is None else (row,))

    def list(self, query: ListCoordinates) -> Coordinates:
        """All of them."""
        return Coordinates(index=self.version(query), coordinates=tuple(self.rows.values()))

    def version(self, _: Query) -> int:
        """The index that answers report."""
        return max(self.indexes.table(TABLE), 1)

    def load(self, row: NodeCoordinate) -> None:
        """Take a row as it is."""
        self.rows[fold(row.node)] = row

    def distance_from(self, near: str) -> Callable[[str], float]:
        """How far each node is from this one, in seconds; infinitely if one of them has no coordinate."""
        here = self.rows.get(fold(near))

        def distance(node: str) -> float:
            there = self.rows.get(fold(node))
            return inf if here is None or there is None else distance_s(here.coord, there.coord)

        return distance


def _make(parts: Parts) -> CoordinateTable:
    """The catalog sorts by its distances, and tells it of nodes that go."""
    catalog = CATALOG.of(parts)
    coordinates = CoordinateTable(parts.indexes, catalog)
    catalog.dependants += (coordinates,)
    catalog.distance_from = coordinates.distance_from
    return coordinates


def _check(it: CoordinateTable) -> None:
    for name in it.rows:
        holds(name in it.catalog.nodes, f"{name} has a coordinate and is no node of the catalog")


def _seen(_: Query, answer: Coordinates, sight: Sight) -> Coordinates:
    seen = tuple(row for row in answer.coordinates if sight.sees("node", "read", row.node))
    return answer.model_copy(update={"coordinates": seen})


def _shape(_: Query, answer: Coordinates) -> object:
    return [NODE_COORDINATE.row(row) for row in answer.coordinates]


COORDINATES = Family(
    name="coordinates",
    make=_make,
    writes=(Write(PutCoordinates, CoordinateTable.put, unguarded, leaders_own=True),),
    reads=(
        Read(
            GetCoordinate,
            CoordinateTable.get,
            CoordinateTable.version,
            lambda query: (("coordinate", fold(query.node)),),
            lambda query: (Need("node", "read", query.node),),
        ),
        Read(
            ListCoordinates,
            CoordinateTable.list,
            CoordinateTable.version,
            lambda _: (("table", TABLE),),
            constant(ANY_NODE),
        ),
    ),
    tables=(
        Table(
            "coordinates",
            lambda it: values(it.rows),
            CoordinateTable.load,
            covers=("rows",),
            fault=lambda row, _: "" if row.node else "it names no node",
            record=NodeCoordinate,
        ),
    ),
    state=lambda it: iter(it.rows.values()),
    check=_check,
    shapes={Coordinates: _shape},
    hides={Coordinates: _seen},
    cuts=(SliceRule(Coordinates, "coordinates", lambda _: ROW_BYTES),),
)
