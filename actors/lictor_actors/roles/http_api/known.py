"""Reads that come again and again: parsed once, and said once as long as the server's answer stays the same object."""

from __future__ import annotations

from lictor_actors.roles.http_api.plan import Plan, rendered, rendered_with_consistency
from lictor_actors.roles.http_api.request import HttpRequest
from lictor_messages.answers import Query
from lictor_messages.base import Message
from lictor_messages.web import HttpAnswered, HttpAsked

READS_MOST = 1024
BYTES_MOST = 16 << 20
"""Bodies that are held for their responses; more, and all are forgotten."""
TARGET_MOST = 512
"""Longer targets are not worth remembering."""
_SAID_ALIKE = (rendered, rendered_with_consistency)
"""Renderings that depend on the answer and the target alone."""


class Known:
    """One target: what it asks for, and the last answer with its response."""

    __slots__ = ("answer", "plan", "request", "said")

    def __init__(self, plan: Plan, request: HttpRequest) -> None:
        self.plan = plan
        self.request = request
        self.answer: Message | None = None
        self.said: HttpAnswered | None = None


class KnownReads:
    """By target. Blocking queries are left out: each has an index of its own."""

    __slots__ = ("_bytes", "_reads")

    def __init__(self) -> None:
        self._reads: dict[str, Known] = {}
        self._bytes = 0

    def find(self, asked: HttpAsked) -> Known | None:
        """What this request asks for, if it was asked before."""
        return self._reads.get(asked.target) if asked.method == "GET" else None

    def keep(self, plan: Plan, request: HttpRequest) -> None:
        """Remember a plan if nothing but the target decided it."""
        asked, query = request.asked, plan.message
        if plan.render not in _SAID_ALIKE or request.personal or asked.method != "GET":
            return
        if not isinstance(query, Query) or query.min_index or len(asked.target) > TARGET_MOST:
            return
        if len(self._reads) >= READS_MOST:
            self._forget_all()
        self._reads[asked.target] = Known(plan, request)

    def remember(self, known: Known, answer: Message, said: HttpAnswered) -> None:
        """This is how that answer is said; it is the same object until what it says changes."""
        self._bytes += len(said.body) - (len(known.said.body) if known.said is not None else 0)
        if self._bytes > BYTES_MOST:
            self._forget_all()
        else:
            known.answer, known.said = answer, said

    def _forget_all(self) -> None:
        self._reads.clear()
        self._bytes = 0
