"""Blocked queries on real processes: only whom it concerns is woken, and nobody is forgotten when the leader dies."""

import asyncio
import os
import signal
import time

import pytest
import watchers
from watchers import Wakes, assemble, collect, dismiss, on_a_key_each
from web import Web

from lictor_deploy.local.handle import Cluster

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]
HEARD_WITHIN_S = 10.0
"""After the write; each of them waits for five minutes."""


@pytest.fixture
def cluster(monkeypatch):
    monkeypatch.setattr(watchers, "REST_S", 0.1)
    with Cluster.local(3, 4) as made:
        yield made


async def test_a_write_wakes_only_whom_it_concerns(cluster):
    wakes = await on_a_key_each(cluster, 300, writes=60)
    assert len(wakes.each) == 60
    assert wakes.unrelated == 0


async def test_nobody_is_forgotten_when_the_leader_is_killed(cluster, until, http):
    leader = cluster.status()["status"]["leader"].partition(".")[0]
    others = [place for place in cluster.nodes.values() if place.name != leader]
    writer = Web(others[0].http)
    assert (await writer.ask("PUT", "/v1/kv/watched/x", b"before")).status == 200
    # A stale read may be older than the write, and would then be answered once more when its server hears of it.
    await asyncio.to_thread(until, lambda: everywhere(http, cluster, "watched/x"))
    modes = ("?", "?stale", "?consistent")
    crowd = await assemble(cluster, 210, Wakes(210), lambda number: "/v1/kv/watched/x" + modes[number % 3])
    places = {place.ip for place in others}
    alive = [watcher for watcher in crowd if watcher.transport.get_extra_info("peername")[0] in places]
    pid = cluster.status()["processes"][leader]
    os.kill(pid, signal.SIGKILL)
    await asyncio.to_thread(until, lambda: cluster.status()["processes"][leader] != pid)
    began = time.perf_counter()
    assert (await writer.ask("PUT", "/v1/kv/watched/x", b"after")).body == b"true"
    assert len(alive) == 180
    assert max(await collect(alive, began)) < HEARD_WITHIN_S
    assert all(b"YWZ0ZXI=" in watcher.answered.result() for watcher in alive)
    await dismiss(crowd, writer)


def everywhere(http, cluster: Cluster, key: str) -> bool:
    """Has every server applied the write of this key?"""
    return all(http(place, "GET", f"/v1/kv/{key}?stale").status == 200 for place in cluster.nodes.values())
