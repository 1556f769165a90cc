"""How long exchanges of views take: from what was sent to another member until the last part of its answer."""

from __future__ import annotations

from lictor_actors.kernel.turn import Turn

REMEMBERED_MOST = 64
"""Those that are never answered make room for others."""


class Exchanges:
    """Of one pool."""

    def __init__(self, network: str) -> None:
        self._times = f"memberlist.pushPullNode;network={network}"
        self._began: dict[str, int] = {}
        """By id of the request."""

    def begin(self, request: str, turn: Turn) -> str:
        """A view, or what one sums up to, is sent under this request; returns its id."""
        if len(self._began) == REMEMBERED_MOST:
            del self._began[next(iter(self._began))]
        self._began[request] = turn.now
        return request

    def end(self, turn: Turn) -> None:
        """The answer in hand is the last part."""
        request = turn.envelope.request if turn.envelope is not None else ""
        began = self._began.pop(request, None)
        if began is not None:
            turn.sample(self._times, (turn.now - began) / 1e6)
