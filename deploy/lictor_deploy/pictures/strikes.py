"""What struck a run of the swarm, before and after it was shrunk."""

from __future__ import annotations

from collections.abc import Mapping

from lictor_actors.swarm.report import Report
from lictor_deploy.pictures.canvas import BLUE, GREY, VERMILLION, Axes, Plot, canvas

LEVELS = 4
"""Faults that come soon after each other have their names at different heights."""
STEM = {"arrowstyle": "-", "color": GREY, "linewidth": 0.6, "relpos": (0, 0), "shrinkB": 5}


def strikes(title: str, runs: Mapping[str, Report]) -> Plot:
    """A row for each run: its faults as marks with their names, and a cross where a judge spoke."""
    figure, (panel,) = canvas(title, 1.3 * len(runs) + 0.3)
    for row, report in enumerate(runs.values()):
        _draw(panel, row, report)
    panel.set_yticks(range(len(runs)), list(runs))
    panel.set_ylim(len(runs) - 0.5, -0.7)
    panel.set_xlim(left=0)
    panel.margins(x=0.08)
    panel.set_xlabel("virtual seconds")
    said = "; ".join(
        f"{name}: {len(report.struck)} faults, broken at {report.broken_at_s:.2f} s" for name, report in runs.items()
    )
    return Plot(figure, f"{title}. {said}.")


def _draw(panel: Axes, row: int, report: Report) -> None:
    panel.axhline(row, color=GREY, linewidth=0.8, zorder=0)
    for place, struck in enumerate(report.struck):
        panel.plot(struck.at_s, row, marker="v", markersize=9, color=BLUE)
        above = (4, 9 + 11 * (LEVELS - 1 - place % LEVELS))
        text = struck.what or struck.name
        panel.annotate(text, (struck.at_s, row), above, textcoords="offset points", fontsize=8, arrowprops=STEM)
    panel.plot(report.broken_at_s, row, marker="X", markersize=13, color=VERMILLION)
    panel.annotate(
        "a judge speaks", (report.broken_at_s, row), (0, -20), textcoords="offset points", ha="center", color=VERMILLION
    )
