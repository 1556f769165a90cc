"""``lictor monitor``: lines as they come, and how it ends."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


class Streaming:
    """An agent that writes one line and then nothing until it is told to hang up."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        self.asked = b""
        self.hang_up = threading.Event()
        self.thread = threading.Thread(target=self.answer)
        self.thread.start()

    def answer(self) -> None:
        client, _ = self.listener.accept()
        with client:
            self.asked = client.recv(4000).partition(b"\r\n")[0]
            client.sendall(HEAD + b"6\r\nl\xc3\xafne\n\r\n")
            self.hang_up.wait(30)
            client.sendall(b"0\r\n\r\n")


@pytest.fixture
def streaming(monkeypatch: pytest.MonkeyPatch) -> Iterator[Streaming]:
    agent = Streaming()
    monkeypatch.setenv("CONSUL_HTTP_ADDR", agent.address)
    yield agent
    agent.hang_up.set()
    agent.thread.join()
    agent.listener.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_line_is_shown_before_the_next_one_comes_and_signals_end_it_with_0(streaming: Any, number: int) -> None:
    words = [sys.executable, "-m", "lictor_deploy.cli.entry", "monitor", "-log-level=WARN", "-log-json"]
    monitor = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert monitor.stdout is not None
    assert monitor.stdout.readline() == "lïne\n".encode()
    monitor.send_signal(number)
    assert (*monitor.communicate(timeout=30), monitor.returncode) == (b"", b"", 0)
    assert streaming.asked == b"GET /v1/agent/monitor?loglevel=WARN&logjson= HTTP/1.1"


def test_an_agent_that_ends_its_log_is_status_1(lictor: Any, streaming: Any) -> None:
    streaming.hang_up.set()
    ran = lictor("monitor")
    assert (ran.status, ran.out) == (1, "lïne\n")
    assert ran.err == "The agent ended its log: it has stopped, or it crashed.\n"


def test_a_level_that_does_not_exist_is_the_agents_to_refuse(lictor: Any, agent: Any) -> None:
    agent.on("GET", "/v1/agent/monitor", b"Bad request: Unknown log level: LOUD", status=400)
    ran = lictor("monitor", "-log-level=LOUD")
    assert (ran.status, ran.out) == (1, "")
    assert "400 (Bad request: Unknown log level: LOUD)" in ran.err
