"""Which sealed frames have come before. A frame that comes again is refused, however long after, and so is one that was
sent before this process began.

A frame bears the life of the process that sealed it (16 random bytes), its number in that life, and a stamp of the
sender's clock. All three are authenticated.

- Of each life only numbers are heard that are new: the highest WINDOW are remembered, and what is below all of them
  counts as seen.
- Only stamps are heard that are later than the start of this process, and than every stamp of the lives that were
  forgotten. So neither a restart nor a full memory lets an old frame in, also not of a life that has spoken since.
- Clocks may differ by SKEW_NS; a frame that is further off is refused. So a life can be forgotten once its last stamp
  is older than that.

What rests on clocks: a peer whose clock is behind by some time is heard that much later after the start of this
process; from one whose clock is ahead, frames of that last bit of time before a restart could come once more. The
wall clock of this machine may be set: the start is reckoned back by the monotonic clock.
"""

from __future__ import annotations

import heapq

WINDOW = 64
"""Numbers of one life that may overtake each other: frames of two connections, or in a network that reorders."""
SKEW_NS = 600_000_000_000
LIVES_MOST = 65_536


class _Life:
    __slots__ = ("floor", "latest", "seen")

    def __init__(self) -> None:
        self.seen: list[int] = []
        """A heap of the highest numbers."""
        self.floor = -1
        self.latest = 0
        """Its highest stamp."""

    def knows(self, number: int) -> bool:
        return number <= self.floor or number in self.seen

    def take(self, number: int, stamp: int) -> None:
        heapq.heappush(self.seen, number)
        self.latest = max(self.latest, stamp)
        if len(self.seen) > WINDOW:
            self.floor = heapq.heappop(self.seen)


class Replays:
    """The memory of one process. Times are nanoseconds."""

    def __init__(self, began: int, lives_most: int = LIVES_MOST) -> None:
        """``began``: the start of this process by its monotonic clock."""
        self._began = began
        self._lives_most = lives_most
        self._lives: dict[bytes, _Life] = {}
        """The one that was heard last stands last."""
        self._forgotten = 0
        """The highest stamp of a life that was forgotten."""

    def refuses(self, life: bytes, number: int, stamp: int, wall: int, now: int) -> str:
        """Why this frame is not heard, in a word; "" if it is new, and from now on it is not."""
        if abs(stamp - wall) > SKEW_NS:
            return "clock"
        if stamp <= wall - (now - self._began):
            return "before_start"
        if stamp <= self._forgotten:
            return "forgotten"
        known = self._lives.pop(life, None) or _Life()
        self._lives[life] = known
        if known.knows(number):
            return "replayed"
        known.take(number, stamp)
        self._forget(wall)
        return ""

    def _forget(self, wall: int) -> None:
        """The lives that were silent for longest, if nothing that they sealed can be heard, or there are too many."""
        while self._lives:
            life = next(iter(self._lives))
            latest = self._lives[life].latest
            if latest >= wall - SKEW_NS and len(self._lives) <= self._lives_most:
                return
            del self._lives[life]
            self._forgotten = max(self._forgotten, latest)
