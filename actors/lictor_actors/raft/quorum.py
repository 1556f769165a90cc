"""The arithmetic of majorities."""

from __future__ import annotations

from collections.abc import Iterable


def majority(voters: int) -> int:
    """The least number of voters that any two majorities share a member of."""
    return voters // 2 + 1


def reached_by_majority(values: Iterable[int]) -> int:
    """The largest value that a majority has reached, one value a voter; 0 without voters.

    Of matches it is the index that may be committed, of rounds the round that proves leadership, of times the
    moment since which a quorum has been heard.
    """
    ordered = sorted(values, reverse=True)
    return ordered[len(ordered) // 2] if ordered else 0
