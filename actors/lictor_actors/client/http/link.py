"""The way to one agent's HTTP API: connections that are opened when they are needed and used again."""

from __future__ import annotations

import asyncio
from binascii import b2a_base64
from importlib import import_module
from ssl import SSLContext, SSLError

from lictor_actors.client.access import AccessOptions, trust_of
from lictor_actors.client.errors import ClientClosed, ConnectionFailed, InvalidArgument, Timeout, Unexpected
from lictor_actors.client.http.call import HttpCall, HttpReply, Translation
from lictor_actors.client.http.place import http_place
from lictor_actors.client.http.refusals import refusal_of
from lictor_actors.client.http.wire import HttpWire
from lictor_messages.base import Message
from lictor_messages.version import VERSION

RECONNECT_LEAST_S = 0.02
RECONNECT_MOST_S = 0.5
FAMILIES = {
    "acl": "acl",
    "agent": "agent",
    "auth_methods": "acl",
    "autopilot": "operator",
    "catalog": "catalog",
    "catalog.count_usage": "operator",
    "coordinates": "coordinates",
    "datacenters": "agent",
    "datacenters.list_coordinates": "coordinates",
    "http_only": "snapshots",
    "http_only.change_keyrings": "operator",
    "keyring": "operator",
    "kv": "kv",
    "members": "agent",
    "queries": "queries",
    "sessions": "sessions",
    "status": "status",
    "txn": "txn",
}
"""Names of kinds, or how they begin, and the module here that translates them: imported when it is first used."""


class HttpLink:
    """Each request has a connection of its own while it is open: one that blocks holds up no other."""

    repeats_writes = False
    """A request has no id over HTTP, so an agent takes a repeated write for a new one."""

    def __init__(self, url: str, access: AccessOptions) -> None:
        self.url = url
        self._place = http_place(url)
        self._head = _head(self._place.host_header, access.get("token", ""), access.get("auth", ""))
        self._trust: SSLContext | None = trust_of(access) if self._place.tls else None
        self._server_name = access.get("server_name", "")
        self._idle: list[HttpWire] = []
        self._busy: set[HttpWire] = set()
        self._closed = False

    async def ask(self, message: Message, request: str, source: str, within_s: float) -> Message:
        """Send one request and return its answer; raises LictorError."""
        translation = _translation_of(message)
        reply = await self._exchange(_called(translation, message), within_s)
        if reply.status != 200 and reply.status not in translation.also:
            raise refusal_of(reply)
        try:
            return translation.answer(message, reply)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Unexpected(f"{self.url} answered something else than {message.kind}: {error}") from None

    async def connect(self, within_s: float) -> None:
        """Wait until something listens there; raises ConnectionFailed."""
        deadline = asyncio.get_running_loop().time() + within_s
        wait = RECONNECT_LEAST_S
        while True:
            left = deadline - asyncio.get_running_loop().time()
            try:
                self._give_back(await self._opened(left))
                return
            except ConnectionFailed as error:
                if not error.passing or left <= wait:
                    raise
            await asyncio.sleep(wait)
            wait = min(2 * wait, RECONNECT_MOST_S)

    async def close(self) -> None:
        """End what is open and hang up."""
        self._closed = True
        loop = asyncio.get_running_loop()
        for wire in (*self._idle, *self._busy):
            if wire.loop is loop:  # else the parent's of this process, or a former loop's
                wire.end(ClientClosed("the client was closed while a request was open"))
        self._idle.clear()
        # A transport closes its socket in the loop's next round.
        await asyncio.sleep(0)

    async def _exchange(self, call: HttpCall, within_s: float) -> HttpReply:
        deadline = asyncio.get_running_loop().time() + within_s
        wire = await self._opened(within_s)
        head = f"{call.method} {self._place.prefix}{call.target} HTTP/1.1\r\n{self._head}"
        data = f"{head}Content-Length: {len(call.body)}\r\n\r\n".encode("ascii") + call.body
        self._busy.add(wire)
        try:
            reply = await wire.exchange(data, deadline - asyncio.get_running_loop().time())
        except TimeoutError:
            raise Timeout(f"no answer from {self.url} in time") from None
        finally:
            self._busy.discard(wire)
        self._give_back(wire)
        return reply

    def _give_back(self, wire: HttpWire) -> None:
        if not wire.up:
            wire.abandon()
        elif self._closed:
            wire.end(ClientClosed("the client is closed"))
        else:
            self._idle.append(wire)

    async def _opened(self, within_s: float) -> HttpWire:
        if self._closed:
            raise ClientClosed("the client is closed")
        loop = asyncio.get_running_loop()
        while self._idle:
            wire = self._idle.pop()
            if wire.up and wire.loop is loop:
                return wire
        try:
            async with asyncio.timeout(within_s):
                return await self._place.open(self._trust, self._server_name)
        except TimeoutError:
            raise ConnectionFailed(f"no answer at {self.url} (waited {within_s:.3g} s)") from None
        except SSLError as error:
            raise _distrusted(self.url, error) from None
        except (OSError, UnicodeError) as error:
            why = (error.strerror if isinstance(error, OSError) else "") or error
            raise ConnectionFailed(f"cannot reach {self.url}: {why}") from None


def _head(host: str, token: str, auth: str) -> str:
    if not (token.isascii() and token.isprintable()):
        raise InvalidArgument("token holds characters that no token has: is there the end of a line in it?")
    said = f"X-Consul-Token: {token}\r\n" if token else ""
    if auth:
        said += f"Authorization: Basic {b2a_base64(auth.encode(), newline=False).decode()}\r\n"
    return f"Host: {host}\r\nUser-Agent: lictor/{VERSION}\r\nAccept: application/json\r\n{said}"


def family_of(kind: str) -> str | None:
    """The module that translates this kind, None for one that HTTP does not have."""
    return FAMILIES.get(kind) or FAMILIES.get(kind.partition(".")[0])


def _translation_of(message: Message) -> Translation:
    family = family_of(message.kind)
    known = import_module(f"lictor_actors.client.http.{family}").TRANSLATIONS if family else {}
    found: Translation | None = known.get(type(message))
    if found is None:
        raise InvalidArgument(f"Consul's HTTP API has no {message.kind}: ask it over the bus, tcp://HOST:8304")
    return found


def _called(translation: Translation, message: Message) -> HttpCall:
    try:
        return translation.call(message)
    except UnicodeEncodeError as error:  # half of a surrogate pair
        raise InvalidArgument(f"{type(message).__name__} cannot be sent: {error}") from None


def _distrusted(url: str, error: SSLError) -> ConnectionFailed:
    why = getattr(error, "verify_message", "") or error.reason or error
    failed = ConnectionFailed(
        f"no TLS with {url}: {why}. Name the authority that signed its certificate with ca= (CONSUL_CACERT), and what "
        "to show it with cert= and key= (CONSUL_CLIENT_CERT, CONSUL_CLIENT_KEY)"
    )
    failed.passing = False
    return failed
