"""The process of the leader is killed while clients write, over HTTP and on the bus."""

import os
import signal
import threading
import time
from dataclasses import dataclass, field
from urllib.parse import quote

import pytest

import lictor
from lictor_deploy.local.handle import Cluster

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]
WRITERS = 4
CONSULS_ERRORS = ("No cluster leader", "leadership lost while committing log", "rpc error making call: ")


@pytest.fixture
def cluster(tracebacks):
    with Cluster.local(3, 4) as made:
        yield made
        assert tracebacks(made) == []


@dataclass
class Load:
    """Writers that count what was acknowledged, what was refused, and how."""

    over: threading.Event = field(default_factory=threading.Event)
    acknowledged: list[str] = field(default_factory=list)
    refused: list[object] = field(default_factory=list)
    threads: list[threading.Thread] = field(default_factory=list)

    def write(self, name, put):
        def run():
            number = 0
            while not self.over.is_set():
                key = f"load/{name}/{number}"
                refusal = put(key, key)
                (self.acknowledged if refusal is None else self.refused).append(key if refusal is None else refusal)
                number += 1

        self.threads.append(threading.Thread(target=run))
        self.threads[-1].start()

    def end(self):
        self.over.set()
        for thread in self.threads:
            thread.join(30)
        assert not any(thread.is_alive() for thread in self.threads)


@pytest.fixture
def load():
    made = Load()
    yield made
    made.end()


def test_no_acknowledged_write_is_lost_and_the_killed_process_rejoins(cluster, load, http, until, capsys):
    leader = cluster.status()["status"]["leader"].partition(".")[0]
    pid = cluster.status()["processes"][leader]
    agents = [node for name, node in cluster.nodes.items() if name.startswith("agent-")]

    def by_http(node):
        def put(key, value):
            answer = http(node, "PUT", f"/v1/kv/{quote(key)}", value)
            return None if (answer.status, answer.body) == (200, b"true") else answer

        return put

    def by_bus(client):
        def put(key, value):
            try:
                assert client.kv.put(key, value)
            except lictor.LictorError as error:
                return error

        return put

    clients = [lictor.Client(node.door, timeout=20) for node in agents]
    for number, (node, client) in enumerate(zip(agents, clients, strict=True)):
        load.write(f"http-{number}", by_http(node))
        load.write(f"bus-{number}", by_bus(client))
    until(lambda: len(load.acknowledged) > 100)
    started = time.monotonic()
    os.kill(pid, signal.SIGKILL)
    until(lambda: cluster.status()["processes"][leader] != pid)
    before = len(load.acknowledged)
    until(lambda: len(load.acknowledged) > before)
    paused = time.monotonic() - started
    until(lambda: len(load.acknowledged) > before + 300)
    until(lambda: cluster.status()["processes"][leader] not in (0, pid))
    load.end()

    with capsys.disabled():
        print(f"\n  writes go on {paused:.2f} s after kill -9; {len(load.acknowledged)} writes done, ", end="")
        print(f"{len(load.refused)} refused")
    for refusal in load.refused:
        if isinstance(refusal, lictor.LictorError):
            assert refusal.passing, repr(refusal)
        else:
            assert refusal.status == 500
            assert refusal.text.startswith(CONSULS_ERRORS)
    cluster.wait_whole(40)
    back = cluster.nodes[leader]
    for mode in ("consistent", "stale"):
        until(lambda mode=mode: missing(http(back, "GET", f"/v1/kv/load/?keys&{mode}").json, load) == [])
    for client in clients:
        client.close()


def missing(keys, load):
    return sorted(set(load.acknowledged) - set(keys))


def test_the_process_that_hosts_half_of_the_agents_comes_back(cluster, http, until):
    hosted = "agents-1"
    pid = cluster.status()["processes"][hosted]
    os.kill(pid, signal.SIGKILL)
    until(lambda: cluster.status()["processes"][hosted] not in (0, pid))
    cluster.wait_whole(60)
    assert all(http(node, "GET", "/v1/status/leader").status == 200 for node in cluster.nodes.values())
