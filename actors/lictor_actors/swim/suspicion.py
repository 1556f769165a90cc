"""One suspicion: how long a member may refute, and whose confirmations shorten that (Lifeguard, LHA-Suspicion)."""

from __future__ import annotations

from lictor_actors.swim.profile import Profile, suspicion_timeout


class Suspicion:
    """Runs from ``start`` to ``deadline``; each independent accuser brings the deadline nearer.

    The first accuser is one of the accusers from the start, so that it cannot confirm itself.
    """

    __slots__ = ("_accusers", "_least", "_most", "_wanted", "confirmed", "deadline", "start")

    def __init__(self, accuser: str, profile: Profile, n: int, now: int) -> None:
        self._accusers = {accuser}
        self._wanted = profile.confirmations(n)
        self._least = profile.suspicion_min(n)
        self._most = profile.suspicion_max(n)
        self.confirmed = 0
        self.start = now
        self.deadline = now + self._timeout()

    def confirm(self, accuser: str) -> bool:
        """Count an accuser; False if it is not new or no more are wanted."""
        if self.confirmed >= self._wanted or accuser in self._accusers:
            return False
        self._accusers.add(accuser)
        before = self._timeout()
        self.confirmed += 1
        self.deadline -= before - self._timeout()
        return True

    def postpone(self, lag: int) -> None:
        """This node itself stood still for ``lag``: the suspect's refutation may wait unread."""
        self.deadline += lag

    def _timeout(self) -> int:
        return suspicion_timeout(self.confirmed, self._wanted, self._least, self._most)
