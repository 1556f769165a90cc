"""docs/actor-map.svg and docs/messages.svg: who may say what to which actor, drawn from the table of audiences."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import svg

from lictor_actors.node.audiences import SERVER, SERVERS_ONLY, audiences
from lictor_actors.node.tree import tree
from lictor_messages import every
from lictor_messages.base import KINDS_ON, WIRE

DOCS = Path(__file__).parents[2] / "docs"
CLIENTS = "clients"
ROWS = list(
    audiences({name: kind for name, kind in KINDS_ON[WIRE].items() if kind.__module__.startswith(every.__package__)})
)


def said() -> dict[tuple[str, str], Counter[str]]:
    """By sender and hearer: the number of kinds that go from one node to another, or through a door, by their group."""
    found: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for row in ROWS:
        for sender in (*row.senders, *([CLIENTS] if row.clients else [])):
            found[sender, row.to][row.kind.partition(".")[0]] += 1
    return found


SAID = said()

# -- the map ---------------------------------------------------------------------------------------------------------


class Place(NamedTuple):
    """Where an actor's box stands, and what it is."""

    x: float
    y: float
    what: tuple[str, ...]
    width: float = 150
    height: float = 56

    @property
    def left(self) -> svg.Point:
        return self.x, self.y + self.height / 2

    @property
    def right(self) -> svg.Point:
        return self.x + self.width, self.y + self.height / 2


PLACES = {
    "dns": Place(140, 50, ("answers DNS",)),
    "gateway": Place(140, 130, ("answers HTTP",)),
    "agent": Place(140, 210, ("services and checks",)),
    "prober": Place(140, 310, ("members, events",)),
    CLIENTS: Place(14, 210, ("of Python",), 84),
    "server": Place(420, 90, ("Raft and the store",), height=70),
    "router": Place(420, 210, ("other datacenters",)),
    "prober-wan": Place(420, 310, ("servers everywhere",)),
}


def across(sender: str, to: str, leaves: float, arrives: float) -> tuple[svg.Point, ...]:
    """From the right side of one box to the left side of another, so far below their middles."""
    (x, y), (u, v) = PLACES[sender].right, PLACES[to].left
    return (x, y + leaves), (u, v + arrives)


def around(role: str) -> tuple[svg.Point, ...]:
    """Out of a box's right side and back into it."""
    x, y = PLACES[role].right
    return (x, y - 14), (x + 30, y - 14), (x + 30, y + 14), (x, y + 14)


ARROWS: dict[tuple[str, str], tuple[str, tuple[svg.Point, ...]]] = {
    (CLIENTS, "agent"): ("green", across(CLIENTS, "agent", 0, 0)),
    ("dns", "server"): ("blue", across("dns", "server", 0, -20)),
    ("gateway", "server"): ("blue", across("gateway", "server", -8, 0)),
    ("agent", "server"): ("blue", across("agent", "server", -8, 20)),
    ("gateway", "router"): ("grey", across("gateway", "router", 10, -8)),
    ("agent", "router"): ("grey", across("agent", "router", 10, 10)),
    ("router", "server"): ("blue", ((470, 210), (470, 160))),
    ("server", "router"): ("grey", ((520, 160), (520, 210))),
    ("server", "server"): ("orange", around("server")),
    ("prober", "prober"): ("orange", around("prober")),
    ("prober-wan", "prober-wan"): ("orange", around("prober-wan")),
}


def the_map() -> str:
    requests = SAID["gateway", "server"]
    raft, founding = SAID["server", "server"]["raft"], SAID["server", "server"]["server"]
    swim = SAID["prober", "prober"]["swim"]
    right = 610
    words = [
        svg.lines(356, 40, [f"{requests.total()} kinds", "of request"], anchor="middle"),
        svg.lines(right, 104, [f"raft: {raft} kinds", f"founding: {founding}", "and requests", "passed on"]),
        svg.lines(528, 182, ["slices,", "snapshots"]),
        svg.lines(330, 336, ["SWIM:", f"{swim} kinds"]),
        svg.lines(right, 336, ["SWIM:", f"{SAID['prober-wan', 'prober-wan']['swim']} kinds"]),
        svg.lines(14, 284, [f"{SAID[CLIENTS, 'agent'].total()} kinds,", "by a door"]),
    ]
    panels = [svg.panel(120, 14, 190, 366, "on every node"), svg.panel(400, 14, 190, 366, "on a server as well")]
    boxes = [svg.box(p.x, p.y, p.width, p.height, name, p.what) for name, p in PLACES.items()]
    arrows = [svg.arrow(colour, *path) for colour, path in ARROWS.values()]
    return svg.picture(
        "Which actor says what to which, from one node to another", 394, [*panels, *arrows, *boxes, *words]
    )


