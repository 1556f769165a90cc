"""The door of a node for client actors: many of them dial it, and each of their requests is answered once.

A frame with exactly one envelope comes in, and its answer goes out in a frame of the same connection.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from lictor_actors.bus.intake import TEXT_MOST
from lictor_actors.bus.lane_tls import LaneTls
from lictor_actors.bus.listening import listening
from lictor_actors.bus.per_client import PerClient
from lictor_actors.bus.sp import endpoint_of
from lictor_actors.bus.stream_inlet import Admission
from lictor_actors.hosts.doors.open_requests import OpenRequests
from lictor_actors.hosts.doors.opening import Opening, Site
from lictor_actors.hosts.doors.rep import Caller, Reception, RepConnection
from lictor_actors.kernel.vocabulary import By, Vocabulary
from lictor_messages.addresses import lane_url
from lictor_messages.agent import ServerSilent
from lictor_messages.answers import Command, Query
from lictor_messages.base import Message
from lictor_messages.codec import HEADER, FrameRefused, frame, open_frame, pack, read_body, unpack_head
from lictor_messages.door import ANY_CLUSTER
from lictor_messages.doorways import AskAgain
from lictor_messages.envelope import Envelope, at, role_of
from lictor_messages.host import Undeliverable
from lictor_messages.refusals import Refused

NS = 1_000_000_000
RECEIVE_MOST = 1024 * 1024
"""Bytes of the largest request; a client refuses to send more."""
OPEN_MOST = 512
"""Requests that may be open at a time; one more is refused at once rather than left hanging."""
BUDGET_NS = 60 * NS
"""How long a request without a budget may take."""
BUDGET_MOST_NS = 660 * NS
FAREWELL_S = 0.5
PLAIN_TOKEN = (
    "a token from another machine is not taken without TLS: dial tls+tcp://HOST:8304, or let the agent's "
    "tls.bus.plain_tokens allow it"
)
AskMessage = Callable[[Envelope, str], Awaitable[Message]]
"""Takes a client's request, and the IP that it came from, "" if that is not known; its answer."""


class DoorTerms(NamedTuple):
    """What is asked of clients beside their tokens."""

    tls: LaneTls | None = None
    """Which connections are taken; None: plain ones."""
    plain_tokens: bool = False
    """Whether a token is taken that came over the network in clear."""
    admission: Admission = Admission(per_client=100, greeting_s=5.0)
    """How many connections of one address there may be, and how long one may take to greet."""
    over: Callable[[AskMessage], AskMessage] = lambda ask: ask
    """Put around all that is asked."""


PLAIN = DoorTerms()


