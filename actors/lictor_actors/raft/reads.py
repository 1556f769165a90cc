"""Reads that never lie: the leader's lease, and ReadIndex with one round for all who wait.

A round is one heartbeat to every peer. When a majority has answered round r, no other server led when r was sent:
so reads that came before r may be served from what was committed when r was sent (dissertation, section 6.4),
and no other will lead until the voters' loyalty ends, one shortest election time-out after r was *sent*,
whenever its answers came (6.4.1).
"""

from __future__ import annotations

from collections import deque


class Rounds:
    """The leader's heartbeat rounds and the reads that wait for them."""

    __slots__ = ("_attached", "_confirmed", "_sent", "_waiting", "proved", "proved_sent", "round")

    def __init__(self) -> None:
        self.round = 0
        self.proved = 0
        """The last round that a majority answered."""
        self.proved_sent: int | None = None
        """When that round was sent; None before there is one."""
        self._sent: deque[tuple[int, int]] = deque()
        self._waiting: list[int] = []
        self._attached: deque[tuple[int, int, list[int]]] = deque()
        self._confirmed: list[tuple[int, int]] = []

    def begin(self, now: int, read_index: int | None) -> int:
        """A new round leaves now; waiting reads join it if ``read_index`` is known. Returns its number."""
        self.round += 1
        self._sent.append((self.round, now))
        if read_index is not None and self._waiting:
            self._attached.append((self.round, read_index, self._waiting))
            self._waiting = []
        return self.round

    def wait(self, read: int) -> None:
        """This read joins the next round: the ones already sent may be older than the read."""
        self._waiting.append(read)

    @property
    def wanted(self) -> bool:
        """True if reads wait and no round is on its way: while one is, further reads gather for the next."""
        return bool(self._waiting) and self.proved == self.round

    def prove(self, upto: int) -> None:
        """A majority has answered round ``upto``."""
        while self._sent and self._sent[0][0] <= upto:
            self.proved, self.proved_sent = self._sent.popleft()
        while self._attached and self._attached[0][0] <= upto:
            _, index, reads = self._attached.popleft()
            self._confirmed.extend((read, index) for read in reads)

    def take_confirmed(self) -> list[tuple[int, int]]:
        """Reads that may be served once their index is applied, not taken before."""
        taken, self._confirmed = self._confirmed, []
        return taken
