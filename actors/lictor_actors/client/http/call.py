"""One request of Consul's HTTP API, its reply, and what translates a question into the one and back from the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

import orjson

from lictor_messages.answers import Command, Query, Written
from lictor_messages.base import Message
from lictor_messages.durations import go_duration

Params = Iterable[tuple[str, str]]
Row = dict[str, Any]
Body = bytes | Row | list[Row]
"""As it is, or to be written as JSON."""


NOT_THERE = ("Session id", "Query not found")
"""How an agent's own 404 begins, if it says anything."""


class HttpCall(NamedTuple):
    """A request without what is the same for all requests of a client."""

    method: str
    target: str
    """Path and parameters, escaped."""
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class HttpReply:
    """What came back; the names of its headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def figures(self) -> dict[str, Any]:
        """The fields of an Answer that HTTP says in headers. An index is never 0: a query with 0 does not block."""
        return {
            "index": max(_number(self.headers.get("x-consul-index", "")), 1),
            "known_leader": self.headers.get("x-consul-knownleader", "true") != "false",
            "last_contact_ms": _number(self.headers.get("x-consul-lastcontact", "")),
        }

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode(errors="replace").strip()

    def json(self) -> Any:
        """The body as JSON. Raises ValueError."""
        return orjson.loads(self.body)

    def rows(self) -> list[Any]:
        """The body as a list: none for null, and for a 404, by which an agent says that there is no such key.

        Raises ValueError, also for the 404 of something else than an agent: that has a page to show.
        """
        if self.status != 404:
            return self.json() or []
        if self.body and not self.text.startswith(NOT_THERE):
            raise ValueError(f"a 404 that says {self.text[:80]!r}")
        return []


@dataclass(frozen=True, slots=True)
class Translation:
    """How one kind of question is asked over HTTP and what its reply means."""

    call: Callable[[Any], HttpCall]
    answer: Callable[[Any, HttpReply], Message]
    """From the question and its reply; raises ValueError, KeyError, TypeError or AttributeError for what is none."""
    also: tuple[int, ...] = ()
    """Statuses beside 200 that are answers, and not refusals."""


def call(message: Message, method: str, *path: str, params: Params = (), body: Body = b"") -> HttpCall:
    """A request for ``/v1/PATH``: what every read or write says in parameters is added."""
    where = "/".join(quote(part, safe="/") for part in ("/v1", *path))
    said = urlencode([*params, *_shared(message)])
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    return HttpCall(method, f"{where}?{said}" if said else where, content)


def written(_: Message, reply: HttpReply) -> Written:
    """Consul's ``true`` or ``false``: whether it was done."""
    return Written(ok=reply.json() is True)


def given(row: Row, *without: str) -> Row:
    """A row as a body: what is empty is left out, for Consul takes it as zero or as its default."""
    return {
        name: value for name, value in row.items() if value not in (None, "", (), [], {}, "0s") and name not in without
    }


def blocking(index: int, wait_ns: int) -> Iterator[tuple[str, str]]:
    """Wait until the index is another one."""
    if index:
        yield "index", str(index)
        if wait_ns:
            yield "wait", go_duration(wait_ns)


def _shared(message: Message) -> Iterator[tuple[str, str]]:
    if isinstance(message, Query | Command) and message.dc:
        yield "dc", message.dc
    if isinstance(message, Query):
        yield from _freshness(message)
        yield from blocking(message.min_index, message.wait_ns)
        yield from _selection(message)


def _freshness(query: Query) -> Iterator[tuple[str, str]]:
    if query.consistency != "default":
        yield query.consistency, ""
    if query.consistency == "stale" and query.max_stale_ns:
        yield "max_stale", go_duration(query.max_stale_ns)


def _selection(query: Query) -> Iterator[tuple[str, str]]:
    for name in ("filter", "near"):
        if value := getattr(query, name, ""):
            yield name, value
    for key, value in getattr(query, "node_meta", ()):
        yield "node-meta", f"{key}:{value}"


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0
