"""The door of a node for client actors: a Rep0 socket, so many clients may dial it and each request is answered once.

A frame with exactly one envelope comes in, its answer goes out in a frame on the same nng context. How it is built
follows from pynng: a receive that is cancelled may swallow a message and a send that fails leaks one, so nothing is
ever cancelled and no send has a time-out; loops end because the socket is closed.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from itertools import islice

import pynng

from lictor_actors.bus.handed import Acceptor, listen
from lictor_actors.bus.intake import TEXT_MOST
from lictor_actors.hosts.doors.open_requests import OpenRequests
from lictor_actors.hosts.doors.opening import Opening, Site
from lictor_actors.hosts.doors.received import received
from lictor_actors.kernel.vocabulary import By, Vocabulary
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
SPARE = 2
"""Contexts that wait for a request while others are busy."""
OPEN_MOST = 512
"""Requests that may be open at a time; one more is refused at once rather than left hanging."""
BUDGET_NS = 60 * NS
"""How long a request without a budget may take."""
BUDGET_MOST_NS = 660 * NS
FAREWELL_S = 0.5
AskMessage = Callable[[Envelope, str], Awaitable[Message]]
"""Takes a client's request, and the IP that it came from, "" if that is not known; its answer."""


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
        *,
        open_most: int = OPEN_MOST,
        over: Callable[[AskMessage], AskMessage] | None = None,
    ) -> None:
        """``role``: the actor of the node that stands behind it, for which its mail is. ``over`` is put around all that
        is asked; only then it is looked at where that comes from.

        ``hears`` returns what that actor declares, None while it is down; the rest is refused here.
        """
        self.role = role
        self.urls = urls
        """Where it listens; after ``start`` with the port that was given if 0 was asked for."""
        self.counts: Counter[str] = Counter()
        """What was refused, by reason."""
        self._address = at("door", node)
        self._behind = at(role, node)
        self._cluster = cluster
        self._deliver = deliver
        self._hears = hears
        self._open_most = open_most
        self._ask = over(self._ask_actor) if over is not None else self._ask_actor
        self._tells_ip = over is not None
        self._socket: pynng.Rep0 | None = None
        self._listeners: list[Acceptor] = []
        self._loops: set[asyncio.Task[None]] = set()
        self._receiving = 0
        self._open = OpenRequests()
        self._closing = False

    def start(self) -> None:
        """Listen; raises OSError, in words, if the address cannot be had."""
        socket = pynng.Rep0(recv_max_size=RECEIVE_MOST)
        try:
            self.urls = tuple(self._listen(socket, url) for url in self.urls)
        except OSError:
            self._hang_up(socket)
            raise
        self._socket = socket
        for _ in range(SPARE):
            self._add_loop(socket)

    def actor_crashed(self) -> None:
        """What it has passed on is answered past it; its next life takes the rest."""

    def node_ended(self, why: str) -> None:
        """What was passed on to other nodes may still be answered; the rest waits until its time is over."""

    async def close(self) -> None:
        """Answer what is open with Stopping, then hang up."""
        self._closing = True
        busy = len(self._loops) - self._receiving
        self._open.answer_all(Refused(code="Stopping"))
        if self._socket is None:
            return
        if busy and self._loops:
            # Loops that answer now end by themselves; those that receive end with the socket.
            await self._let_them_answer()
        self._hang_up(self._socket)
        if self._loops:
            await asyncio.wait(self._loops)
        self._socket = None

    def _listen(self, socket: pynng.Rep0, url: str) -> str:
        """Where it listens now; raises OSError with the address in its words."""
        try:
            listener = listen(socket, url, asyncio.get_running_loop())
        except pynng.NNGException as e:
            raise OSError(f"cannot listen for client actors at {url}: {e}") from e
        self._listeners.append(listener)
        return f"tcp://{listener.local_address}" if url.startswith("tcp://") and url.endswith(":0") else url

    def _hang_up(self, socket: pynng.Rep0) -> None:
        for listener in self._listeners:
            listener.close()
        self._listeners.clear()
        socket.close()

    async def _let_them_answer(self) -> None:
        deadline = asyncio.get_running_loop().time() + FAREWELL_S
        while len(self._loops) > self._receiving:
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0:
                return
            await asyncio.wait(self._loops, timeout=left, return_when=asyncio.FIRST_COMPLETED)

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
            self.counts["late_answer"] += 1

    # -- one context, one loop -----------------------------------------------

    def _add_loop(self, socket: pynng.Rep0) -> None:
        loop = asyncio.get_running_loop().create_task(self._serve(socket))
        self._receiving += 1
        self._loops.add(loop)
        loop.add_done_callback(self._loops.discard)

    async def _serve(self, socket: pynng.Rep0) -> None:
        receiving = True
        try:
            with socket.new_context() as context:
                while receiving:
                    data, ip = await received(context) if self._tells_ip else (await context.arecv(), "")
                    self._receiving, receiving = self._receiving - 1, False
                    if self._receiving < SPARE and not self._closing:
                        self._add_loop(socket)
                    await context.asend(await self._answer_to(data, ip))
                    if self._receiving < SPARE and not self._closing:
                        self._receiving, receiving = self._receiving + 1, True
        except pynng.Closed:
            return
        finally:
            self._receiving -= receiving

    # -- one request ---------------------------------------------------------

    async def _answer_to(self, data: bytes, ip: str) -> bytes:
        cluster = self._cluster_of(data)
        request = ""
        try:
            envelope = self._admit(data, cluster)
            request = envelope.request
            answer = await self._ask(envelope, ip)
        except FrameRefused as e:
            self.counts[e.reason] += 1
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

    def _may_be_said(self, kind: type[Message]) -> bool:
        hears = self._hears()
        return hears is None or hears.hears(kind, By.CLIENTS)

    async def _ask_actor(self, envelope: Envelope, _: str) -> Message:
        if self._closing:
            return Refused(code="Stopping")
        if len(self._loops) - self._receiving > self._open_most:
            self.counts["overloaded"] += 1
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


def client_opening(role: str, urls: tuple[str, ...], over: Callable[[AskMessage], AskMessage] | None = None) -> Opening:
    """Of a door at these URLs that leads to the actor of this role. ``over``: see ``ClientDoor``."""

    async def opened(site: Site) -> ClientDoor:
        def deliver(envelope: Envelope) -> None:
            site.asked(envelope)
            site.node.deliver(envelope)

        def hears() -> Vocabulary | None:
            desk = site.node.desk(role)
            return desk.hears if desk is not None else None

        door = ClientDoor(site.node.name, role, urls, site.cluster, deliver, hears, over=over)
        site.node.open_door("door", door.answered, door.waits)
        door.start()
        return door

    return opened
