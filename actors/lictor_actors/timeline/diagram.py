"""A space-time diagram as one HTML file that needs nothing else (Lamport 1978): nodes are rows, time runs to the right.

An overview of the whole run stands on top: who led, which faults held, when nodes were suspected. Below it is the part
that its reader picks, with every message and mark in it. The page carries records; page.js draws them in the browser.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from html import escape
from importlib.resources import files
from typing import Any

from lictor_actors.timeline.notes import named
from lictor_actors.timeline.record import KINDS, TimelineRecord
from lictor_actors.timeline.spans import Span, end_of, leaders, nodes_of, outages

MESSAGES_MOST = 60_000
"""Messages beyond this are left out, plain ones first: a file of ten megabytes is enough for any browser."""
FIELDS = ("t", "node", "kind", "what", "role", "to", "until", "fate", "cause")
"""The columns of a record in the page."""


def page(
    shown: Sequence[TimelineRecord],
    everything: Sequence[TimelineRecord],
    lanes: Sequence[str] = (),
    *,
    title: str = "Timeline",
    since: float = 0.0,
    until: float = float("inf"),
) -> Iterator[str]:
    """The file, piece by piece: the records that are ``shown``, and who led and what was down from ``everything``.

    ``lanes`` are the nodes that have a row: all, if left out. ``since`` and ``until``: the window that opens first.
    """
    nodes = list(lanes) or nodes_of(everything)
    end = end_of(everything) or 1.0
    kept, left_out = _thinned(shown)
    data = {
        "title": title,
        "nodes": nodes,
        "kinds": KINDS,
        "fields": FIELDS,
        "window": [max(since, 0.0), min(until, end)],
        "end": end,
        "leftOut": left_out,
        "leads": [_span(span, nodes) for span in leaders(everything) if span.node in nodes],
        "down": [_span(span, nodes) for span in outages(everything) if span.node in nodes],
        "faults": [_fault(record, nodes) for record in everything if record.kind == "fault"],
        "suspicions": [record.t for record in everything if record.kind == "suspicion"],
        "records": [_row(record, nodes) for record in kept if record.kind != "fault"],
    }
    yield f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(title)}</title>\n"
    yield f"<style>{_part('page.css')}</style>\n"
    yield "<div id=page><noscript>This page draws with JavaScript.</noscript></div>\n"
    yield f"<script>const DATA={_embedded(data)};\n{_part('page.js')}</script></html>\n"


def _thinned(shown: Sequence[TimelineRecord]) -> tuple[list[TimelineRecord], int]:
    """Without the plain messages that would be too many."""
    messages = [record for record in shown if record.kind == "message"]
    if len(messages) <= MESSAGES_MOST:
        return list(shown), 0
    struck = [record for record in messages if record.fate]
    plain = [record for record in messages if not record.fate]
    kept = {id(record) for record in (struck + plain)[:MESSAGES_MOST]}
    drawn = [record for record in shown if record.kind != "message" or id(record) in kept]
    return drawn, len(messages) - MESSAGES_MOST


def _row(record: TimelineRecord, nodes: Sequence[str]) -> list[Any]:
    """A record as FIELDS: nodes by their numbers, -1 for none, without what is empty at the end."""
    row = [record.t, _number(record.node, nodes), KINDS.index(record.kind), record.what, record.role]
    row += [_number(record.to, nodes), record.until, record.fate, record.cause]
    while row and row[-1] in ("", 0.0, -1):
        row.pop()
    return row


def _fault(record: TimelineRecord, nodes: Sequence[str]) -> list[Any]:
    """When it struck and healed (0: at once), its words, and the rows that it hit, by sides; none means all."""
    sides = [[_number(node, nodes) for node in named(side, nodes)] for side in record.what.split(" | ")]
    return [record.t, record.until, record.what, [side for side in sides if side]]


def _span(span: Span, nodes: Sequence[str]) -> list[Any]:
    return [_number(span.node, nodes), span.since, span.until, span.what]


def _number(node: str, nodes: Sequence[str]) -> int:
    return nodes.index(node) if node in nodes else -1


def _part(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _embedded(data: dict[str, Any]) -> str:
    """JSON that no words of a record can break out of."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
