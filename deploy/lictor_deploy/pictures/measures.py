"""Measures over a quantity: lines that are named at their ends, and points that are named beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lictor_deploy.pictures.canvas import BLUE, GREY, SERIES, Plot, at_end, canvas


def lines(
    title: str,
    over: tuple[str, Sequence[float]],
    measured: str,
    series: Mapping[str, Sequence[float]],
    *,
    logarithmic: bool = False,
) -> Plot:
    """``over``: what runs along x, with its unit, and the places; ``series``: the name of each line and its values, in
    the unit that ``measured`` names. ``logarithmic``: x by factors instead of steps.
    """
    what, places = over
    figure, (panel,) = canvas(title, 3.0)
    for (name, values), (colour, marker, dash) in zip(series.items(), SERIES, strict=False):
        panel.plot(places, values, color=colour, marker=marker, linestyle=dash, linewidth=2, markersize=6)
        at_end(panel, places[-1], values[-1], name, colour)
    if logarithmic:
        panel.set_xscale("log", base=2)
    panel.set_xticks(places, [f"{place:g}" for place in places])
    panel.minorticks_off()
    panel.set_ylim(0, 1.1 * max(max(values) for values in series.values()))
    panel.grid(axis="y", color=GREY, alpha=0.25)
    panel.set_xlabel(what)
    panel.set_ylabel(measured)
    rows = "; ".join(f"{name}: {', '.join(f'{value:.3g}' for value in values)}" for name, values in series.items())
    return Plot(figure, f"{title}. {measured} at {', '.join(f'{place:g}' for place in places)} {what}: {rows}.")


def points(title: str, axes: tuple[str, str], places: Mapping[str, tuple[float, float]], usual: str = "") -> Plot:
    """``places``: the name of each point and where it lies on the two ``axes``; a line joins them in this order.

    The point called ``usual`` is filled, because it is what a reader has if they change nothing.
    """
    figure, (panel,) = canvas(title, 3.2)
    x, y = zip(*places.values(), strict=True)
    panel.plot(x, y, color=GREY, linewidth=1, zorder=1)
    for name, (across, up) in places.items():
        fill = BLUE if name == usual else "white"
        panel.scatter(across, up, s=70, facecolor=fill, edgecolor=BLUE, linewidth=2, zorder=3, clip_on=False)
        panel.annotate(name, (across, up), (9, 5), textcoords="offset points", fontsize=10)
    panel.margins(x=0.12, y=0.15)
    panel.set_ylim(bottom=0)
    panel.grid(color=GREY, alpha=0.2)
    panel.set_xlabel(axes[0])
    panel.set_ylabel(axes[1])
    rows = "; ".join(f"{name}: {across:.3g}, {up:.3g}" for name, (across, up) in places.items())
    return Plot(figure, f"{title}. {axes[0]}, {axes[1]}: {rows}.")
