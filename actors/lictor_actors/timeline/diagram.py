"""A space-time diagram as one HTML file that needs nothing else: nodes side by side, time runs down (Lamport 1978)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import NamedTuple

from lictor_actors.timeline.notes import named
from lictor_actors.timeline.record import Kind, Record
from lictor_actors.timeline.spans import Span, end_of, faults, leaders, nodes_of, outages

LEFT, TOP = 76, 20
"""Left of the lanes is the time, which stays in sight."""
LANE_LEAST, LANE_MOST, WIDTH = 44, 150, 1100
"""Lanes share this width; many get the least, and their names stand upright."""
UPRIGHT_BELOW = 84
HEIGHT_LEAST, HEIGHT_MOST = 500, 24_000
PER_RECORD = 9
"""Pixels that a record gets on average."""
MESSAGES_MOST = 4000
"""Arrows beyond this are left out, plain ones first: a browser has to draw them all."""
WORDS_MOST = 90
TICKS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60)
FAMILIES = {"raft": "raft", "swim": "swim"}
ARROWS = {"raft": "raft", "swim": "gossip", "rest": "requests and answers", "delayed": "delayed or held"}

MARKS: dict[Kind, tuple[str, str]] = {
    "election": ("#0891b2", "stands for election"),
    "leader": ("#1d4ed8", "leads, or leads no more"),
    "suspicion": ("#d97706", "suspects"),
    "refutation": ("#16a34a", "refutes"),
    "failure": ("#a21caf", "declares failed or left"),
    "crash": ("#111827", "crashed"),
    "note": ("#9ca3af", "says"),
}

STYLE = """
body{font:14px/1.4 system-ui,sans-serif;margin:0;background:#fff;color:#1f2937}
header{padding:12px 20px;max-width:70em}h1{font-size:18px;margin:0 0 4px}header p{margin:2px 0;color:#4b5563}
.key{display:inline-flex;align-items:center;gap:5px;margin:2px 14px 2px 0;white-space:nowrap}.key svg{flex:none}
.names{position:sticky;top:0;background:#fffffff0;border-bottom:1px solid #d1d5db;z-index:2;height:26px}
.names span{position:absolute;transform:translateX(-50%);font-weight:600;font-size:12px;bottom:4px;white-space:nowrap}
.upright{height:84px}.upright span{writing-mode:vertical-rl;transform:translateX(-50%) rotate(180deg)}
.run{display:flex}.times{position:sticky;left:0;z-index:1;flex:none;background:#ffffffe0}
text{font:11px system-ui,sans-serif;fill:#6b7280}
.lane{stroke:#cbd5e1;stroke-width:1.5}.tick{stroke:#f1f5f9}
.leads{fill:#1d4ed8;opacity:.75}.down{fill:#6b7280;opacity:.55}.fault{fill:#ef4444;opacity:.13}
.instant{stroke:#ef4444;stroke-width:1.5;stroke-dasharray:2 3}
.m{stroke-width:1;fill:none;opacity:.75}.raft{stroke:#2563eb}.swim{stroke:#94a3b8}.rest{stroke:#059669}
.delayed,.held{stroke-dasharray:6 3;stroke:#d97706}.duplicated{stroke:#7c3aed}
.gone{stroke:#dc2626}.cross{stroke:#dc2626;stroke-width:1.6}
.said{fill:#b91c1c;paint-order:stroke;stroke:#fff;stroke-width:3px}
.op{fill:#059669;opacity:.8}.op.open{fill:#f59e0b}.verdict{stroke:#dc2626;stroke-width:3}
.m:hover,.op:hover,circle:hover,.fault:hover,.leads:hover{stroke-width:4;opacity:1;stroke:#111827}
"""


class _Frame(NamedTuple):
    """The window of time, and where things lie in it."""

    since: float
    until: float
    height: float
    nodes: list[str]

    def y(self, t: float) -> float:
        share = (min(max(t, self.since), self.until) - self.since) / (self.until - self.since)
        return round(TOP + share * self.height, 1)

    @property
    def lane(self) -> float:
        return min(max(LANE_LEAST, WIDTH // len(self.nodes)), LANE_MOST)

    def x(self, node: str) -> float:
        return self.lane * (self.nodes.index(node) + 0.5)

    @property
    def width(self) -> float:
        return self.lane * len(self.nodes) + 20


def page(
    shown: Sequence[Record],
    everything: Sequence[Record],
    lanes: Sequence[str] = (),
    *,
    title: str = "Timeline",
    since: float = 0.0,
    until: float = float("inf"),
) -> Iterator[str]:
    """The file, piece by piece: the records that are ``shown`` within this time, spans from ``everything``.

    ``lanes`` are the nodes that have one: all, if left out.
    """
    nodes = list(lanes) or nodes_of(everything) or [""]
    until = min(until, end_of(everything)) or 1.0
    since = min(since or min((record.t for record in shown), default=0.0), until - 0.001)
    drawn, left_out = _thinned(shown)
    frame = _Frame(since, until, min(max(HEIGHT_LEAST, PER_RECORD * len(drawn)), HEIGHT_MOST), nodes)
    yield f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(title)}</title><style>{STYLE}</style>\n"
    yield from _header(title, frame, drawn, left_out)
    yield from _names(frame)
    high = frame.height + 2 * TOP
    yield f'<div class=run><svg class=times width={LEFT} height="{high}">'
    yield from (f"<text x=8 y={y + 4}>{t:.6g} s</text>" for t, y in _ticks(frame))
    yield f'</svg>\n<svg xmlns="http://www.w3.org/2000/svg" width="{frame.width}" height="{high}">\n'
    yield '<defs><marker id=a viewBox="0 0 6 6" refX=6 refY=3 markerWidth=6 markerHeight=6 orient=auto>'
    yield '<path d="M0 0L6 3L0 6z" fill=context-stroke /></marker></defs>\n'
    yield from _grid(frame)
    yield from _spans(frame, everything)
    for record in drawn:
        yield from _one(frame, record)
    yield "</svg></div></div></html>\n"


def _names(frame: _Frame) -> Iterator[str]:
    upright = " upright" if frame.lane < UPRIGHT_BELOW else ""
    yield f'<div style="width:{LEFT + frame.width}px"><div class="names{upright}">'
    yield from (f"<span style=left:{LEFT + frame.x(node)}px>{escape(node)}</span>" for node in frame.nodes)
    yield "</div>\n"


def _thinned(shown: Sequence[Record]) -> tuple[list[Record], int]:
    """Without the plain messages that would be too many."""
    messages = [record for record in shown if record.kind == "message"]
    if len(messages) <= MESSAGES_MOST:
        return list(shown), 0
    struck = [record for record in messages if record.fate]
    plain = [record for record in messages if not record.fate]
    kept = {id(record) for record in (struck + plain)[:MESSAGES_MOST]}
    drawn = [record for record in shown if record.kind != "message" or id(record) in kept]
    return drawn, len(messages) - MESSAGES_MOST


def _header(title: str, frame: _Frame, drawn: Sequence[Record], left_out: int) -> Iterator[str]:
    messages = sum(record.kind == "message" for record in drawn)
    yield f"<header><h1>{escape(title)}</h1><p>{frame.since:g} to {frame.until:.6g} s, {len(frame.nodes)} nodes, "
    yield f"{messages} messages, {len(drawn) - messages} other events. "
    yield "Time runs down. Point at anything to read it.</p>"
    if left_out:
        yield f"<p>{left_out} plain messages are left out: narrow the time with -from and -until.</p>"
    yield "<p>"
    for name, css in (
        ("raft", "raft"),
        ("gossip", "swim"),
        ("requests and answers", "rest"),
        ("delayed or held", "delayed"),
    ):
        yield _key(f'<path class="m {css}" d="M0 5h22" marker-end="url(#a)" />', name)
    yield _key('<path class="m duplicated" d="M0 5h22" />', "came twice")
    yield _key('<path class="m gone" d="M0 5h16" /><path class=cross d="M13 2l6 6m0-6l-6 6" />', "dropped or lost")
    yield _key("<rect class=leads x=6 width=8 height=10 />", "leads")
    yield _key("<rect class=down x=6 width=8 height=10 />", "down")
    yield _key("<rect class=fault width=22 height=10 style=opacity:.3 />", "a fault holds")
    yield _key("<rect class=op x=8 width=5 height=10 />", "a client's request, from call to answer")
    for colour, words in MARKS.values():
        yield _key(f'<circle cx=10 cy=5 r=4 fill="{colour}" />', words)
    yield "</p></header>\n"


def _key(shape: str, words: str) -> str:
    return f"<span class=key><svg width=24 height=10>{shape}</svg>{words}</span>"


def _ticks(frame: _Frame) -> Iterator[tuple[float, float]]:
    """Round times, and where they lie."""
    span = frame.until - frame.since
    step = next((tick for tick in TICKS if frame.height * tick / span >= 40), TICKS[-1])
    for number in range(int(frame.since / step) + 1, int(frame.until / step) + 1):
        yield number * step, frame.y(number * step)


def _grid(frame: _Frame) -> Iterator[str]:
    for _, y in _ticks(frame):
        yield f'<path class=tick d="M0 {y}H{frame.width}" />\n'
    for node in frame.nodes:
        yield f'<path class=lane d="M{frame.x(node)} {TOP}v{frame.height}" />\n'


def _spans(frame: _Frame, everything: Sequence[Record]) -> Iterator[str]:
    for span in faults(everything, frame.nodes):
        yield from _box(frame, span, "fault", 0.86 * frame.lane)
    for span in outages(everything):
        yield from _box(frame, span, "down", 12)
    for span in leaders(everything):
        yield from _box(frame, span, "leads", 8)


def _box(frame: _Frame, span: Span, css: str, width: float) -> Iterator[str]:
    if span.node not in frame.nodes or span.until <= frame.since or span.since >= frame.until:
        return
    y = frame.y(span.since)
    what = escape(f"{span.node} {span.what}, {span.since:.6f} to {span.until:.6f} s")
    place = f"x={frame.x(span.node) - width / 2} y={y} width={width} height={max(1.0, frame.y(span.until) - y):.1f}"
    yield f"<rect class={css} {place}><title>{what}</title></rect>\n"


def _one(frame: _Frame, record: Record) -> Iterator[str]:
    title = f"<title>{escape(_words(record))}</title>"
    if record.kind == "message":
        yield from _arrow(frame, record, title)
    elif record.kind == "operation" and record.node in frame.nodes:
        yield _operation(frame, record, title)
    elif record.kind == "verdict":
        y = frame.y(record.t)
        text = escape(record.what.splitlines()[0][:150])
        yield f'<path class=verdict d="M0 {y}H{frame.width}">{title}</path>'
        yield f"<text class=said x=4 y={y - 5}>{text}</text>\n"
    elif record.kind == "fault":
        yield from _fault(frame, record, title)
    elif record.node in frame.nodes:
        colour = MARKS[record.kind][0]
        yield f'<circle cx={frame.x(record.node)} cy={frame.y(record.t)} r=5 fill="{colour}">{title}</circle>\n'


def _fault(frame: _Frame, record: Record, title: str) -> Iterator[str]:
    """Where it begins, with its words at the first that it hits."""
    y, half = frame.y(record.t), 0.43 * frame.lane
    hit = named(record.what, frame.nodes) or frame.nodes
    for node in hit:
        yield f'<path class=instant d="M{frame.x(node) - half} {y}h{2 * half}">{title}</path>\n'
    if frame.since <= record.t:
        yield f"<text class=said x={frame.x(hit[0]) - half} y={y - 4}>{escape(record.what[:WORDS_MOST])}</text>\n"


def _arrow(frame: _Frame, record: Record, title: str) -> Iterator[str]:
    if record.node not in frame.nodes or record.to not in frame.nodes or record.node == record.to:
        return
    x, y, there = frame.x(record.node), frame.y(record.t), frame.x(record.to)
    if record.until:
        css = record.fate or FAMILIES.get(record.what.partition(".")[0], "rest")
        path = f"M{x} {y}L{there} {frame.y(record.until)}"
        yield f'<path class="m {css}" d="{path}" marker-end="url(#a)">{title}</path>\n'
        return
    end, low = x + 0.4 * (there - x), y + 6
    yield f'<path class="m gone" d="M{x} {y}L{end} {low}">{title}</path>'
    yield f'<path class=cross d="M{end - 4} {low - 4}l8 8m0-8l-8 8">{title}</path>\n'


def _operation(frame: _Frame, record: Record, title: str) -> str:
    """Beside the lane, each client in a column of its own."""
    y = frame.y(record.t)
    lane = (0.08 + 0.045 * (sum(map(ord, record.role)) % 7)) * frame.lane
    height = max(2.0, frame.y(record.until) - y) if record.until else 3.0
    css = "op" if record.until else "op open"
    return f'<rect class="{css}" x={frame.x(record.node) + lane} y={y} width=5 height={height:.1f}>{title}</rect>\n'


def _words(record: Record) -> str:
    who = f"{record.role}@{record.node}" if record.role else record.node
    lines = [f"{record.t:.6f} s  {who}{f' > {record.to}' if record.to else ''}", record.what]
    if record.fate:
        lines.append(record.fate)
    if record.until > record.t:
        lines.append(f"until {record.until:.6f} s, {1000 * (record.until - record.t):.3f} ms")
    if record.cause:
        lines.append(f"cause {record.cause}")
    return "\n".join(lines)
