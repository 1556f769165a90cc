"""An agent with a whole store behind its API, for commands that block, lock and watch."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from random import Random
from typing import Any

from local_site import serving

from lictor_actors.kernel.actor import Actor
from lictor_actors.kernel.life import Life
from lictor_actors.kernel.turn import Turn
from lictor_actors.roles.api.api import ROUTER
from lictor_actors.roles.api.question import HttpQuestion, error_answer, text
from lictor_actors.roles.api.request import HttpError, HttpRequest
from lictor_actors.store.render import render
from lictor_actors.store.store import Store
from lictor_messages.answers import Query, Rendered
from lictor_messages.catalog import CheckRecord, NodeRecord, Register
from lictor_messages.kv import ListKeys
from lictor_messages.refusals import Refused
from lictor_messages.sessions import ListSessions
from lictor_messages.web import GatewayOptions, HttpAnswered, HttpAsked


class StoreAgent:
    """Every request goes through the gateway's own routes to a store in this process."""

    def __init__(self) -> None:
        self.store = Store()
        self.index = 0
        self.changed = threading.Condition(threading.RLock())
        self.blocked = 0
        rng = Random(7)
        life = Life(Actor(), "gateway@n1.dc1", rng, lambda size: bytes(rng.randrange(256) for _ in range(size)))
        self.turn = Turn(life, 0, 0, None)
        self.options = GatewayOptions(node="n1.dc1", name="n1")
        check = CheckRecord(node="n1", check_id="serfHealth", name="", status="passing")
        self.apply(Register(node=NodeRecord(node="n1", address="10.0.0.1"), checks=(check,)))

    def apply(self, command: Any) -> Any:
        with self.changed:
            self.index += 1
            outcome = self.store.apply(self.index, time.monotonic_ns(), command)
            self.changed.notify_all()
            return outcome

    def http(self, method: str, target: str, body: bytes) -> HttpAnswered:
        try:
            request = HttpRequest(HttpAsked(method=method, target=target, body=body), self.options, self.turn)
            question = ROUTER.find(request).endpoint(request)
            assert isinstance(question, HttpQuestion)
            message = question.message
            answer = self.read(message) if isinstance(message, Query) else self.apply(message)
            if isinstance(answer, Refused):
                return text(answer.row.status, answer.words)
            return question.render(answer, request)
        except HttpError as error:
            return error_answer(error)

    def read(self, query: Query) -> Any:
        with self.changed:
            answer = self.store.evaluate(query)
            if query.min_index:
                moved = lambda: self.store.evaluate(query).index > query.min_index  # noqa: E731
                self.blocked += 1
                self.changed.notify_all()
                self.changed.wait_for(moved, query.wait_ns / 1e9)
                answer = self.store.evaluate(query)
        if not query.rendered:
            return answer
        body, found = render(query, answer)
        return Rendered(index=answer.index, body=body, found=found)

    def entries(self, prefix: str = "") -> Any:
        return {e.key: e for e in self.store.evaluate(ListKeys(prefix=prefix)).entries}

    def sessions(self) -> Any:
        return self.store.evaluate(ListSessions()).sessions

    def until(self, true: Any) -> None:
        with self.changed:
            assert self.changed.wait_for(true, 10)


@contextmanager
def served(agent: StoreAgent) -> Iterator[str]:
    """Its address while it listens."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            said = agent.http(self.command, self.path, body)
            self.send_response(said.status)
            for name, value in said.headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(said.body)))
            self.end_headers()
            self.wfile.write(said.body)

        do_GET = do_PUT = do_DELETE = answer

        def log_message(self, *_: Any) -> None:
            pass

    with serving(Handler) as port:
        yield f"127.0.0.1:{port}"
