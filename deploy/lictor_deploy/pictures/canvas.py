"""The look of every picture: a title that says what is seen, few lines, colours that the colour-blind tell apart."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

try:
    from matplotlib.figure import Figure
except ModuleNotFoundError:
    raise ModuleNotFoundError("Pictures need matplotlib: pip install 'lictor[notebooks]'.") from None

BLACK, GREY, PALE = "#000000", "#8c8c8c", "#e6e6e6"
ORANGE, SKY, GREEN, YELLOW = "#E69F00", "#56B4E9", "#009E73", "#F0E442"
BLUE, VERMILLION, PURPLE = "#0072B2", "#D55E00", "#CC79A7"
"""Okabe and Ito, "Color Universal Design", 2008. No picture tells two things apart by colour alone."""
SERIES = ((BLUE, "o", "-"), (VERMILLION, "s", "--"), (GREEN, "^", "-."), (PURPLE, "D", ":"))
"""Colour, marker and dash of the first, second … line of a picture."""
WIDTH_IN, DPI = 8.5, 110
SMALL = 9
Axes = Any
"""One panel of a figure, of matplotlib."""


class Plot:
    """A figure that notebooks show; ``said`` is what it shows, for a reader who does not see it."""

    def __init__(self, figure: Figure, said: str) -> None:
        self.figure = figure
        self.said = said

    def save(self, path: str | Path) -> None:
        """Write it to a file; its ending says how: .png, .svg, .pdf."""
        self.figure.savefig(path, dpi=DPI)

    def __repr__(self) -> str:
        return self.said

    def _repr_png_(self) -> bytes:
        file = BytesIO()
        self.figure.savefig(file, format="png", dpi=DPI, metadata={"Software": None})
        return file.getvalue()


def canvas(title: str, *heights: float) -> tuple[Figure, list[Axes]]:
    """A figure with a panel of each of these heights, in inches, one below the other over the same x."""
    figure = Figure(figsize=(WIDTH_IN, sum(heights) + 0.9), layout="constrained")
    figure.suptitle(title, x=0.01, ha="left", fontsize=13, fontweight="bold")
    grid = figure.subplots(len(heights), 1, sharex=True, squeeze=False, height_ratios=heights)
    panels = [row[0] for row in grid]
    for panel in panels:
        panel.spines[["top", "right"]].set_visible(False)
        panel.tick_params(labelsize=SMALL, color=GREY)
    return figure, panels


def at_end(panel: Axes, x: float, y: float, text: str, colour: str) -> None:
    """Words beside the last point of a line, in its colour: a reader need not look for them in a legend."""
    panel.annotate(text, (x, y), (6, 0), textcoords="offset points", va="center", color=colour, fontsize=10)


def legend(panel: Axes, columns: int, **placed: Any) -> None:
    """The panel's legend in one line above it."""
    place = {"loc": "lower left", "bbox_to_anchor": (0, 1.0), **placed}
    panel.legend(ncols=columns, frameon=False, fontsize=SMALL, borderaxespad=0.2, handlelength=1.6, **place)
