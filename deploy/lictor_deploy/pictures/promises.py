"""A partition as Raft lives it and as gossip does: one refuses on the smaller side, the other goes on on both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from lictor_actors.timeline.spans import Span
from lictor_deploy.pictures.canvas import (
    BLUE,
    GREEN,
    GREY,
    PALE,
    SERIES,
    SMALL,
    VERMILLION,
    Axes,
    Plot,
    canvas,
    legend,
)


class TriedWrite(NamedTuple):
    """A write that a client on ``side`` tried, and whether it was acknowledged."""

    t: float
    side: str
    done: bool


def two_promises(
    title: str,
    cut: tuple[float, float],
    led: Sequence[Span],
    writes: Sequence[TriedWrite],
    seen: Mapping[str, tuple[Sequence[float], Sequence[int]]],
) -> Plot:
    """``cut``: from when to when the network was parted. ``led``: who led when. ``seen``: for each side the times, and
    how many members it held for alive. Times are seconds since the run began.
    """
    rows = [*seen, *dict.fromkeys(span.node for span in led)]
    figure, (raft, gossip) = canvas(title, 0.42 * len(rows) + 0.5, 1.8)
    for panel in (raft, gossip):
        panel.axvspan(*cut, color=PALE, alpha=0.7, zorder=0, linewidth=0)
    _draw_raft(raft, rows, led, writes)
    _draw_gossip(gossip, seen)
    gossip.annotate("parted", (sum(cut) / 2, 0.05), xycoords=("data", "axes fraction"), ha="center", color=GREY)
    gossip.set_xlabel("seconds since the run began")
    done, refused = (sum(write.done is wanted for write in writes) for wanted in (True, False))
    ends = "; ".join(f"{side} sees at least {min(alive)} members" for side, (_, alive) in seen.items())
    return Plot(figure, f"{title}. {done} writes acknowledged, {refused} not; {ends}.")


def _draw_raft(panel: Axes, rows: Sequence[str], led: Sequence[Span], writes: Sequence[TriedWrite]) -> None:
    for span in led:
        label = "leads" if span is led[0] else None
        panel.barh(rows.index(span.node), span.until - span.since, 0.5, span.since, color=BLUE, alpha=0.35, label=label)
    for done, marker, colour, label in (
        (True, "o", GREEN, "write acknowledged"),
        (False, "x", VERMILLION, "not acknowledged"),
    ):
        tried = [(write.t, rows.index(write.side)) for write in writes if write.done is done]
        panel.scatter(*zip(*tried, strict=True), s=34, marker=marker, color=colour, label=label, zorder=3)
    panel.set_yticks(range(len(rows)), [row.partition(".")[0] for row in rows])
    panel.set_ylim(len(rows) - 0.4, -0.6)
    panel.set_title("Raft: the smaller side waits (CP)", loc="right", fontsize=10)
    legend(panel, 3)


def _draw_gossip(panel: Axes, seen: Mapping[str, tuple[Sequence[float], Sequence[int]]]) -> None:
    for (side, (times, alive)), (colour, _, dash) in zip(seen.items(), SERIES, strict=False):
        panel.step(times, alive, where="post", color=colour, linestyle=dash, linewidth=2, label=side)
    panel.set_ylim(0, 1.1 * max(max(alive) for _, alive in seen.values()))
    panel.set_ylabel("members alive\nin its view", fontsize=SMALL)
    panel.set_title("Gossip: both sides go on (AP)", loc="right", fontsize=10)
    legend(panel, 2)
