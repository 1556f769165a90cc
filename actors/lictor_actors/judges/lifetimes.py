"""A session lives as long as its client was told: one TTL from when it last *sent* a renewal that was answered.

It may end sooner only by its client's own wish, or because its node is gone from the catalog. Sessions that stand on
checks promise less, and are not for this judge. Source: Consul's page on sessions, developer.hashicorp.com/consul/docs/
dynamic-app-config/sessions: a TTL is a lower bound, a session is not ended before it.
"""

from __future__ import annotations

from dataclasses import dataclass

from lictor_actors.store.store import Store


class SessionLost(AssertionError):
    """A session ended while its client had been told that it lives."""


@dataclass(slots=True)
class _Promise:
    node: str
    index: int
    """Where in the log the session began."""
    until: int
    """What its client may rely on; nanoseconds of the world's clock."""
    ended: int = 0
    """When the first server had it no more; 0 while all have it."""


class LifetimeJudge:
    """Compares what clients were told of their sessions with what any server applies."""

    def __init__(self) -> None:
        self._promises: dict[str, _Promise] = {}
        self.told = 0
        """How many answers were believed."""

    def began(self, session: str, node: str, index: int, until: int) -> None:
        """A client was told that its session was made at this index, on this node."""
        self._promises[session] = _Promise(node, index, until)

    def renewed(self, session: str, until: int) -> None:
        """A client was told that its session lives. Raises SessionLost if it had ended by then."""
        promise = self._promises[session]
        promise.until = max(promise.until, until)
        self.told += 1
        self._check(session, promise)

    def over(self, session: str) -> None:
        """The client relies on it no longer."""
        self._promises.pop(session, None)

    def saw(self, store: Store, now: int) -> None:
        """A server after a turn. Raises SessionLost."""
        for session, promise in list(self._promises.items()):
            if promise.ended or session in store.sessions.rows or store.applied < promise.index:
                continue
            node = store.catalog.node(promise.node)
            if node is None or node.create_index > promise.index:
                self.over(session)  # its node went, and took it along
                continue
            promise.ended = now
            self._check(session, promise)

    def _check(self, session: str, promise: _Promise) -> None:
        if promise.ended and promise.ended < promise.until:
            raise SessionLost(
                f"session {session} ended at {promise.ended / 1e9:.3f} s, "
                f"and its client was told that it lives until {promise.until / 1e9:.3f} s at least"
            )
