"""Who led when, who was down when, and whom a fault held: what a timeline's records amount to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from lictor_actors.timeline.notes import named
from lictor_actors.timeline.record import TimelineRecord

_LEADS = re.compile(r"raft: leads term (\d+)")
_DOWN = re.compile(r"(power cut|kill|stop) (\S+)$")
_UP = re.compile(r"restart (\S+)( with an empty disk)?$")
_ENDED = re.compile(r"(?:power cut|kill|stop|(?:crash|restart) (?:server|all) on) (\S+)$")
"""A leader there leads no more."""
_OVER = ("leads no more", "raft: no quorum", "raft: resigns")


class Span(NamedTuple):
    """On ``node`` from one time to another, in seconds."""

    node: str
    since: float
    until: float
    what: str


def nodes_of(records: Iterable[TimelineRecord]) -> list[str]:
    """Every node, servers first, in the order of their names' numbers."""
    found = {name: None for record in records for name in (record.node, record.to) if name and "://" not in name}
    return sorted(found, key=_order)


def _order(node: str) -> tuple[bool, list[tuple[int, int, str]]]:
    parts = re.findall(r"\d+|\D+", node)
    return not node.startswith("server"), [(0, int(p), "") if p.isdigit() else (1, 0, p) for p in parts]


def end_of(records: Sequence[TimelineRecord]) -> float:
    """The last moment that anything is known of."""
    return max((max(record.t, record.until) for record in records), default=0.0)


def leaders(records: Sequence[TimelineRecord]) -> list[Span]:
    """Who led which term: until it gave up, went down, or the records end."""
    end, open_, spans = end_of(records), dict[str, tuple[float, str]](), list[Span]()

    def close(node: str, t: float) -> None:
        if node in open_:
            since, term = open_.pop(node)
            spans.append(Span(node, since, t, f"leads term {term}"))

    for record in records:
        led = _LEADS.match(record.what) if record.kind == "leader" else None
        if led:
            close(record.node, record.t)
            open_[record.node] = record.t, led[1]
        elif record.kind == "leader" and record.what.startswith(_OVER):
            close(record.node, record.t)
        elif record.kind == "fault" and (ended := _ENDED.match(record.what)):
            close(ended[1], record.t)
    for node in list(open_):
        close(node, end)
    return sorted(spans, key=lambda span: span.since)


def outages(records: Sequence[TimelineRecord]) -> list[Span]:
    """Which node was down when."""
    end, since, spans = end_of(records), dict[str, tuple[float, str]](), list[Span]()
    for record in records:
        if record.kind != "fault":
            continue
        down, up = _DOWN.match(record.what), _UP.match(record.what)
        if down:
            since.setdefault(down[2], (record.t, down[1]))
        elif up and up[1] in since:
            began, why = since.pop(up[1])
            spans.append(Span(up[1], began, record.t, f"down: {why}"))
    spans += [Span(node, began, end, f"down: {why}") for node, (began, why) in since.items()]
    return sorted(spans, key=lambda span: span.since)


def faults(records: Sequence[TimelineRecord], nodes: Sequence[str]) -> list[Span]:
    """Faults that held for a while, once for each node that they name; those that name none hold for all."""
    spans = []
    for record in records:
        if record.kind == "fault" and record.until > record.t:
            hit = named(record.what, nodes) or list(nodes)
            spans += [Span(node, record.t, record.until, record.what) for node in hit]
    return spans
