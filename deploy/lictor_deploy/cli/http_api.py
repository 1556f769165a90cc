"""Consul's HTTP API as the commands see it: one request, one answer, and a sentence when nobody answers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPException, HTTPResponse
from ssl import SSLError
from typing import Any, NamedTuple, TypeVar
from urllib.parse import quote, urlencode

from lictor_deploy.cli.address import agent_address
from lictor_deploy.cli.tls import NO_TLS_FLAGS, TlsFlags, distrust, hung_up
from lictor_deploy.words.sentence import Failure

T = TypeVar("T")
TIMEOUT_S = 65.0
"""Longer than any command is answered in; a silent agent does not hang the shell for ever."""
REMEDY = (
    "Start an agent with `lictor agent -dev` or a cluster with `lictor dev`, or name another address with "
    "-http-addr=HOST:PORT or CONSUL_HTTP_ADDR."
)


class Fields(dict[str, Any]):
    """An object of an answer's JSON; Failure if a field is asked for that it has not."""

    def __missing__(self, name: str) -> Any:
        raise Failure(f"The answer has no field {name}: is this really an agent?")


class HttpAnswer(NamedTuple):
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def wait_index(self) -> int:
        """What a query that blocks waits beyond."""
        told = self.headers.get("X-Consul-Index", "")
        return int(told) if told.isascii() and told.isdigit() else 0

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode(errors="replace").strip()

    def json(self) -> Any:
        """The body as JSON; Failure if the other side does not speak it."""
        try:
            return json.loads(self.body, object_hook=Fields)
        except (ValueError, RecursionError):
            raise Failure(f"The answer is not JSON: is this really an agent? It says: {self.text[:200]!r}") from None

    def fields(self) -> dict[str, Any]:
        """The body as a JSON object; Failure if it is anything else."""
        found = self.json()
        if isinstance(found, dict):
            return found
        raise self._unlike("no object")

    def rows(self) -> list[dict[str, Any]]:
        """The body as a list of JSON objects, null as an empty one; Failure if it is anything else."""
        found = self.json() or []
        if isinstance(found, list) and all(isinstance(row, dict) for row in found):
            return found
        raise self._unlike("no list of objects")

    def fields_of(self, kind: type[T]) -> dict[str, T]:
        """The body as a JSON object whose values are all of this kind; Failure if it is anything else."""
        found = self.fields()
        if all(isinstance(value, kind) for value in found.values()):
            return found
        raise self._unlike("no object of objects or lists")

    def names(self) -> list[str]:
        """The body as a list of texts, null as an empty one; Failure if it is anything else."""
        found = self.json() or []
        if isinstance(found, list) and all(isinstance(name, str) for name in found):
            return found
        raise self._unlike("no list of names")

    def _unlike(self, what: str) -> Failure:
        return Failure(f"The answer is {what}: is this really an agent? It says: {self.text[:200]!r}")


class HttpApi:
    """One agent's HTTP API."""

    def __init__(
        self,
        address: str,
        *,
        headers: Mapping[str, str] = {},
        always: Mapping[str, str] = {},
        tls: TlsFlags = NO_TLS_FLAGS,
    ) -> None:
        self.address = address
        self.patience_s: float | None = TIMEOUT_S
        """How long the other side may be silent; None for ever."""
        self._where = agent_address(address)
        self._headers = headers
        self._always = always
        self._tls = tls

    def get(self, path: str, **query: str) -> HttpAnswer:
        """A read; ``path`` is already escaped."""
        return self.ask("GET", path, query)

    def put(self, path: str, body: bytes = b"", **query: str | list[str]) -> HttpAnswer:
        """A write; a list says its parameter several times."""
        return self.ask("PUT", path, query, body)

    def delete(self, path: str, **query: str) -> HttpAnswer:
        """A removal."""
        return self.ask("DELETE", path, query)

    def ask(self, method: str, path: str, query: Mapping[str, str | list[str]], body: bytes = b"") -> HttpAnswer:
        """One request on a fresh connection; Failure if there is no answer."""
        with self._exchange(method, path, query, body) as response:
            return HttpAnswer(response.status, dict(response.getheaders()), response.read())

    def lines(self, path: str, **query: str) -> Iterator[bytes]:
        """The lines of an answer as they come, without their ends, until the other side ends it."""
        with self._exchange("GET", path, query) as response:
            if response.status != 200:
                expect(HttpAnswer(response.status, dict(response.getheaders()), response.read()))
            while line := response.readline():
                yield line.rstrip(b"\r\n")

    @contextmanager
    def _exchange(
        self, method: str, path: str, query: Mapping[str, str | list[str]], body: bytes = b""
    ) -> Iterator[HTTPResponse]:
        connection = self._where.connection(self.patience_s, self._tls)
        asked = target(self._where.prefix + path, {**self._always, **query})
        try:
            connection.request(method, asked, body or None, dict(self._headers))
            yield connection.getresponse()
        except (OSError, HTTPException) as error:
            raise self._failure(error) from None
        finally:
            connection.close()

    def _failure(self, error: OSError | HTTPException) -> Failure:
        if isinstance(error, TimeoutError):
            return Failure(f"The agent at {self.address} did not answer within {self.patience_s:.0f} s. {REMEDY}")
        if isinstance(error, SSLError):
            return distrust(error, self.address)
        if isinstance(error, BrokenPipeError | ConnectionResetError) and self._where.tls:  # TLS 1.3 says it this late
            return hung_up(self.address)
        if isinstance(error, OSError):
            why = (error.strerror or str(error)).lower()
            return Failure(f"Cannot reach an agent at {self.address}: {why}. {REMEDY}")
        return Failure(f"What listens at {self.address} does not speak HTTP ({type(error).__name__}). {REMEDY}")


def target(path: str, query: Mapping[str, str | list[str]]) -> str:
    """The request's target; a parameter without value stands bare, as ``?stale``."""
    return f"{path}?{urlencode(query, doseq=True)}" if query else path


def escaped(text: str) -> str:
    """A key, name or id in a path: slashes stay. Failure for what came in as other bytes than text."""
    try:
        return quote(text, safe="/")
    except UnicodeEncodeError:
        raise Failure(f"{text!r} is not valid UTF-8, as keys and names have to be.") from None


def expect(answer: HttpAnswer) -> HttpAnswer:
    """The answer if it is a 200, else Consul's own sentence."""
    if answer.status == 200:
        return answer
    if answer.status == 301:  # a read could follow, a write would be lost
        raise Failure(
            f"No path has empty parts, . or ..: this one would become {answer.headers.get('Location', '')!r}."
        )
    raise Failure(f"Unexpected response code: {answer.status} ({answer.text})")
