"""Clusters that stories share, and the few words in which they are told."""

import json
from collections.abc import Callable, Iterator, Mapping
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pytest

from lictor_deploy.local.handle import Cluster


class Answer(NamedTuple):
    """What HTTP said."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def index(self) -> int:
        return int(self.headers["X-Consul-Index"])


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A place of a test's own for sockets and data, so that what is left over is seen. Its path is short,
    as pytest's own may not be: that of a socket has 107 bytes at most.
    """
    with TemporaryDirectory(prefix="r", dir="/tmp") as name:
        place = Path(name)
        (place / "r").mkdir()
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(place / "r"))
        monkeypatch.setenv("TMPDIR", name)
        monkeypatch.delenv("LICTOR_CONTROL", raising=False)
        yield place


@pytest.fixture(scope="session")
def http() -> Callable[..., Answer]:
    """``http(node, "PUT", "/v1/…", body)``: one request on a connection of its own."""

    def ask(node: Any, method: str, path: str, body: Any = None, timeout: float = 20.0, **headers: str) -> Answer:
        data = body if body is None or isinstance(body, bytes | str) else json.dumps(body)
        connection = HTTPConnection(node if isinstance(node, str) else node.http, timeout=timeout)
        try:
            connection.request(method, path, data, headers)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    return ask


@pytest.fixture(scope="session")
def tracebacks() -> Callable[[Cluster], list[str]]:
    """The log lines of a cluster that no log should have."""

    def find(cluster: Cluster) -> list[str]:
        lines = [line for file in sorted(Path(cluster.logs).iterdir()) for line in file.read_text().splitlines()]
        return [line for line in lines if "Traceback" in line or "[ERROR]" in line or "Error:" in line]

    return find


@pytest.fixture(scope="session")
def calm(tracebacks):
    """Three servers and four agents for stories that break nothing; each uses names of its own."""
    with Cluster.local(3, 4) as cluster:
        yield cluster
        assert tracebacks(cluster) == []