def test_every_actor_and_every_way_is_drawn() -> None:
    assert set(PLACES) == {one.role for one in tree(SERVER)} | {CLIENTS}
    assert {role for role in PLACES if PLACES[role].x > 400} == SERVERS_ONLY
    assert set(ARROWS) == set(SAID)


def test_what_the_words_of_the_map_say_is_so() -> None:
    requests = SAID["gateway", "server"]
    assert all(SAID[role, "server"] == requests for role in ("agent", "dns", "router"))
    assert SAID["server", "server"] - requests == Counter(raft=SAID["server", "server"]["raft"], server=2)
    assert {frozenset(SAID[role, "router"]) for role in ("agent", "gateway", "server")} == {
        frozenset({"slices", "snapshots"})
    }
    assert all(set(SAID[role, role]) == {"swim"} for role in ("prober", "prober-wan"))


# -- the table -------------------------------------------------------------------------------------------------------

HEARERS = ("server", "router", "agent", "prober", "prober-wan")
BY = {
    "P": ("orange", "peers: the same role on another node"),
    "N": ("blue", "other roles on any node, as a request"),
    "C": ("green", "client actors, as a request"),
    "H": ("grey", "its own node, or any as an answer"),
}
TOP, ROW, FIRST, COLUMN = 96, 22, 126, 116


def cells() -> dict[tuple[str, str], Counter[str]]:
    """By group and hearer: how many of the group's kinds each sort of sender may say."""
    found: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for row in ROWS:
        by = {"P" if row.senders == (row.to,) else "N"} if row.senders else set()
        by |= {"C"} if row.clients else set()
        for letter in by or {"H"}:
            found[row.kind.partition(".")[0], row.to][letter] += 1
    return found


def the_table() -> str:
    counts = cells()
    groups = sorted({group for group, _ in counts})
    parts = []
    for number, (letter, (colour, meaning)) in enumerate(BY.items()):
        x, y = 16 + 350 * (number % 2), 14 + 24 * (number // 2)
        parts += [svg.pill(x, y, 32, colour, letter), svg.text(x + 40, y + 14, meaning)]
    parts += [svg.text(FIRST + COLUMN * i, TOP - 12, role, "name") for i, role in enumerate(HEARERS)]
    for line, group in enumerate(groups):
        y = TOP + ROW * line
        if line % 2 == 0:
            parts.append(f'<rect class="panel" x="8" y="{y - 2}" width="{svg.WIDTH - 16}" height="{ROW}"/>')
        parts.append(svg.text(16, y + 13, group))
        for column, role in enumerate(HEARERS):
            parts += pills(FIRST + COLUMN * column, y, counts[group, role])
    return svg.picture(
        "How many kinds of each group an actor hears, and who says them", TOP + ROW * len(groups) + 10, parts
    )


def pills(x: float, y: float, count: Counter[str]) -> Iterator[str]:
    there = [letter for letter in BY if count[letter]]
    for place, letter in enumerate(there):
        yield svg.pill(x + 38 * place, y, 36, BY[letter][0], f"{letter} {count[letter]}")


def test_every_actor_that_hears_a_kind_of_the_wire_has_a_column() -> None:
    assert {row.to for row in ROWS} == set(HEARERS)


@pytest.mark.parametrize(("name", "drawn"), [("actor-map", the_map), ("messages", the_table)])
def test_the_picture_is_the_codes(name: str, drawn: Callable[[], str]) -> None:
    file = DOCS / f"{name}.svg"
    if os.environ.get("LICTOR_REWRITE"):
        file.write_text(drawn(), encoding="utf-8")
    assert drawn() == file.read_text(encoding="utf-8"), "LICTOR_REWRITE=1 pytest tests/golden"
