"""Verbs on a node's clocks."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from lictor_actors.faults.nodes import NodeVerb
from lictor_actors.faults.verb import Moment
from lictor_actors.faults.writing import Aim, Names, Writing, ns
from lictor_messages.faults import ClockRule, SpoilOnce

PPM = 1_000_000
SLOWEST, FASTEST = 0.01, 100.0
"""Rates of a clock."""
BY = "By how much, like 30s or -2s."


def _rate(value: float) -> float:
    if not SLOWEST <= value <= FASTEST:
        raise ValueError(f"a clock's rate lies between {SLOWEST:g} and {FASTEST:g}")
    return value


class Skew(NodeVerb):
    """The wall clock is off by so much."""

    example = "leader -by 30s"

    by_s: Annotated[Moment, Field(alias="by", description=BY)]

    def on(self, chosen: Names, aim: Aim, told: str) -> Writing:
        """See ``NodeVerb``."""
        return Writing(told, clocks=tuple(ClockRule(id=aim.id, node=n, skew_ns=ns(self.by_s)) for n in chosen))


class Drift(NodeVerb):
    """Both clocks run at this rate: 1.01 gains a second in a hundred."""

    example = "one(servers) -rate 1.01"

    rate: Annotated[float, Field(description="1.01 gains a second in a hundred."), AfterValidator(_rate)]

    def on(self, chosen: Names, aim: Aim, told: str) -> Writing:
        """See ``NodeVerb``."""
        ppm = round((self.rate - 1) * PPM)
        return Writing(told, clocks=tuple(ClockRule(id=aim.id, node=n, drift_ppm=ppm) for n in chosen))


class Jump(NodeVerb):
    """The wall clock moves once by so much, and goes on from there."""

    example = "leader -by -2s"
    lasts = False

    by_s: Annotated[Moment, Field(alias="by", description=BY)]

    def on(self, chosen: Names, aim: Aim, told: str) -> Writing:
        """See ``NodeVerb``."""
        return Writing(told, now=tuple(SpoilOnce(node=n, what="jump", by_ns=ns(self.by_s)) for n in chosen))
