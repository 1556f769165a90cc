"""One suspicion: how long a member may refute, and whose confirmations shorten that (Lifeguard, LHA-Suspicion)."""

from __future__ import annotations

from lictor_actors.swim.profile import Profile, suspicion_timeout
from lictor_messages.swim import Dead


class Suspicion:
    """Runs until ``deadline``; each independent accuser brings that nearer.

    The first accuser is one of the accusers from the start, so that it cannot confirm itself.
    """

    __slots__ = ("_accusers", "_least", "_most", "_start", "_wanted", "confirmed", "verdict")

    def __init__(self, accuser: str, profile: Profile, n: int, now: int) -> None:
        self._accusers = {accuser}
        self._wanted = profile.confirmations(n)
        self._least = profile.suspicion_min(n)
        self._most = profile.suspicion_max(n)
        self._start = now
        self.confirmed = 0
        self.verdict: Dead | None = None
        """The verdict of others, for which the time is over already."""

    @property
    def deadline(self) -> int:
        """When nothing else can be believed than that the member has failed."""
        if self.verdict is not None:
            return self._start + self._least
        return self._start + suspicion_timeout(self.confirmed, self._wanted, self._least, self._most)

    def confirm(self, accuser: str) -> bool:
        """Count an accuser; False if it is not new or no more are wanted."""
        if self.confirmed >= self._wanted or accuser in self._accusers:
            return False
        self._accusers.add(accuser)
        self.confirmed += 1
        return True

    def convict(self, verdict: Dead) -> None:
        """Another node's suspicion has run out: this one becomes as short as one that enough have confirmed."""
        self.verdict = self.verdict or verdict

    def postpone(self, lag: int) -> None:
        """This node itself stood still for ``lag``: the suspect's refutation may wait unread."""
        self._start += lag
