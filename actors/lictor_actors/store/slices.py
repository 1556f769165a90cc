"""Large answers in slices: what an answer weighs, and its JSON cut between rows.

Records are immutable, so an answer's rows are a picture of one moment for as long as they are kept. Their JSON
is made when it is wanted, some rows at a time; the slices in a row are byte for byte what ``render`` makes at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from lictor_actors.store.families.every import FAMILIES
from lictor_actors.store.render import render
from lictor_messages.answers import Answer, Query

SLICE_BYTES = 192 * 1024
"""One slice, give or take a row: made and packed in one or two milliseconds."""


def can_be_cut(answer: Answer) -> bool:
    """Whether ``Slices`` can be made of an answer of this kind."""
    cut = FAMILIES.cuts.get(type(answer))
    return cut is not None and cut.brackets


def exceeds(answer: Answer, most: int) -> bool:
    """Whether the answer weighs more than ``most`` bytes as JSON, about; looks at no more rows than that takes."""
    cut = FAMILIES.cuts.get(type(answer))
    if cut is None:
        return False
    rows = getattr(answer, cut.rows)
    return len(rows) > 1 and _end(rows, cut.weigh, 0, most) < len(rows)


class Slices:
    """One answer's JSON, slice by slice, in any order from the first on."""

    def __init__(self, query: Query, answer: Answer) -> None:
        self._query = query
        self._answer = answer
        self._cut = FAMILIES.cuts[type(answer)]
        self._rows: Sequence[Any] = getattr(answer, self._cut.rows)
        self._starts = [0]
        """The first row of every slice that is known so far."""

    def slice(self, number: int) -> bytes | None:
        """This slice; None if there is none, or if one before it was never asked for."""
        if not 0 <= number < len(self._starts):
            return None
        start, end = self._starts[number], self._end_of(number)
        rows = self._answer.model_copy(update={self._cut.rows: self._rows[start:end]})
        body, _ = render(self._query, rows)
        before = b"," if number else body[:1]
        return b"".join((before, memoryview(body)[1 : None if self.ends_with(number) else -1]))

    def ends_with(self, number: int) -> bool:
        """Whether this slice, which has been made, is the last."""
        return number + 1 == len(self._starts)

    def _end_of(self, number: int) -> int:
        if number + 1 < len(self._starts):
            return self._starts[number + 1]
        end = max(_end(self._rows, self._cut.weigh, self._starts[number], SLICE_BYTES), self._starts[number] + 1)
        if end < len(self._rows):
            self._starts.append(end)
        return end


def _end(rows: Sequence[Any], weigh: Callable[[Any], int], start: int, most: int) -> int:
    """The row before which the rows from ``start`` on weigh more than ``most``, or how many rows there are."""
    left = most
    for at in range(start, len(rows)):
        left -= weigh(rows[at])
        if left < 0:
            return at
    return len(rows)
