"""A sealed frame that was heard once is never heard again, by the node that it was for or by any other."""

from __future__ import annotations

from collections.abc import Sequence


class HeardAgain(AssertionError):
    """A replayed frame has changed something, or could have."""


class ReplayJudge:
    """Sees what comes of each frame that is sent once more."""

    def __init__(self) -> None:
        self.refused = 0
        """Replays that came to nothing."""

    def saw(self, node: str, meant_for: str, envelopes: Sequence[bytes]) -> None:
        """What ``node`` takes out of a frame that ``meant_for`` has heard before. Raises HeardAgain."""
        if envelopes:
            raise HeardAgain(f"{node} has heard a replayed frame, which {meant_for} had heard before: {envelopes[0]!r}")
        self.refused += 1
