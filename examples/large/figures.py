"""What a timeline amounts to."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from plot import Cast

from lictor_actors.timeline import TimelineRecord

FAILED, ACCUSED = "failed: ", "suspects: "


class Death(NamedTuple):
    """A node that was down from ``at`` until ``until``."""

    node: str
    at: float
    until: float = float("inf")


class Verdict(NamedTuple):
    """``seer`` declared ``node`` dead."""

    t: float
    seer: str
    node: str


def verdicts(records: Iterable[TimelineRecord]) -> list[Verdict]:
    """Every one."""
    return [
        Verdict(record.t, short(record.node), short(record.what.removeprefix(FAILED).partition(",")[0]))
        for record in records
        if record.kind == "failure" and record.what.startswith(FAILED)
    ]


def unaware(records: Iterable[TimelineRecord], pairs: Iterable[tuple[str, str]], since: float) -> set[tuple[str, str]]:
    """The pairs of which the first has not declared the second dead since then."""
    return set(pairs).difference((seer, node) for t, seer, node in verdicts(records) if t >= since)


def known_after(said: Iterable[Verdict], death: Death, seers: Collection[str]) -> list[float]:
    """Seconds after this death at which each of ``seers`` declared it, the first one first."""
    within = (one for one in said if one.node == death.node and death.at <= one.t <= death.until)
    return sorted(one.t - death.at for one in within if one.seer in seers)


def buried_alive(
    said: Iterable[Verdict], deaths: Sequence[Death], cast: Cast, cut: tuple[float, float]
) -> list[Verdict]:
    """Those that were declared dead and lived, within reach of the one who said so. ``cut``: when racks were parted."""
    return [
        one
        for one in said
        if not down(one.node, one.t, deaths)
        and not (cut[0] <= one.t <= cut[1] and cast.part(one.seer) != cast.part(one.node))
    ]


def accusations(records: Iterable[TimelineRecord], deaths: Sequence[Death], cut: tuple[float, float]) -> int:
    """Suspicions of nodes that lived, while nothing was parted."""
    accused = (
        (short(record.what.removeprefix(ACCUSED).partition(",")[0]), record.t)
        for record in records
        if record.kind == "suspicion" and not cut[0] <= record.t <= cut[1]
    )
    return sum(not down(node, t, deaths) for node, t in accused)


def down(node: str, t: float, deaths: Iterable[Death]) -> bool:
    """Whether this node was down at that time."""
    return any(death.node == node and death.at <= t <= death.until for death in deaths)


def short(node: str) -> str:
    """Without the datacenter."""
    return node.partition(".")[0]
