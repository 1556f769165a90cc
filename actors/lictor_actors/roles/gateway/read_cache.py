"""Reads that come again and again: parsed once, and said once as long as the server's answer stays the same object."""

from __future__ import annotations

from lictor_actors.roles.api.question import HttpQuestion, rendered, rendered_with_consistency
from lictor_actors.roles.api.request import HttpRequest
from lictor_actors.roles.doorway.call import Crowd
from lictor_actors.roles.doorway.question import Rights
from lictor_messages.answers import Query
from lictor_messages.base import Message
from lictor_messages.web import HttpAnswered, HttpAsked

READS_MOST = 1024
BYTES_MOST = 16 << 20
"""Bodies that are held for their responses; more, and all are forgotten."""
BLOCKING_MOST = 64
"""Targets of blocking queries that are remembered: a crowd asks in the same words, but only until the index moves."""
TARGET_MOST = 512
"""Longer targets are not worth remembering."""
_RENDERED_ALIKE = (rendered, rendered_with_consistency)
"""Renderings that depend on the answer and the target alone."""


class CachedRead(Crowd):
    """One target: what it asks for, and the last answer with its response unless it blocks."""

    __slots__ = ("answer", "blocks", "question", "request", "response")

    def __init__(self, question: HttpQuestion, request: HttpRequest, blocks: bool) -> None:
        super().__init__()
        self.blocks = blocks
        self.question = question
        self.request = request
        self.answer: Message | None = None
        self.response: HttpAnswered | None = None


class ReadCache:
    """By target and rights. Blocking queries are kept apart: each has an index of its own, and no answer twice."""

    __slots__ = ("_blocking", "_bytes", "_reads")

    def __init__(self) -> None:
        self._blocking: dict[tuple[str, Rights], CachedRead] = {}
        self._reads: dict[tuple[str, Rights], CachedRead] = {}
        self._bytes = 0

    def find(self, asked: HttpAsked, rights: Rights) -> CachedRead | None:
        """What this request asks for, if one of the same rights has asked it before."""
        if asked.method != "GET":
            return None
        key = (asked.target, rights)
        return self._reads.get(key) or self._blocking.get(key)

    def keep(self, question: HttpQuestion, request: HttpRequest) -> None:
        """Remember a question if nothing but the target and the rights decided it."""
        asked, query = request.asked, question.message
        if question.render not in _RENDERED_ALIKE or request.personal or asked.method != "GET":
            return
        if not isinstance(query, Query) or len(asked.target) > TARGET_MOST:
            return
        if len(self._reads) >= READS_MOST:
            self._forget_all()
        if len(self._blocking) >= BLOCKING_MOST:
            self._blocking.clear()
        reads = self._blocking if query.min_index else self._reads
        reads[asked.target, question.rights] = CachedRead(question, request, blocks=query.min_index > 0)

    def remember(self, read: CachedRead, answer: Message, response: HttpAnswered) -> None:
        """This is how that answer is said; it is the same object until what it says changes."""
        self._bytes += len(response.body) - (len(read.response.body) if read.response is not None else 0)
        if self._bytes > BYTES_MOST:
            self._forget_all()
        else:
            read.answer, read.response = answer, response

    def _forget_all(self) -> None:
        self._reads.clear()
        self._bytes = 0
