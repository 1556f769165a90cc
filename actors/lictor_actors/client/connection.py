"""The way to one door: dialled when it is needed, again whenever it was lost, and asked many things at a time."""

from __future__ import annotations

import asyncio
import ssl

from lictor_actors.bus.sp import Endpoint, endpoint_of
from lictor_actors.client.credentials import TLS, ChannelCredentials
from lictor_actors.client.errors import (
    ClientClosed,
    ConnectionFailed,
    InvalidArgument,
    LictorError,
    Timeout,
    Unexpected,
    error_of,
)
from lictor_actors.client.http_only import check_bus_has
from lictor_actors.client.wire import Wire, not_believed
from lictor_messages.base import Message
from lictor_messages.codec import FrameRefused, cluster_id, frame, open_frame, pack, unpack
from lictor_messages.door import ANY_CLUSTER, REQUEST_MOST
from lictor_messages.envelope import Envelope
from lictor_messages.refusals import Refused

NS = 1_000_000_000
RECONNECT_LEAST_S = 0.02
RECONNECT_MOST_S = 0.5
GRACE_S = 0.25
"""The door gives up a little before the client does, so that its word is heard."""


class Connection:
    """A connection to the door at ``url``; raises ConnectionFailed for an address that is none."""

    repeats_writes = True

    def __init__(self, url: str, cluster: str = "", credentials: ChannelCredentials | None = None) -> None:
        self.url = url
        self._credentials = credentials or ChannelCredentials(url, {})
        self._cluster = cluster_id(cluster) if cluster else ANY_CLUSTER
        self._wire: Wire | None = None
        self._dialling: asyncio.Task[Wire] | None = None
        self._closed = False
        self._why = ""
        """Why the last attempt to dial failed."""

    async def ask(self, message: Message, request: str, source: str, within_s: float) -> Message:
        """Send one request and return its answer; raises LictorError."""
        check_bus_has(message)
        budget = max(within_s - GRACE_S, within_s / 2)
        envelope = Envelope(
            source, "", message, request=request, budget=int(budget * NS), cause=request, token=self._credentials.token
        )
        data = frame(self._cluster, [_packed(envelope)])
        if len(data) > REQUEST_MOST:
            text = f"a request of {len(data)} bytes is too large, the most is {REQUEST_MOST}"
            raise error_of(Refused(code="TooLarge", text=text))
        deadline = asyncio.get_running_loop().time() + within_s
        wire = await self._connected(within_s)
        try:
            answer = await wire.exchange(data, deadline - asyncio.get_running_loop().time())
        except TimeoutError:
            raise Timeout(f"no answer from {self.url} in time") from None
        return self._open(answer)

    async def connect(self, within_s: float) -> None:
        """Wait until the door answers; raises ConnectionFailed."""
        await self._connected(within_s)

    async def close(self) -> None:
        """End what is open and hang up."""
        self._closed = True
        self._forget_other_loops()
        wire, dialling, self._wire, self._dialling = self._wire, self._dialling, None, None
        if wire is not None:
            wire.close(ClientClosed("the client was closed while a request was open"))
            await wire.gone()
        if dialling is not None:
            dialling.cancel()
            await asyncio.wait((dialling,))

    # -- dialling --------------------------------------------------------------

    async def _connected(self, within_s: float) -> Wire:
        self._forget_other_loops()
        if self._closed:
            raise ClientClosed("the client is closed")
        if self._wire is not None and self._wire.up:
            return self._wire
        if self._dialling is None or self._dialling.done():
            self._dialling = asyncio.get_running_loop().create_task(self._dial(_endpoint(self.url)))
        dialling = self._dialling
        await asyncio.wait((dialling,), timeout=within_s)
        if self._closed:
            raise ClientClosed("the client was closed while it dialled")
        if not dialling.done():
            raise ConnectionFailed(f"nobody answers at {self.url} (waited {within_s:.3g} s{self._why})")
        self._wire = dialling.result()
        return self._wire

    def _forget_other_loops(self) -> None:
        """What a former loop dialled, or the parent of this process, is not ours to touch."""
        loop = asyncio.get_running_loop()
        if self._wire is not None and self._wire.loop is not loop:
            self._wire = None
        if self._dialling is not None and self._dialling.get_loop() is not loop:
            self._dialling = None

    async def _dial(self, endpoint: Endpoint) -> Wire:
        """Try again and again: those who wait know how long it is worth it."""
        wait = RECONNECT_LEAST_S
        while True:
            try:
                return await _greeted(endpoint, self._credentials)
            except ssl.SSLError as error:
                raise ConnectionFailed(f"{self.url}: {not_believed(error)}") from None
            except (OSError, UnicodeError) as error:
                self._why = f": {error.strerror or error}" if isinstance(error, OSError) else f": {error}"
            except ConnectionFailed as error:
                if not error.passing:
                    raise ConnectionFailed(f"{self.url}: {error}") from None
                self._why = f": it hangs up{'' if self._credentials.context else f'; one that demands TLS does: {TLS}'}"
            await asyncio.sleep(wait)
            wait = min(2 * wait, RECONNECT_MOST_S)

    def _open(self, data: bytes) -> Message:
        try:
            answer = unpack(next(open_frame(self._cluster, data))).body
        except (FrameRefused, StopIteration) as e:
            if isinstance(e, FrameRefused) and e.reason == "other_cluster":
                text = f"the door at {self.url} belongs to another cluster"
                raise error_of(Refused(code="BadRequest", text=text)) from e
            raise Unexpected(f"{self.url} answered something else: {e}") from e
        if isinstance(answer, Refused):
            raise error_of(answer)
        return answer


async def _greeted(endpoint: Endpoint, credentials: ChannelCredentials) -> Wire:
    loop, host, port = asyncio.get_running_loop(), endpoint.host, endpoint.port
    if endpoint.path:
        _, wire = await loop.create_unix_connection(lambda: Wire(endpoint), endpoint.path)
    else:
        name = (credentials.server_name or host) if credentials.context is not None else None
        _, wire = await loop.create_connection(
            lambda: Wire(endpoint), host, port, ssl=credentials.context, server_hostname=name
        )
    try:
        await wire.greeted
    except BaseException:
        wire.close(ClientClosed("gave up dialling"))
        raise
    return wire


def _packed(envelope: Envelope) -> bytes:
    try:
        return pack(envelope)
    except TypeError as error:  # half of a surrogate pair, a number beyond 64 bits
        raise InvalidArgument(f"{type(envelope.body).__name__} cannot be sent: {error}") from None


def _endpoint(url: str) -> Endpoint:
    try:
        return endpoint_of(url.removeprefix("tls+") if url.startswith(TLS) else url)
    except ValueError as error:
        raise _no_address(url, f"{error}; an agent's port for client actors is 8304") from None


def _no_address(url: str, why: str) -> LictorError:
    error = ConnectionFailed(f"cannot dial {url}: {why}")
    error.passing = False
    return error
