"""Reads that come again and again: parsed once, and said once as long as the server's answer stays the same object."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lictor_actors.roles.api.ask import Ask, rendered, rendered_with_consistency
from lictor_actors.roles.api.request import HttpRequest
from lictor_messages.answers import Query
from lictor_messages.base import Message
from lictor_messages.web import HttpAnswered, HttpAsked

if TYPE_CHECKING:
    from lictor_actors.roles.doorway.calls import Call

READS_MOST = 1024
BYTES_MOST = 16 << 20
"""Bodies that are held for their responses; more, and all are forgotten."""
BLOCKING_MOST = 64
"""Targets of blocking queries that are remembered: a crowd asks in the same words, but only until the index moves."""
TARGET_MOST = 512
"""Longer targets are not worth remembering."""
_SAID_ALIKE = (rendered, rendered_with_consistency)
"""Renderings that depend on the answer and the target alone."""


class CachedRead:
    """One target: what it asks for, and the last answer with its response unless it blocks."""

    __slots__ = ("answer", "blocks", "crowded", "gathers", "last", "plan", "request", "said")

    def __init__(self, plan: Ask, request: HttpRequest, blocks: bool) -> None:
        self.blocks = blocks
        self.plan = plan
        self.request = request
        self.answer: Message | None = None
        self.said: HttpAnswered | None = None
        self.last: Call | None = None
        """What asked for it last, until that is answered."""
        self.crowded = False
        """True while several ask at the same moment: then they are asked for together."""
        self.gathers: Call | None = None
        """The call that is about to be sent for all who have come."""


class ReadCache:
    """By target. Blocking queries are kept apart: each has an index of its own, and no answer twice."""

    __slots__ = ("_blocking", "_bytes", "_reads")

    def __init__(self) -> None:
        self._blocking: dict[str, CachedRead] = {}
        self._reads: dict[str, CachedRead] = {}
        self._bytes = 0

    def find(self, asked: HttpAsked) -> CachedRead | None:
        """What this request asks for, if it was asked before."""
        if asked.method != "GET":
            return None
        return self._reads.get(asked.target) or self._blocking.get(asked.target)

    def keep(self, plan: Ask, request: HttpRequest) -> None:
        """Remember a plan if nothing but the target decided it."""
        asked, query = request.asked, plan.message
        if plan.render not in _SAID_ALIKE or request.personal or asked.method != "GET":
            return
        if not isinstance(query, Query) or len(asked.target) > TARGET_MOST:
            return
        if len(self._reads) >= READS_MOST:
            self._forget_all()
        if len(self._blocking) >= BLOCKING_MOST:
            self._blocking.clear()
        reads = self._blocking if query.min_index else self._reads
        reads[asked.target] = CachedRead(plan, request, blocks=query.min_index > 0)

    def remember(self, known: CachedRead, answer: Message, said: HttpAnswered) -> None:
        """This is how that answer is said; it is the same object until what it says changes."""
        self._bytes += len(said.body) - (len(known.said.body) if known.said is not None else 0)
        if self._bytes > BYTES_MOST:
            self._forget_all()
        else:
            known.answer, known.said = answer, said

    def _forget_all(self) -> None:
        self._reads.clear()
        self._bytes = 0
