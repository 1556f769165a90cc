"""Consul's HTTP API as the commands see it: one request, one answer, and a sentence when nobody answers."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from http.client import HTTPException
from ssl import SSLError
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from lictor_deploy.cli.address import agent_address
from lictor_deploy.words.sentence import Failure

DEFAULT_ADDRESS = "127.0.0.1:8500"
TIMEOUT_S = 65.0
"""Longer than any command is answered in; a silent agent does not hang the shell for ever."""
REMEDY = (
    "Start an agent with `lictor agent -dev` or a cluster with `lictor dev`, or name another address with "
    "-http-addr=HOST:PORT or CONSUL_HTTP_ADDR."
)


class HttpAnswer(NamedTuple):
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode(errors="replace").strip()

    def json(self) -> Any:
        """The body as JSON; Failure if the other side does not speak it."""
        try:
            return json.loads(self.body)
        except ValueError:
            raise Failure(f"The answer is not JSON: is this really an agent? It says: {self.text[:200]!r}") from None


class HttpApi:
    """One agent's HTTP API."""

    def __init__(self, address: str, *, token: str = "", datacenter: str = "", stale: bool = False) -> None:
        self.address = address
        self.patience_s = TIMEOUT_S
        self._where = agent_address(address)
        self._headers = {"X-Consul-Token": token} if token else {}
        self._always: dict[str, str] = {"dc": datacenter} if datacenter else {}
        if stale:
            self._always["stale"] = ""

    def get(self, path: str, **query: str) -> HttpAnswer:
        """A read; ``path`` is already escaped."""
        return self.ask("GET", path, query)

    def put(self, path: str, body: bytes = b"", **query: str) -> HttpAnswer:
        """A write."""
        return self.ask("PUT", path, query, body)

    def delete(self, path: str, **query: str) -> HttpAnswer:
        """A removal."""
        return self.ask("DELETE", path, query)

    def ask(self, method: str, path: str, query: Mapping[str, str], body: bytes = b"") -> HttpAnswer:
        """One request on a fresh connection; Failure if nobody answers."""
        connection = self._where.connection(self.patience_s)
        asked = target(self._where.prefix + path, {**self._always, **query})
        try:
            connection.request(method, asked, body or None, self._headers)
            response = connection.getresponse()
            return HttpAnswer(response.status, dict(response.getheaders()), response.read())
        except TimeoutError:
            raise Failure(
                f"The agent at {self.address} did not answer within {self.patience_s:.0f} s. {REMEDY}"
            ) from None
        except SSLError as error:
            from lictor_deploy.cli.tls import distrust

            raise distrust(error, self.address) from None
        except OSError as error:
            raise Failure(
                f"Cannot reach an agent at {self.address}: {(error.strerror or str(error)).lower()}. {REMEDY}"
            ) from None
        except HTTPException as error:
            text = f"What listens at {self.address} does not speak HTTP ({type(error).__name__}). {REMEDY}"
            raise Failure(text) from None
        finally:
            connection.close()


def api_from(address: str, token: str, token_file: str, datacenter: str, stale: bool) -> HttpApi:
    """Flags first, then Consul's environment variables, then the defaults."""
    where = address or os.environ.get("CONSUL_HTTP_ADDR", "") or DEFAULT_ADDRESS
    if "://" not in where and os.environ.get("CONSUL_HTTP_SSL", "").lower() in ("1", "t", "true"):
        where = f"https://{where}"
    file = token_file or os.environ.get("CONSUL_HTTP_TOKEN_FILE", "")
    secret = token or (read_token(file) if file else os.environ.get("CONSUL_HTTP_TOKEN", ""))
    return HttpApi(where, token=secret, datacenter=datacenter, stale=stale)


def read_token(path: str) -> str:
    """The token in a file."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(f"Cannot read the token file {path}: {error}. Check -token-file.") from None


def target(path: str, query: Mapping[str, str]) -> str:
    """The request's target; a parameter without value stands bare, as ``?stale``."""
    return f"{path}?{urlencode(query)}" if query else path


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
