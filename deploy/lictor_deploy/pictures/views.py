"""The members of a cluster that see each other: in as many circles as there are sides that see only themselves."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from lictor_deploy.pictures.canvas import BLUE, GREY, ORANGE, SKY, VERMILLION, WIDTH_IN, Axes, Plot, canvas, legend

Views = Mapping[str, Mapping[str, str]]
"""For each node that runs, the state in which it holds each other member: alive, suspect, failed, left."""
SEEN = ("alive", "suspect")


class Look(NamedTuple):
    """How a kind of node is drawn."""

    marker: str
    colour: str
    label: str


LOOKS = {
    "leader": Look("*", BLUE, "leader"),
    "server": Look("s", SKY, "server"),
    "agent": Look("o", ORANGE, "agent"),
    "down": Look("X", VERMILLION, "down"),
}
GAP, HEIGHT = 1.0, 2.6
"""Between two circles, and of a circle with the names around it; a circle's radius is 1."""
SIZES = {"leader": 330, "server": 130, "agent": 100, "down": 100}


def mutual_views(title: str, kinds: Mapping[str, str], views: Views) -> Plot:
    """``kinds``: of each node, a key of ``LOOKS``. A line joins two nodes that hold each other for alive."""
    sides = list(_sides(kinds, views))
    places, width = _placed(sides)
    figure, (panel,) = canvas(title, min(4.0, WIDTH_IN * HEIGHT / width))
    for one, other in _pairs(views):
        (x, y), (across, up) = places[one], places[other]
        panel.plot((x, across), (y, up), color=GREY, linewidth=0.6, alpha=0.6, zorder=0)
    for kind, look in LOOKS.items():
        found = [places[node] for node in kinds if kinds[node] == kind]
        if found:
            panel.scatter(*zip(*found, strict=True), s=SIZES[kind], marker=look.marker, c=look.colour, label=look.label)
    _name(panel, places)
    sizes = ", ".join(f"{len(side)}" for side in sides)
    leader = next((node for node, kind in kinds.items() if kind == "leader"), "none")
    return Plot(figure, f"{title}. {len(kinds)} nodes in sides of {sizes} that see each other; leader: {leader}.")


def _pairs(views: Views) -> Iterator[tuple[str, str]]:
    for one, held in views.items():
        for other, state in held.items():
            if one < other and state in SEEN and views.get(other, {}).get(one) in SEEN:
                yield one, other


def _sides(kinds: Mapping[str, str], views: Views) -> Iterator[list[str]]:
    """The parts that hang together, in the order of their first nodes."""
    beside: dict[str, set[str]] = {node: set() for node in kinds}
    for one, other in _pairs(views):
        beside[one].add(other)
        beside[other].add(one)
    left = dict.fromkeys(kinds)
    while left:
        side, new = set[str](), {next(iter(left))}
        while new:
            side |= new
            new = set().union(*(beside[node] for node in new)) - side
        yield [node for node in kinds if node in side]
        left = {node: None for node in left if node not in side}


def _placed(sides: list[list[str]]) -> tuple[dict[str, tuple[float, float]], float]:
    """Each side a circle of radius one, a lone node a point, from left to right; and how wide all of it is."""
    places, left = dict[str, tuple[float, float]](), 0.0
    for side in sides:
        radius = 1.0 if len(side) > 1 else 0.0
        turns = [2 * math.pi * place / len(side) for place in range(len(side))]
        middle = left + GAP / 2 + radius
        places |= {
            node: (middle + radius * math.sin(t), radius * math.cos(t)) for node, t in zip(side, turns, strict=True)
        }
        left += GAP + 2 * radius
    return places, left


def _name(panel: Axes, places: Mapping[str, tuple[float, float]]) -> None:
    for node, place in places.items():
        panel.annotate(node.partition(".")[0], place, (0, -15), textcoords="offset points", ha="center", fontsize=8)
    panel.set_aspect("equal")
    panel.margins(0.12)
    panel.set_axis_off()
    legend(panel, 4)
