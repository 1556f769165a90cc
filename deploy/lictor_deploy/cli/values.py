"""Values of flags that are more than a text: checked before anything is asked, and refused with the flag's name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from cyclopts import Parameter, Token

from lictor_messages.bounds import UINT64_MAX
from lictor_messages.durations import duration_ns


def to_whole(_: Any, tokens: Sequence[Token]) -> int:
    """A whole number of 64 bits without sign, as Go's flags read it: also 0x1f, 0o17 and 0b1."""
    try:
        number = int(tokens[0].value, 0)
    except ValueError:
        number = -1
    if not 0 <= number <= UINT64_MAX:
        raise ValueError("give a whole number from 0 to 18446744073709551615")
    return number


def to_seconds(_: Any, tokens: Sequence[Token]) -> float:
    """A duration that is not negative."""
    try:
        ns = duration_ns(tokens[0].value)
    except ValueError:
        ns = -1
    if ns < 0:
        raise ValueError("give a duration such as 80ms or 1m30s, or a number of seconds")
    return ns / 1e9


Whole = Annotated[int, Parameter(converter=to_whole, n_tokens=1)]
Seconds = Annotated[float, Parameter(converter=to_seconds, n_tokens=1)]
