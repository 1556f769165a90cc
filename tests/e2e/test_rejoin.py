"""Server processes that were told where to join only once, and then start again without being told."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from three import Three

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]


@pytest.fixture
def three(tmp_path: Path) -> Iterator[Three]:
    made = Three(tmp_path, {})
    for i in (1, 2, 3):
        made.start(i)
    yield made
    made.end()


def remembers(three: Three, i: int) -> bool:
    return "cell remembered" in three.cli("debug", "journal", str(three.home / f"d{i}"))


def members(three: Three, i: int) -> dict[str, str]:
    lines = three.cli("members", f"-http-addr={three.address(i)}:8500").splitlines()[1:]
    return {line.split()[0]: line.split()[2] for line in lines}


def test_all_servers_restart_at_once_without_an_address_to_join(three: Three) -> None:
    three.until(lambda: three.voters(1) == 3)
    three.write(1, 100)
    three.until(lambda: all(remembers(three, i) for i in (1, 2, 3)))
    for i in (1, 2, 3):
        three.kill(i)
    for i in (1, 2, 3):
        three.start(i, joins=())
    three.until(lambda: three.http(2, "PUT", "/v1/kv/after", b"x") == b"true")
    assert three.http(3, "GET", "/v1/kv/k49?raw") == b"99"
    assert any("join: rejoined through tcp://" in three.log(i) for i in (1, 2, 3))

    assert "Graceful leave complete" in three.cli("leave", f"-http-addr={three.address(3)}:8500")
    three.processes[3].wait()
    three.until(lambda: members(three, 1)["n3"] == "left")
    three.start(3, joins=())
    three.until(lambda: members(three, 3) == {"n3": "alive"})
    three.processes[3].send_signal(signal.SIGTERM)
    three.processes[3].wait()
    three.start(3, "-rejoin", joins=())
    three.until(lambda: members(three, 1)["n3"] == "alive")
