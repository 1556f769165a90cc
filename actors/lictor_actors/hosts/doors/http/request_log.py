"""The log's line of a request over HTTP, as Consul writes it: at DEBUG, when it is answered, and without its token."""

from __future__ import annotations

import time
from collections.abc import Callable

from lictor_actors.hosts.live.log_lines import about, log_of
from lictor_messages.secret import without_token
from lictor_messages.web import HttpAnswered, HttpAsked

LOG = log_of("http")


def logged(asked: HttpAsked, cause: str, answer: Callable[[HttpAnswered], None]) -> Callable[[HttpAnswered], None]:
    """``answer``, and a line about it."""
    began = time.perf_counter()

    def answered(said: HttpAnswered) -> None:
        took_ms = (time.perf_counter() - began) * 1e3
        line = "Request finished: method=%s url=%s from=%s status=%d latency=%.3fms"
        LOG.debug(line, asked.method, without_token(asked.target), asked.peer, said.status, took_ms, extra=about(cause))
        answer(said)

    return answered
