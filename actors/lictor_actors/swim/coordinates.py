"""Vivaldi's network coordinates as Serf computes them: with height, adjustment and gravity.

Each node moves its own point a little after each measured round trip, as if a spring pulled it to where the estimate
equals the measurement ("Vivaldi: A Decentralized Network Coordinate System", SIGCOMM 2004). The height stands for the
link to the node; the adjustment makes up for what a plane cannot show, and gravity keeps the whole cloud near the
origin ("Network Coordinates in the Wild", NSDI 2007). All times are seconds, as in Serf's coordinates.
"""

from __future__ import annotations

from collections import deque
from math import hypot, isfinite
from operator import sub
from random import Random
from typing import Final, NamedTuple

from lictor_messages.coordinates import DIMENSIONS, FARTHEST, Coordinate, Place, distance_s, raw_distance_s

ERROR_MOST: Final = 1.5
TUNING_ERROR: Final = 0.25
"""ce of the paper: how much of each measurement goes into the error."""
TUNING_PLACE: Final = 0.25
"""cc of the paper: how far along the way to the right place each measurement takes the node."""
ADJUSTMENT_WINDOW: Final = 20
HEIGHT_LEAST: Final = 1e-5
FILTER_SAMPLES: Final = 3
GRAVITY_RHO: Final = 150.0
SHORTEST: Final = 1e-6
"""Shorter times and distances count as this one: they are noise, and divisors."""
LONGEST_S: Final = 10.0
"""A longer round trip is no measurement of the network."""


class Point(NamedTuple):
    """A coordinate while it moves: the same four fields as plain values."""

    vec: tuple[float, ...]
    error: float
    adjustment: float
    height: float


ORIGIN: Final = Point((0.0,) * DIMENSIONS, ERROR_MOST, 0.0, HEIGHT_LEAST)


class Vivaldi:
    """One node's coordinate, and what it needs to move it."""

    def __init__(self, node: str) -> None:
        self._point = ORIGIN
        self.resets = 0
        """How often the coordinate had become no number and began again at the origin."""
        self._random = Random(f"coordinates of {node}")
        """Seeded by the name: two nodes at one point part in different directions, the same in each replay."""
        self._misses: deque[float] = deque(maxlen=ADJUSTMENT_WINDOW)
        self._latest: dict[str, deque[float]] = {}

    @property
    def coordinate(self) -> Coordinate:
        """Where the node lies now."""
        return Coordinate(**self._point._asdict())

    def measured(self, peer: str, other: Coordinate, rtt_s: float) -> bool:
        """Move after a round trip to ``peer``, which says it lies at ``other``; False if that is no measurement."""
        if not 0 <= rtt_s <= LONGEST_S:
            return False
        rtt = max(self._filtered(peer, rtt_s), SHORTEST)
        self._pull(other, rtt)
        self._adjust(other, rtt)
        distance = distance_s(ORIGIN, self._point)
        self._force(-((distance / GRAVITY_RHO) ** 2), ORIGIN)
        self._stay_finite()
        return True

    def forget(self, peer: str) -> None:
        """The peer is no member any more."""
        self._latest.pop(peer, None)

    def _filtered(self, peer: str, rtt: float) -> float:
        """The median of the latest few: one late packet moves no node."""
        latest = self._latest.setdefault(peer, deque(maxlen=FILTER_SAMPLES))
        latest.append(rtt)
        return sorted(latest)[len(latest) // 2]

    def _pull(self, other: Coordinate, rtt: float) -> None:
        own = self._point
        distance = distance_s(own, other)
        wrong = abs(distance - rtt) / rtt
        weight = own.error / max(own.error + other.error, SHORTEST)
        error = TUNING_ERROR * weight * wrong + own.error * (1 - TUNING_ERROR * weight)
        self._point = own._replace(error=min(error, ERROR_MOST))
        self._force(TUNING_PLACE * weight * (rtt - distance), other)

    def _force(self, force: float, other: Place) -> None:
        """Away from ``other`` by ``force`` seconds, or towards it."""
        own = self._point
        apart = hypot(*map(sub, own.vec, other.vec))
        unit = self._direction(own, other, apart)
        vec = tuple(place + along * force for place, along in zip(own.vec, unit, strict=True))
        height = own.height
        if apart > SHORTEST:
            height = max((own.height + other.height) * force / apart + own.height, HEIGHT_LEAST)
        self._point = own._replace(vec=vec, height=height)

    def _direction(self, own: Point, other: Place, apart: float) -> tuple[float, ...]:
        """The unit vector from the other one to this; a random one where they coincide."""
        if apart > SHORTEST:
            return tuple((here - there) / apart for here, there in zip(own.vec, other.vec, strict=True))
        drawn = [self._random.uniform(-1, 1) for _ in range(DIMENSIONS)]
        length = hypot(*drawn)
        return tuple(part / length for part in drawn)

    def _adjust(self, other: Coordinate, rtt: float) -> None:
        self._misses.append(rtt - raw_distance_s(self._point, other))
        self._point = self._point._replace(adjustment=sum(self._misses) / (2 * ADJUSTMENT_WINDOW))

    def _stay_finite(self) -> None:
        own = self._point
        if not all(isfinite(part) and abs(part) <= FARTHEST for part in (*own.vec, *own[1:])):
            self._point, self.resets = ORIGIN, self.resets + 1
            self._misses.clear()
