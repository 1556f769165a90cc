"""A fake agent that answers as a test tells it, and the command line run in this process."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any, NamedTuple

import pytest
from local_site import serving

from lictor_deploy.cli.main import run


class Asked(NamedTuple):
    method: str
    target: str
    body: bytes
    headers: dict[str, str]


class FakeAgent:
    """Answers by method and path; remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.answers: dict[tuple[str, str], tuple[int, bytes]] = {}
        self.address = ""

    def on(self, method: str, path: str, answer: Any = b"", status: int = 200) -> None:
        self.answers[method, path] = (status, answer if isinstance(answer, bytes) else json.dumps(answer).encode())


@pytest.fixture
def agent(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeAgent]:
    fake = FakeAgent()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            fake.asked.append(Asked(self.command, self.path, body, dict(self.headers)))
            status, text = fake.answers.get((self.command, self.path.partition("?")[0]), (404, b""))
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_PUT = do_POST = do_DELETE = answer

        def log_message(self, *_: object) -> None:
            pass

    with serving(Handler) as port:
        fake.address = f"127.0.0.1:{port}"
        monkeypatch.setenv("CONSUL_HTTP_ADDR", fake.address)
        yield fake


class Ran(NamedTuple):
    status: int
    out: str
    err: str


@pytest.fixture
def lictor(capfd: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Run a command; its exit status and what it printed."""

    def ran(*arguments: str) -> Ran:
        status = run(arguments)
        return Ran(status, *capfd.readouterr())

    return ran


@pytest.fixture(autouse=True)
def _usual_umask() -> Iterator[None]:
    """Commands that make nodes set a narrower one for their process, which is the tests' here."""
    before = os.umask(0o022)
    yield
    os.umask(before)
