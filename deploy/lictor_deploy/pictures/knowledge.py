"""Who knew when: what each node held of one member, over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.colors import ListedColormap
from matplotlib.patches import Patch

from lictor_deploy.pictures.canvas import BLUE, ORANGE, PALE, SMALL, Axes, Plot, canvas

STATES = ("alive", "suspect", "failed")
COLOURS = (PALE, ORANGE, BLUE)
ROW_IN = 0.13


def who_knew(title: str, times: Sequence[float], held: Mapping[str, Sequence[str]]) -> Plot:
    """``held``: for each observer its state of the member (one of ``STATES``) at each of ``times``, in seconds.

    Above, the staircase of how many suspect it and how many hold it for failed; below, each observer's row, the first
    to know at the top.
    """
    rows = sorted(held, key=lambda node: (_first(held[node], "failed"), _first(held[node], "suspect"), node))
    grid = [[STATES.index(state) for state in held[node]] for node in rows]
    figure, (stairs, heat) = canvas(title, 1.3, ROW_IN * len(rows) + 0.6)
    _draw_stairs(stairs, times, grid)
    extent = (times[0], times[-1], len(rows) - 0.5, -0.5)
    heat.imshow(grid, ListedColormap(COLOURS), aspect="auto", extent=extent, vmin=0, vmax=2, interpolation="nearest")
    heat.set_yticks(range(len(rows)), rows, fontsize=7)
    heat.set_xlabel("seconds since the power cut")
    told = [times[_first(held[node], "failed")] for node in rows if "failed" in held[node]]
    return Plot(figure, f"{title}. {_said(len(rows), told)}")


def _draw_stairs(panel: Axes, times: Sequence[float], grid: Sequence[Sequence[int]]) -> None:
    counts = [[sum(row[at] == state for row in grid) for at in range(len(times))] for state in (2, 1, 0)]
    panel.stackplot(times, *counts, colors=COLOURS[::-1], step="post")
    panel.set_ylim(0, len(grid))
    panel.set_ylabel("observers", fontsize=SMALL)
    panel.legend(
        handles=[Patch(color=colour, label=state) for state, colour in zip(STATES, COLOURS, strict=True)],
        loc="lower right",
        bbox_to_anchor=(1, 1),
        ncols=len(STATES),
        frameon=False,
        fontsize=SMALL,
    )


def _first(states: Sequence[str], wanted: str) -> int:
    return states.index(wanted) if wanted in states else len(states)


def _said(observers: int, told: Sequence[float]) -> str:
    if not told:
        return f"None of {observers} observers holds it for failed."
    when = f"the first at {told[0]:.1f} s, the last at {told[-1]:.1f} s"
    return f"{len(told)} of {observers} observers hold it for failed: {when}."
