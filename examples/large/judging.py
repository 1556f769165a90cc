"""What has to come about, on every ground."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from figures import buried_alive, known_after, verdicts
from plot import Cast, bound_s
from story import Told

from lictor_actors.timeline import TimelineRecord


def judge(cast: Cast, told: Told, records: Sequence[TimelineRecord]) -> list[str]:
    """In words: what did not."""
    return [*_failures_known(cast, told, records), *_writes_right(told), *_none_buried(cast, told, records)]


def _failures_known(cast: Cast, told: Told, records: Sequence[TimelineRecord]) -> Iterator[str]:
    said, bound = verdicts(records), bound_s(len(cast.everyone))
    survivors = set(cast.everyone).difference(cast.doomed)
    for death in told.deaths:
        if death.node in cast.doomed:
            after = known_after(said, death, survivors)
            if len({one.seer for one in said if one.node == death.node} & survivors) < len(survivors):
                yield f"not all others learned that {death.node} had failed"
            elif after[-1] > bound:
                yield f"{death.node} had failed {after[-1]:.1f} s before the last node knew: the bound is {bound:.1f} s"


def _writes_right(told: Told) -> Iterator[str]:
    if told.lost:
        yield f"{len(told.lost)} writes were acknowledged and are lost, among them {told.lost[0]}"
    for where, written in told.writes.items():
        # What was under way when the racks were cut off may still have been answered.
        parted = sum(told.cut + 1.0 < t < told.healed for t in written.acknowledged.values())
        if where != "the rest" and parted:
            yield f"{parted} writes were acknowledged in {where} while it was parted from all servers"
        if where == "the rest" and not parted:
            yield "no write was acknowledged beside the servers while the racks were parted"


def _none_buried(cast: Cast, told: Told, records: Sequence[TimelineRecord]) -> Iterator[str]:
    wrong = buried_alive(verdicts(records), told.deaths, cast, (told.cut, told.parts_whole))
    if wrong:
        yield f"{len(wrong)} times a node that lived was declared dead, first {wrong[0].node} by {wrong[0].seer}"
