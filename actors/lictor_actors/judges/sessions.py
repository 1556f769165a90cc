"""What locks promise: one session holds a key at a time, on every server and for every client that was told so.

A client that was told that it has a lock may trust it until its session could have ended without its knowing: one TTL
after it last *sent* a renewal that was answered, or until it gives the lock back. Two such times must never overlap.
The fence (key, its CreateIndex, LockIndex) names one acquisition: no two sessions ever share one, on any server.
A session ends once, at one place in the log: no server that is past it still has the session, or has it again.
Sources: Gray and Cheriton, "Leases", SOSP 1989, section 2; Burrows, "The Chubby lock service", OSDI 2006, section 2.4.
"""

from __future__ import annotations

from dataclasses import dataclass

from lictor_actors.store.store import Store

Fence = tuple[str, int, int]


class LockBroken(AssertionError):
    """Two sessions hold, or were told that they hold, the same lock."""


@dataclass(slots=True)
class Tenure:
    """One client's time with a lock; nanoseconds of the world's clock."""

    key: str
    session: str
    since: int
    until: int

    def overlaps(self, other: Tenure) -> bool:
        """Whether both were held at some moment."""
        return self.since < other.until and other.since < self.until

    def __str__(self) -> str:
        return f"{self.session} from {self.since / 1e9:.3f} to {self.until / 1e9:.3f} s"


class SessionJudge:
    """Compares what servers hold and what clients were told, as it happens."""

    def __init__(self) -> None:
        self.tenures: list[Tenure] = []
        self.fences: dict[Fence, str] = {}
        """Every acquisition that was ever seen on a server, and whose it was."""
        self.ended: dict[str, int] = {}
        """Session → the first place in the log at which a server that had known it had it no more."""
        self._lived: dict[str, int] = {}
        """Session → the last place in the log at which any server had it."""
        self._had: dict[str, dict[str, int]] = {}
        """Server → the same for it alone, of those sessions that it has not seen end."""
        self._seen: dict[str, int] = {}
        self._lost: dict[str, tuple[int, int, str]] = {}

    # -- what servers hold -----------------------------------------------------

    def saw(self, server: str, store: Store) -> None:
        """A server after a turn. Raises LockBroken."""
        if self._seen.get(server) == store.applied:
            return
        self._seen[server] = store.applied
        self._check_ends(server, store)
        for session, keys in store.kv.held.items():
            for key in keys:
                entry = store.kv.entries[key]
                self._check_fence((key, entry.create_index, entry.lock_index), session, server)

    def _check_ends(self, server: str, store: Store) -> None:
        had, rows, at = self._had.setdefault(server, {}), store.sessions.rows, store.applied
        for session in rows:
            had[session] = max(at, had.get(session, 0))
            self._lived[session] = max(at, self._lived.get(session, 0))
        # A server that reads its log again is for a while where it was before the session began.
        for session in [session for session, last in had.items() if session not in rows and at > last]:
            del had[session]
            self.ended[session] = min(at, self.ended.get(session, at))
        for session, end in self.ended.items():
            if self._lived[session] >= end:
                raise LockBroken(f"session {session} had ended by entry {end}, and was there at {self._lived[session]}")

    def _check_fence(self, fence: Fence, session: str, server: str) -> None:
        first = self.fences.setdefault(fence, session)
        if first != session:
            raise LockBroken(f"{server}: {session} holds {fence[0]} under fence {fence[1:]}, which was {first}'s")

    # -- what clients were told ------------------------------------------------

    def told(self, key: str, session: str, now: int, until: int) -> Tenure:
        """A client was told that its session holds the key, and trusts it until then. Raises LockBroken."""
        tenure = Tenure(key, session, now, until)
        self._check_tenure(tenure)
        self.tenures.append(tenure)
        return tenure

    def renewed(self, tenure: Tenure, until: int) -> None:
        """The client may trust its lock for longer. Raises LockBroken."""
        tenure.until = max(tenure.until, until)
        self._check_tenure(tenure)

    def gives_up(self, tenure: Tenure, now: int) -> None:
        """The client is about to release the lock, to end its session, or no longer trusts it."""
        tenure.until = min(tenure.until, now)

    def lost(self, key: str, session: str, now: int, delay: int) -> None:
        """A session that held the key has ended: for so long no other session may have it."""
        self._lost[key] = (now, delay, session)

    def _check_tenure(self, tenure: Tenure) -> None:
        for other in self.tenures:
            if other is not tenure and other.key == tenure.key and tenure.overlaps(other):
                raise LockBroken(f"{tenure.key} was promised twice: to {tenure} and to {other}")
        lost = self._lost.get(tenure.key)
        if lost is not None and lost[0] <= tenure.since < lost[0] + lost[1]:
            waited = (tenure.since - lost[0]) / 1e9
            raise LockBroken(f"{tenure.key} went to {tenure.session} {waited:.3f} s after {lost[2]} lost it")
