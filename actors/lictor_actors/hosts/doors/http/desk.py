"""Ties a node's HTTP listener to its gateway: each request becomes mail from ``http@node`` and back."""

from __future__ import annotations

from collections.abc import Callable
from logging import DEBUG, getLogger

from lictor_actors.hosts.doors.http.request_log import logged
from lictor_actors.hosts.node import Node
from lictor_messages.envelope import Envelope, at
from lictor_messages.host import Undeliverable
from lictor_messages.refusals import Refused
from lictor_messages.web import GatewayOptions, HttpAnswered, HttpAsked, HttpGone

ROOT = getLogger()
"""Its level is that of the most talkative handler: to look at it takes a third of the time of ``isEnabledFor``."""
Answer = Callable[[HttpAnswered], None]


class WebDesk:
    """Keeps who waits for which answer."""

    def __init__(
        self,
        node: Node,
        role: str,
        boot: int,
        seen: Callable[[Envelope], None],
        *,
        door: str = "http",
        follow: Callable[[GatewayOptions], None] = lambda _: None,
    ) -> None:
        """``role``: the actor that answers. ``seen`` is shown every request, ``follow`` what the actor says is in
        force from now on. ``door`` is this desk's own name at its node."""
        self._follow = follow
        self._role = role
        self._seen = seen
        self._node = node
        self._me = at(door, node.name)
        self._gateway = at(role, node.name)
        self._prefix = f"{boot:x}.{door[0]}"
        self._count = 0
        self._take: Callable[[Envelope], None] | None = None
        self._waiting: dict[str, Answer] = {}
        node.open_door(door, self._answered, lambda _: False)  # the gateway of this node answers, and no other

    def ask(self, asked: HttpAsked, answer: Answer) -> Callable[[], None]:
        """Send a request to the gateway; returns what to call if the client hangs up first."""
        self._count += 1
        request = f"{self._prefix}{self._count:x}"
        self._waiting[request] = logged(asked, request, answer) if ROOT.level <= DEBUG else answer
        envelope = Envelope(self._me, self._gateway, asked, request, self._me, 0, 0, request, "", "http")
        self._seen(envelope)
        self._to_gateway(envelope)
        return lambda: self._gone(request)

    def _to_gateway(self, envelope: Envelope) -> None:
        """Its seat is looked up once: it passes on what comes for one that has taken its place."""
        if self._take is None:
            self._take = self._node.taker(self._role)
        (self._take or self._node.deliver)(envelope)

    def gateway_crashed(self) -> None:
        """Its tickets died with it: nobody would ever answer the requests that are open."""
        self._refuse_all(Refused(code="ActorCrashed").words)

    def gateway_is_down(self, why: str) -> None:
        """It does not come back: the requests that wait for it are told why."""
        self._refuse_all(f"{self._gateway} is down: {why}")

    def _refuse_all(self, words: str) -> None:
        waiting, self._waiting = self._waiting, {}
        for answer in waiting.values():
            answer(HttpAnswered(status=500, body=words.encode()))

    def _gone(self, request: str) -> None:
        if self._waiting.pop(request, None) is not None:
            self._node.deliver(Envelope(self._me, self._gateway, HttpGone(request=request), origin="http"))

    def _answered(self, envelope: Envelope) -> None:
        answer = self._waiting.pop(envelope.request, None)
        if answer is None and isinstance(envelope.body, GatewayOptions):
            self._follow(envelope.body)
            return
        if answer is None:
            self._node.ground.count("http_answers_for_nobody", self._node.name)
            return
        body = envelope.body
        if type(body) is HttpAnswered:
            answer(body)
        elif isinstance(body, Refused):
            answer(HttpAnswered(status=body.row.status, body=body.words.encode()))
        elif isinstance(body, Undeliverable):
            answer(HttpAnswered(status=500, body=_not_reached(body).encode()))
        else:
            answer(HttpAnswered(status=500, body=f"unexpected answer {body.kind}".encode()))


def _not_reached(notice: Undeliverable) -> str:
    return notice.down or f"{notice.target} could not be reached: {notice.reason}"
