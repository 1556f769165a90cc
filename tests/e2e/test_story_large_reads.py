"""Fifty megabytes under one prefix are read again and again while others write: nobody is deposed, nothing is wrong."""

import base64
import gzip
import os
import re
import threading
from pathlib import Path

import pytest

from lictor_deploy.local.handle import Cluster

pytestmark = [pytest.mark.e2e, pytest.mark.alone]
KEYS = 100
VALUE = 500_000
TIMES = 5
MODES = ("&consistent", "&stale", "")


@pytest.fixture
def cluster(tracebacks):
    with Cluster.local(3, 1, "-raft-multiplier", "1") as cluster:
        yield cluster
        assert tracebacks(cluster) == []


class Writer(threading.Thread):
    """Writes one key beside the large ones, again and again, each time a higher number."""

    def __init__(self, http, node):
        super().__init__()
        self.failed, self.acknowledged = [], 0
        self._http, self._node, self._over = http, node, threading.Event()

    def run(self):
        while not self._over.is_set():
            answer = self._http(self._node, "PUT", "/v1/kv/big/written", str(self.acknowledged + 1))
            if answer.body == b"true":
                self.acknowledged += 1
            else:
                self.failed.append(answer)

    def end(self):
        self._over.set()
        self.join()


def leaders(cluster):
    """What the servers have said of who leads, in all their logs."""
    said = [file.read_text() for file in sorted(Path(cluster.logs).iterdir())]
    return sorted(re.findall(r"server@\S+ leads term \d+|leads no more", "\n".join(said)))


@pytest.mark.timeout(180)
def test_a_reader_of_fifty_megabytes_unseats_nobody(cluster, http, until):
    follower, agent, leader = places(cluster)
    values = {f"big/{number:03}": os.urandom(VALUE) for number in range(KEYS)}
    for key, value in values.items():
        assert http(leader, "PUT", f"/v1/kv/{key}", value).body == b"true"
    index = int(http(leader, "GET", "/v1/kv/big/?keys").headers["X-Consul-Index"])
    until(lambda: int(http(follower, "GET", "/v1/kv/big/?keys&stale").headers["X-Consul-Index"]) >= index)
    before = leaders(cluster)
    writer = Writer(http, agent)
    writer.start()
    try:
        for number in range(TIMES):
            for node, mode in ((follower, ""), (agent, MODES[number % 3])):
                known = 0 if mode == "&stale" else writer.acknowledged
                assert read(http, node, mode, values) >= known
    finally:
        writer.end()
    assert writer.failed == []
    assert writer.acknowledged > 10
    assert leaders(cluster) == before


def places(cluster):
    """A follower, an agent and the leader."""
    leader = cluster.status()["status"]["leader"].partition(".")[0]
    nodes = cluster.nodes
    follower = next(place for name, place in nodes.items() if name.startswith("server") and name != leader)
    return follower, nodes["agent-1"], nodes[leader]


def read(http, node, mode, values):
    """Everything under the prefix is right; returns the writer's number."""
    answer = http(node, "GET", f"/v1/kv/big/?recurse{mode}")
    assert answer.status == 200, answer.body
    rows = {row["Key"]: base64.b64decode(row["Value"]) for row in answer.json}
    written = int(rows.pop("big/written", b"0"))
    assert rows == values
    return written


def test_it_may_be_compressed_and_the_connection_goes_on(cluster, http):
    follower, _, leader = places(cluster)
    value = b"consul" * 80_000
    for number in range(20):
        assert http(leader, "PUT", f"/v1/kv/soft/{number:03}", value).body == b"true"
    packed = http(follower, "GET", "/v1/kv/soft/?recurse", **{"Accept-Encoding": "gzip"})
    plain = http(follower, "GET", "/v1/kv/soft/?recurse")
    assert len(plain.body) > 12_000_000 > 12 * len(packed.body)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