class ClientDoor:
    """Listens at ``urls`` for clients of one node and puts itself in their requests' ``reply_to``."""

    def __init__(
        self,
        node: str,
        role: str,
        urls: tuple[str, ...],
        cluster: bytes,
        deliver: Callable[[Envelope], None],
        hears: Callable[[], Vocabulary | None],
        count: Callable[[str], None],
        terms: DoorTerms = PLAIN,
        *,
        open_most: int = OPEN_MOST,
    ) -> None:
        """``role``: the actor of the node that stands behind it, for which its mail is.

        ``hears`` returns what that actor declares, None while it is down; the rest is refused here. ``count`` is told
        of each refusal, with its reason.
        """
        self.role = role
        self.urls = urls
        """Where it listens; after ``start`` with the port that was given if 0 was asked for."""
        self._address = at("door", node)
        self._behind = at(role, node)
        self._cluster = cluster
        self._deliver = deliver
        self._hears = hears
        self._count = count
        self._plain_tokens = terms.plain_tokens
        self._open_most = open_most
        self._ask = terms.over(self._ask_actor)
        clients, greeting_s = PerClient(terms.admission.per_client), terms.admission.greeting_s
        tls = terms.tls or LaneTls()
        self._reception = Reception(self._answer_to, tls, RECEIVE_MOST, count, clients, greeting_s)
        self._listeners: list[asyncio.Server] = []
        self._open = OpenRequests()
        self._closing = False

    async def start(self) -> None:
        """Listen; raises OSError, in words, if the address cannot be had."""
        try:
            self.urls = tuple([await self._listen(url) for url in self.urls])
        except OSError:
            self._hang_up()
            raise

    def actor_crashed(self) -> None:
        """What it has passed on is answered past it; its next life takes the rest."""

    def node_ended(self, why: str) -> None:
        """What was passed on to other nodes may still be answered; the rest waits until its time is over."""

    async def close(self) -> None:
        """Answer what is open with Stopping, then hang up."""
        self._closing = True
        self._open.answer_all(Refused(code="Stopping"))
        if under_way := self._reception.requests:
            await asyncio.wait(under_way, timeout=FAREWELL_S)
        self._hang_up()
        await asyncio.sleep(0)  # transports close their sockets in the loop's next round

    async def _listen(self, url: str) -> str:
        """Where it listens now; raises OSError with the address in its words."""
        endpoint, loop = endpoint_of(url), asyncio.get_running_loop()
        try:
            made = listening(endpoint)
        except OSError as error:
            raise OSError(f"cannot listen for client actors at {url}: {error.strerror or error}") from error
        serve = loop.create_unix_server if endpoint.path else loop.create_server
        self._listeners.append(await serve(lambda: RepConnection(self._reception, endpoint.marker), sock=made))
        return lane_url(*made.getsockname()[:2]) if url.startswith("tcp://") and url.endswith(":0") else url

    def _hang_up(self) -> None:
        for url, listener in zip(self.urls, self._listeners, strict=False):
            if path := endpoint_of(url).path:  # while it is still ours: closed, another may listen there
                Path(path).unlink(missing_ok=True)
            listener.close()
        self._listeners.clear()
        for connection in list(self._reception.connections):
            connection.hang_up()

    def waits(self, request: str) -> bool:
        """True if a client waits for the answer to this request."""
        return request in self._open

    def answered(self, envelope: Envelope) -> None:
        """An envelope for ``door@node``: the answer to one of the open requests, or too late."""
        body = envelope.body
        if isinstance(body, AskAgain):
            self._open.ask_again(body, self._deliver)
            return
        if isinstance(body, Undeliverable):
            body = Refused(code="Undeliverable", text=body.down or f"{body.target} could not be reached: {body.reason}")
        if not self._open.answer(envelope.request, body):
            self._count("late_answer")

    # -- one request ---------------------------------------------------------

    async def _answer_to(self, data: bytes, caller: Caller) -> bytes:
        cluster = self._cluster_of(data)
        request = ""
        try:
            envelope = self._admit(data, cluster)
            request = envelope.request
            answer = self._exposed(envelope, caller) or await self._ask(envelope, caller.ip)
        except FrameRefused as e:
            self._count(e.reason)
            answer = Refused(code="BadRequest", text=str(e))
        return frame(cluster, [pack(Envelope(self._address, "", answer, request=request))])

    def _cluster_of(self, data: bytes) -> bytes:
        """A client that did not name its cluster is answered in the same way."""
        unnamed = len(data) >= HEADER.size and data[HEADER.size - len(ANY_CLUSTER) : HEADER.size] == ANY_CLUSTER
        return ANY_CLUSTER if unnamed else self._cluster

    def _admit(self, data: bytes, cluster: bytes) -> Envelope:
        packed = list(islice(open_frame(cluster, data), 2))
        if len(packed) != 1:
            raise FrameRefused(
                "malformed", f"a client's frame holds one envelope, this one {'more' if packed else 'none'}"
            )
        e, kind, fields = unpack_head(packed[0])
        if not e.request or max(len(e.request), len(e.cause)) > TEXT_MOST:
            raise FrameRefused("malformed", f"a request has an id of at most {TEXT_MOST} characters")
        if kind is None:
            raise FrameRefused("unknown_kind", "this agent knows no such message, or none that may be sent to it")
        if not self._may_be_said(kind) or (e.target and role_of(e.target) != role_of(self._behind)):
            raise FrameRefused("not_for_clients", f"{kind.kind} to {e.target[:TEXT_MOST] or self._behind}")
        budget = min(e.budget if e.budget > 0 else BUDGET_NS, BUDGET_MOST_NS)
        return Envelope(
            self._address,
            self._behind,
            read_body(kind, fields),
            request=e.request,
            reply_to=self._address,
            budget=budget,
            cause=e.cause or e.request,
            origin="client",
            token=e.token,
        )

    def _exposed(self, envelope: Envelope, caller: Caller) -> Refused | None:
        """Others may know by now a token that came in clear; its owner is to hear that before it is used for long."""
        if not envelope.token or caller.private or self._plain_tokens:
            return None
        self._count("plain_token")
        return Refused(code="PermissionDenied", text=PLAIN_TOKEN)

    def _may_be_said(self, kind: type[Message]) -> bool:
        hears = self._hears()
        return hears is None or hears.hears(kind, By.CLIENTS)

    async def _ask_actor(self, envelope: Envelope, _: str) -> Message:
        if self._closing:
            return Refused(code="Stopping")
        if len(self._reception.requests) > self._open_most:
            self._count("overloaded")
            return Refused(code="Overloaded")
        future = self._open.add(envelope)
        self._deliver(envelope)
        try:
            async with asyncio.timeout(envelope.budget / NS):
                return await future
        except TimeoutError:
            self._open.give_up(envelope.request, future)
            self._tell_of_silence(envelope)
            return Refused(code="TimedOut")

    def _tell_of_silence(self, envelope: Envelope) -> None:
        if isinstance(envelope.body, Query | Command):
            silent = ServerSilent(request=envelope.request)
            self._deliver(Envelope(self._address, self._behind, silent, cause=envelope.cause, origin="client"))


def client_opening(role: str, urls: tuple[str, ...], terms: DoorTerms = PLAIN) -> Opening:
    """Of a door at these URLs that leads to the actor of this role."""

    async def opened(site: Site) -> ClientDoor:
        def deliver(envelope: Envelope) -> None:
            site.asked(envelope)
            site.node.deliver(envelope)

        def hears() -> Vocabulary | None:
            desk = site.node.desk(role)
            return desk.hears if desk is not None else None

        def count(what: str) -> None:
            site.node.ground.count(f"client_door:{what}", site.node.name)

        door = ClientDoor(site.node.name, role, urls, site.cluster, deliver, hears, count, terms)
        site.node.open_door("door", door.answered, door.waits)
        await door.start()
        return door

    return opened
