"""What others did to this node's entries in the catalog and is undone: said in the log, on the timeline, and counted.

A difference is such a reversal only if the agent believed the catalog to be as it is itself: what waits to be written,
and what was written while the catalog was being read, is the agent's own news.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from lictor_actors.kernel.turn import Turn
from lictor_actors.roles.agent.catalog_differences import Difference
from lictor_actors.roles.agent.local_state import Key

NOTES_MOST = 10
"""Of one comparison; the others are a number."""


class Reversals:
    """Tells of them."""

    def __init__(self) -> None:
        self._disturbed = False

    def comparing(self, being_written: bool) -> None:
        """The catalog is being read."""
        self._disturbed = being_written

    def wrote(self) -> None:
        """Something of ours is on its way to the catalog: what is being read may be older or newer."""
        self._disturbed = True

    def tell(self, found: Sequence[Difference], own_news: Collection[Key], turn: Turn) -> None:
        """Say what of this is undone."""
        if self._disturbed:
            return
        undone = [each for each in found if each.key not in own_news]
        for each in undone[:NOTES_MOST]:
            turn.note(f"anti-entropy {each.correction}")
            turn.count(f"anti_entropy_undone:{each.key[0]}")
        if len(undone) > NOTES_MOST:
            turn.note(f"anti-entropy corrects {len(undone) - NOTES_MOST} more differences in the catalog")
