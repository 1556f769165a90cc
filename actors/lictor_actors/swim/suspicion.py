"""One suspicion: how long a member may refute, and whose confirmations shorten that (Lifeguard, LHA-Suspicion)."""

from __future__ import annotations

from lictor_actors.swim.profile import Profile, suspicion_timeout
from lictor_messages.swim import Dead


class Suspicion:
    """Runs until ``deadline``; each independent accuser brings that nearer.

    The first accuser is one of the accusers from the start, so that it cannot confirm itself.
    """

    __slots__ = ("_least", "_most", "_start", "accusers", "verdict", "wanted")

    def __init__(self, accuser: str, profile: Profile, n: int, now: int) -> None:
        self.accusers: tuple[str, ...] = (accuser,)
        """In the order in which they were heard. They are few: a dict would be large and no faster."""
        self.wanted = profile.confirmations(n)
        """So many confirmations make it the shortest."""
        self._least = profile.suspicion_min(n)
        self._most = profile.suspicion_max(n)
        self._start = now
        self.verdict: Dead | None = None
        """The verdict of others, for which the time is over already."""

    @property
    def confirmed(self) -> int:
        """How many have confirmed it."""
        return len(self.accusers) - 1

    @property
    def soonest(self) -> int:
        """When it is over if enough confirm it."""
        return self._start + self._least

    @property
    def deadline(self) -> int:
        """When nothing else can be believed than that the member has failed."""
        if self.verdict is not None:
            return self.soonest
        return self._start + suspicion_timeout(self.confirmed, self.wanted, self._least, self._most)

    def confirm(self, accuser: str) -> bool:
        """Count an accuser; False if it is not new or no more are wanted."""
        if self.confirmed >= self.wanted or accuser in self.accusers:
            return False
        self.accusers += (accuser,)
        return True

    def convict(self, verdict: Dead) -> None:
        """Another node's suspicion has run out: this one becomes as short as one that enough have confirmed."""
        self.verdict = self.verdict or verdict

    def postpone(self, lag: int) -> None:
        """This node itself stood still for ``lag``: the suspect's refutation may wait unread."""
        self._start += lag
