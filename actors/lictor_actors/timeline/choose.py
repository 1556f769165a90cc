"""Which records a person wants to see."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from lictor_actors.timeline.notes import named
from lictor_actors.timeline.record import KINDS, Kind, TimelineRecord

STORY: tuple[Kind, ...] = tuple(kind for kind in KINDS if kind not in ("message", "operation", "note"))
"""What a story needs: neither every message nor every client's word."""
INF = float("inf")


def choose(
    records: Iterable[TimelineRecord],
    kinds: Collection[str] = KINDS,
    since: float = 0.0,
    until: float = INF,
    who: Sequence[str] = (),
) -> list[TimelineRecord]:
    """Records of these kinds that touch this time.

    ``who`` names nodes that they concern: one node with whomever it talks to, several only among themselves.
    """
    return [
        record
        for record in records
        if record.kind in kinds
        and record.t <= until
        and max(record.t, record.until) >= since
        and (not who or _concerns(record, who))
    ]


def _concerns(record: TimelineRecord, who: Sequence[str]) -> bool:
    if record.kind == "message" and len(who) > 1:
        return record.node in who and record.to in who
    if record.node:
        return record.node in who or record.to in who
    return record.kind == "verdict" or bool(named(record.what, [*who, "all"]))


def meant(text: str, nodes: Sequence[str]) -> list[str]:
    """The nodes that these comma separated names and globs mean. Raises LookupError for one that means none."""
    found: dict[str, None] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        matching = [node for node in nodes if fnmatchcase(node, part) or fnmatchcase(node.partition(".")[0], part)]
        if not matching:
            raise LookupError(f"there is no node {part!r} in this timeline: there are {', '.join(nodes)}")
        found.update(dict.fromkeys(matching))
    return [node for node in nodes if node in found]


def merged(records: Iterable[TimelineRecord], within_s: float = 1.0) -> list[tuple[TimelineRecord, int]]:
    """The same words of the same kind from several nodes within a moment are one, with how many more said so."""
    rows: list[tuple[TimelineRecord, int]] = []
    places: dict[tuple[str, str], int] = {}
    for record in records:
        key = record.kind, record.what.partition(", accused by")[0]
        place = places.get(key)
        if place is not None and record.t - rows[place][0].t <= within_s and record.kind in ("failure", "note"):
            rows[place] = rows[place][0], rows[place][1] + 1
            continue
        places[key] = len(rows)
        rows.append((record, 0))
    return rows


def from_start(records: Iterable[TimelineRecord]) -> list[TimelineRecord]:
    """The same with times since the first record: for times of the day."""
    rows = sorted(records, key=lambda record: record.t)
    zero = rows[0].t if rows else 0.0
    return [
        replace(row, t=round(row.t - zero, 6), until=round(row.until - zero, 6) if row.until else 0.0) for row in rows
    ]
