"""A space-time diagram (Lamport 1978): a line for each node, time runs to the right, an arrow is a message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lictor_actors.timeline.record import TimelineRecord
from lictor_deploy.pictures.canvas import BLACK, BLUE, GREEN, GREY, PURPLE, SKY, VERMILLION, Axes, Plot, canvas

ROW_IN = 0.75
PAINTS = (BLUE, GREEN, PURPLE, VERMILLION, SKY)
MS = 1000.0


def space_time(title: str, records: Sequence[TimelineRecord], nodes: Sequence[str], names: Mapping[str, str]) -> Plot:
    """The messages among ``records`` between these nodes, times in milliseconds since the first; a dotted line stands
    where a client's request was answered.

    ``names``: what each kind of message that is drawn is called; the others are left out.
    """
    drawn = [r for r in records if r.kind == "message" and r.what in names and {r.node, r.to} <= {*nodes}]
    zero = min(record.t for record in drawn)
    kinds = list(dict.fromkeys(record.what for record in drawn))
    figure, (panel,) = canvas(title, ROW_IN * len(nodes) + 0.5)
    for record in drawn:
        _arrow(panel, record, zero, nodes, PAINTS[kinds.index(record.what) % len(PAINTS)])
    for number, kind in enumerate(kinds):
        panel.plot([], [], color=PAINTS[number % len(PAINTS)], linewidth=2, label=names[kind])
    for operation in records:
        if operation.kind == "operation" and operation.until:
            _answered(panel, (operation.until - zero) * MS)
    _lay_out(panel, nodes, len(kinds))
    last = max(record.until or record.t for record in drawn)
    steps = "; ".join(f"{(r.t - zero) * MS:.2f} ms {names[r.what]} {_short(r.node)} to {_short(r.to)}" for r in drawn)
    return Plot(figure, f"{title}. {len(drawn)} messages within {(last - zero) * MS:.2f} ms: {steps}.")


def _arrow(panel: Axes, record: TimelineRecord, zero: float, nodes: Sequence[str], colour: str) -> None:
    """A message that never arrived ends in a cross half-way."""
    start, end = (record.t - zero) * MS, (record.until - zero) * MS
    origin, aim = nodes.index(record.node), nodes.index(record.to)
    if record.until:
        style = {"arrowstyle": "-|>", "color": colour, "linewidth": 1.8, "shrinkA": 0, "shrinkB": 0}
        panel.annotate("", (end, aim), (start, origin), arrowprops=style)
        panel.plot([start, end], [origin, aim], alpha=0)  # an arrow does not widen the axes
    else:
        panel.plot([start, start], [origin, (origin + aim) / 2], color=colour, marker="x", markevery=[1])
    panel.plot(start, origin, marker="o", markersize=4, color=colour)


def _answered(panel: Axes, at: float) -> None:
    panel.axvline(at, color=BLACK, linewidth=1, linestyle=":")
    panel.annotate(
        "answered", (at, 1), (4, -4), xycoords=("data", "axes fraction"), textcoords="offset points", va="top"
    )


def _lay_out(panel: Axes, nodes: Sequence[str], kinds: int) -> None:
    for row in range(len(nodes)):
        panel.axhline(row, color=GREY, linewidth=0.8, zorder=0)
    panel.set_yticks(range(len(nodes)), [_short(node) for node in nodes], color=BLACK)
    panel.set_ylim(len(nodes) - 0.7, -0.4)
    panel.spines["left"].set_visible(False)
    panel.tick_params(axis="y", length=0)
    panel.set_xlabel("milliseconds since the first message")
    panel.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=min(kinds, 5), frameon=False, fontsize=9)


def _short(node: str) -> str:
    return node.partition(".")[0]
