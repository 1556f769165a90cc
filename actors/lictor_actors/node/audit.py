"""The audit log of a node: a line for each request of its clients, as Consul Enterprise writes those of HTTP.

A line has who, what, from where and the outcome, and neither parameters, headers nor bodies: these may hold secrets. It
is written when the answer is known and whose token it was. The doors are wrapped, so that they are as ever without an
audit log.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from lictor_actors.hosts.doors.clients import AskMessage
from lictor_actors.hosts.doors.http.door import Ask
from lictor_actors.hosts.doors.opening import Site
from lictor_actors.node.bearers import Bearers
from lictor_actors.roles.api.api import ROUTER
from lictor_actors.roles.api.request import HttpError, decoded_path
from lictor_actors.roles.api.tokens import token_of
from lictor_messages.base import Message
from lictor_messages.envelope import Envelope
from lictor_messages.refusals import Refused
from lictor_messages.web import HttpAnswered, HttpAsked

Write = Callable[[str], None]
"""Takes a line, without its end."""
GONE = "client gone"
"""The outcome of a request whose client did not wait for it: it may have been carried out."""
ANSWERED = "200"
NS = 1_000_000_000


class Audit:
    """Implements ``OpenDoor``: it is opened before the doors that it watches."""

    role = "agent"

    def __init__(self, write: Write, *, acl: bool) -> None:
        """``acl``: whether tokens count."""
        self._write = write
        self._acl = acl
        self._bearers: Bearers | None = None

    async def open(self, site: Site) -> Audit:
        """See ``Opening``."""
        self._site = site
        if self._acl:
            self._bearers = Bearers(site.node, site.boot)
        return self

    def over_http(self, ask: Ask) -> Ask:
        """The same, and a line for each request."""

        def asked(asked: HttpAsked, answer: Callable[[HttpAnswered], None]) -> Callable[[], None]:
            route, path = self._place(asked)
            request = {"operation": asked.method, "route": route, "endpoint": path, "remote_addr": asked.peer}
            end = self._begin("HTTPEvent", request, token_of(asked))

            def answered(said: HttpAnswered) -> None:
                end(str(said.status))
                answer(said)

            gone = ask(asked, answered)

            def hung_up() -> None:
                end(GONE)
                gone()

            return hung_up

        return asked

    def over_messages(self, ask: AskMessage) -> AskMessage:
        """The same for client actors."""

        async def asked(envelope: Envelope, ip: str) -> Message:
            end = self._begin("MessageEvent", {"operation": envelope.body.kind, "remote_addr": ip}, envelope.token)
            answer = await ask(envelope, ip)
            end(answer.code if isinstance(answer, Refused) else ANSWERED)
            return answer

        return asked

    def actor_crashed(self) -> None:
        """See ``OpenDoor``: what waits for it is settled by time."""

    def node_ended(self, why: str) -> None:
        """See ``OpenDoor``."""
        self._close()

    async def close(self) -> None:
        """See ``OpenDoor``."""
        self._close()

    def _close(self) -> None:
        if self._bearers is not None:
            self._bearers.close()

    def _begin(self, kind: str, request: dict[str, str], token: str) -> Callable[[str], None]:
        """What to call with the outcome, once."""
        event = {"version": "1", "type": kind, "timestamp": self._now(), "auth": {}, "request": request}
        line = _Line(event, self._finish)
        if self._bearers is not None:
            self._bearers.tell(token, line.is_of)
        else:
            line.is_of("")
        return line.ended

    def _finish(self, event: dict[str, Any]) -> None:
        event["stage"] = "OperationComplete"
        self._write(json.dumps({"created_at": self._now(), "event_type": "audit", "payload": event}))

    def _now(self) -> str:
        wall = self._site.node.ground.wall(self._site.node.name)
        return datetime.fromtimestamp(wall / NS, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")

    def _place(self, asked: HttpAsked) -> tuple[str, str]:
        """The pattern of the route that is taken, and the path; both "" if none is: it may hold anything."""
        try:
            path = decoded_path(asked.target.partition("?")[0])
        except HttpError:
            return "", ""
        beside = (below for below in self._site.beside if path.startswith(below))
        route = ROUTER.pattern(asked.method, path) or next(beside, "")
        return route, path if route else ""


class _Line:
    """One that is not written yet."""

    def __init__(self, event: dict[str, Any], finish: Callable[[dict[str, Any]], None]) -> None:
        self._event = event
        self._finish = finish
        self._lacks = 2

    def is_of(self, accessor: str) -> None:
        """Whose token it was."""
        self._event["auth"] = {"accessor_id": accessor}
        self._take_in()

    def ended(self, outcome: str) -> None:
        """What came of it."""
        self._event["response"] = {"status": outcome}
        self._take_in()

    def _take_in(self) -> None:
        self._lacks -= 1
        if not self._lacks:
            self._finish(self._event)
