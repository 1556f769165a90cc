"""Legal texts and packets, spoiled: cut, doubled, crossed with others, and with odd pieces put in.

Each is made from one number: Hypothesis draws that alone, so that a hundred thousand take a minute.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from random import Random
from typing import TypeVar

from hypothesis import settings
from hypothesis import strategies as st

Some = TypeVar("Some", str, bytes)
SPOILT_MOST = 6
"""Pieces that are put into a text, or taken out of it."""

COUNT = int(os.environ.get("LICTOR_HOSTILE", "0")) or settings().max_examples
"""As many as ``LICTOR_HOSTILE`` says; without it as many as the profile has examples."""
long_count = settings(max_examples=COUNT)


def spoiled(legal: Sequence[Some], odd: Sequence[Some]) -> st.SearchStrategy[Some]:
    """See ``spoil``."""
    return st.integers(0, 2**63).map(lambda seed: spoil(Random(seed), legal, odd))


def spoil(rng: Random, legal: Sequence[Some], odd: Sequence[Some]) -> Some:
    """One of ``legal``, in some places replaced by nothing, by one of ``odd`` or by a part of another legal one."""
    text = rng.choice(legal)
    for _ in range(rng.randint(1, SPOILT_MOST)):
        at = rng.randint(0, len(text))
        text = text[:at] + _piece(rng, legal, odd) + text[at + rng.choice((0, 0, 1, 2, 5, 40)) :]
    return text


def _piece(rng: Random, legal: Sequence[Some], odd: Sequence[Some]) -> Some:
    what = rng.randrange(4)
    if what == 0:
        return legal[0][:0]
    if what == 1:
        other = rng.choice(legal)
        at = rng.randint(0, len(other))
        return other[at : at + rng.randint(0, 30)]
    return rng.choice(odd) * rng.choice((1, 1, 1, 2, 40))
