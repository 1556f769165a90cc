"""For how long a host may run nodes that its parent would start elsewhere if it heard nothing.

Answers are numbered. The parent's next call says which answer it had, and that one, not the call, begins the lease:
so a call that was long under way prolongs nothing. The parent waits for ``MOVE_AFTER_S`` from the last answer that it
had, which it had no earlier than the host gave it; the difference is for clocks that run unequally.
"""

from __future__ import annotations

LEASE_S = 4.0
MOVE_AFTER_S = 5.0
ANSWER_EVERY_S = 0.25
"""A call of the parent is answered by then, also if there is nothing to say."""


class Lease:
    """Of one host under one parent. ``now`` is any clock that never goes back, in seconds."""

    def __init__(self, now: float) -> None:
        self._answered: dict[int, float] = {}
        """Answer → when it was given; those that may still be confirmed."""
        self._number = 0
        self.until = now + LEASE_S

    def answer(self, now: float) -> int:
        """An answer is given now; its number."""
        self._number += 1
        self._answered[self._number] = now
        return self._number

    def confirmed(self, number: int) -> None:
        """The parent had this answer."""
        given = self._answered.get(number)
        if given is not None:
            self.until = max(self.until, given + LEASE_S)
            self._answered = {later: at for later, at in self._answered.items() if later >= number}

    def left_s(self, now: float) -> float:
        """Seconds until the nodes have to end, negative once they should have."""
        return self.until - now
