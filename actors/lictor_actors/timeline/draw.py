"""The timeline in a terminal: a column for each node, a line for each thing that happened, time runs down."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from lictor_actors.timeline.choose import merged
from lictor_actors.timeline.notes import named
from lictor_actors.timeline.record import Kind, TimelineRecord
from lictor_actors.timeline.spans import Span, faults, leaders, nodes_of, outages

Paint = Callable[[str, str], str]
"""(text, style) -> text with the terminal's codes around it."""
LANE = 3
TIME = 10
LANES_SHARE = 0.45
"""Of the width, at most: the rest is for words."""
STYLES: dict[Kind, str] = {
    "fault": "red",
    "election": "cyan",
    "leader": "bold blue",
    "suspicion": "yellow",
    "refutation": "green",
    "failure": "magenta",
    "crash": "bold red",
    "operation": "dim",
    "message": "dim",
    "verdict": "bold red",
    "note": "dim",
}
MARKS: dict[Kind, str] = {
    "fault": "!",
    "election": "?",
    "leader": "◆",
    "suspicion": "s",
    "refutation": "r",
    "failure": "x",
    "crash": "X",
    "operation": "o",
    "message": ">",
    "verdict": "‼",
    "note": "·",
}
LANES = "┃ leads   │ up   ┊ a fault holds it   (blank) down"


def plain(text: str, style: str) -> str:
    """No colours."""
    return text


def draw(
    shown: Sequence[TimelineRecord],
    everything: Sequence[TimelineRecord],
    width: int = 100,
    paint: Paint = plain,
    lanes: Sequence[str] = (),
) -> Iterator[str]:
    """Lines for the records that are ``shown``; the lanes' state comes from ``everything``. ``lanes``: all nodes."""
    nodes = lanes or nodes_of(everything)
    lanes = nodes[: max(1, int(width * LANES_SHARE) // LANE)]
    yield from _head(lanes, len(nodes), width)
    state = _State(everything, nodes)
    for record, more in merged(shown):
        cells = "".join(_cell(record, lane, state, paint) for lane in lanes)
        text = _text(record, more, shown_lanes=lanes)
        room = max(20, width - TIME - 2 - LANE * len(lanes))
        if len(text) > room:
            text = text[: room - 1] + "…"
        yield f"{record.t:{TIME}.6f}  {cells}{paint(text, STYLES[record.kind])}"


def _head(lanes: Sequence[str], nodes: int, width: int) -> Iterator[str]:
    yield LANES
    yield from _rows([f"{mark} {kind}" for kind, mark in MARKS.items()], width)
    yield from _rows([f"{number}={lane}" for number, lane in enumerate(lanes, 1)], width)
    if nodes > len(lanes):
        yield f"and {nodes - len(lanes)} more nodes without a column"
    numbers = "".join(f"{number:<{LANE}}" for number in range(1, len(lanes) + 1))
    yield f"{'seconds':>{TIME}}  {numbers}".rstrip()


def _rows(words: Sequence[str], width: int) -> Iterator[str]:
    """Words beside each other, as many as fit into a line."""
    line = ""
    for word in words:
        if line and len(line) + 3 + len(word) > width:
            yield line
            line = ""
        line += f"   {word}" if line else word
    yield line


def _text(record: TimelineRecord, more: int, shown_lanes: Sequence[str]) -> str:
    who = record.node.partition(".")[0]
    where = f"{record.role}@{who}" if record.role else who
    text = f"{where} > {record.to.partition('.')[0]}: {record.what}" if record.to else f"{where}: {record.what}"
    if record.kind in ("fault", "verdict"):
        text = record.what.splitlines()[0]
    if record.fate:
        text += f" ({record.fate})"
    if record.until > record.t:
        text += f" [{_lasted(record.until - record.t)}]"
    elif record.kind == "operation":
        text += " [no answer]"
    return text + (f"  (and {more} more)" if more else "")


def _lasted(seconds: float) -> str:
    return f"{seconds * 1000:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"


class _State:
    """How each lane looks at a time."""

    def __init__(self, records: Sequence[TimelineRecord], nodes: Sequence[str]) -> None:
        self._leads = leaders(records)
        self._down = outages(records)
        self._held = faults(records, nodes)
        self.nodes = nodes

    def glyph(self, node: str, t: float) -> tuple[str, str]:
        if _within(self._down, node, t):
            return " ", ""
        leads, held = _within(self._leads, node, t), _within(self._held, node, t)
        return ("┃" if leads else "┊" if held else "│"), "red" if held else "bold blue" if leads else "dim"


def _within(spans: Sequence[Span], node: str, t: float) -> bool:
    return any(span.node == node and span.since <= t <= span.until for span in spans)


def _cell(record: TimelineRecord, lane: str, state: _State, paint: Paint) -> str:
    concerned = record.node == lane or (record.kind == "fault" and lane in named(record.what, state.nodes))
    if concerned:
        glyph, style = MARKS[record.kind], STYLES[record.kind]
    elif record.to == lane:
        glyph, style = "<", STYLES[record.kind]
    else:
        glyph, style = state.glyph(lane, record.t)
    return paint(glyph, style) + " " * (LANE - 1)
