"""Three servers and an agent that demand certificates of each other, and what comes to those that have none, have
another's, or speak as a server without being one. Then all certificates are replaced while requests go on."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from certificates import Signer

from lictor_actors.bus.dialling import dialled, over_tls
from lictor_actors.bus.lane_tls import LaneTerms, LaneTls
from lictor_actors.bus.sp import endpoint_of
from lictor_actors.bus.tls import TlsFiles, client_context
from lictor_messages.base import Message
from lictor_messages.codec import cluster_id, frame, pack
from lictor_messages.envelope import Envelope
from lictor_messages.kv import PutKey
from lictor_messages.raft import AppendEntries, InstallSnapshot, RequestVote

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]
SERVERS = ("s1", "s2", "s3")
ADDRESSES = {name: f"127.84.0.{number}" for number, name in enumerate((*SERVERS, "a1"), 1)}


class Node(NamedTuple):
    """One agent that runs."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def ask(self, method: str, path: str, body: str | None = None) -> Any:
        return json.loads(self.read(method, path, body))

    def read(self, method: str, path: str, body: str | None = None) -> str:
        connection = HTTPConnection(ADDRESSES[self.name], 8500, timeout=20)
        try:
            connection.request(method, path, body)
            answer = connection.getresponse()
            data = answer.read().decode()
            assert answer.status == 200, data
            return data
        finally:
            connection.close()

    def counted(self, what: str) -> int:
        """How often in its life."""
        found = re.search(rf'^lictor_process_events{{what="{what}"}} (\d+)', self.read("GET", METRICS), re.MULTILINE)
        return int(found[1]) if found else 0


METRICS = "/v1/agent/metrics?format=prometheus"
Nodes = dict[str, Node]


def keys_of(name: str) -> dict[str, Any]:
    return {"server": True, "bootstrap_expect": 3} if name in SERVERS else {}


def started(name: str, folder: Path, files: TlsFiles) -> Node:
    config = {
        "node_name": name,
        "data_dir": str(folder / name),
        "bind_addr": ADDRESSES[name],
        "client_addr": ADDRESSES[name],
        "retry_join": [ADDRESSES[one] for one in SERVERS],
        "performance": {"raft_multiplier": 1},
        "gossip_profile": "local",
        "telemetry": {"prometheus_retention_time": "1h"},
        "ports": {"bus": -1, "dns": -1, "serf_wan": -1},
        "tls": {
            "defaults": {"ca_file": files.ca_file, "cert_file": files.cert_file, "key_file": files.key_file},
            "internal_rpc": {"verify_incoming": True, "verify_server_hostname": True},
        },
        **keys_of(name),
    }
    file, log = folder / f"{name}.json", folder / f"{name}.log"
    file.write_text(json.dumps(config))
    with log.open("wb") as out:
        command = [sys.executable, "-m", "lictor_deploy.cli.entry", "agent", f"-config-file={file}"]
        process = subprocess.Popen(command, stdout=out, stderr=out, env={**os.environ, "PYTHONUNBUFFERED": "1"})
    return Node(name, process, log)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tls")


@pytest.fixture(scope="module")
def signer(folder: Path) -> Signer:
    return Signer(folder)


def certified(signer: Signer, name: str) -> TlsFiles:
    return signer.files(name, "server" if name in SERVERS else "client", name)


@pytest.fixture(scope="module")
def nodes(folder: Path, signer: Signer, until: Callable[..., Any]) -> Iterator[Nodes]:
    made: Nodes = {}
    try:
        for name in ADDRESSES:
            made[name] = started(name, folder, certified(signer, name))
        until(lambda: serves(made["a1"]), 60)
        yield made
        assert [node.process.poll() for node in made.values()] == [None] * 4
        assert not [node.name for node in made.values() if "Traceback" in node.log.read_text()]
    finally:
        for node in made.values():
            node.process.terminate()
        for node in made.values():
            node.process.wait()


def serves(node: Node) -> bool:
    try:
        return bool(node.ask("PUT", "/v1/kv/first", "1"))
    except (OSError, AssertionError):
        return False


def say(lane: LaneTls | None, message: Message, source: str, port: int = 8300, role: str = "server") -> None:
    """One envelope to the first server, as a stranger would send it. Raises OSError if it is hung up on before."""

    async def said() -> None:
        dial = dialled if lane is None else over_tls(lane, lambda _: None)
        link = await dial(endpoint_of(f"tcp://{ADDRESSES['s1']}:{port}"), 0)
        data = frame(cluster_id("lictor"), [pack(Envelope(source, f"{role}@s1.dc1", message))])
        framed = len(data).to_bytes(8) + data
        link.socket.setblocking(True)
        link.socket.sendall(framed if link.tls is None else link.tls.sealed(framed))
        link.socket.close()

    async def in_time() -> None:
        async with asyncio.timeout(10):
            await said()

    asyncio.run(in_time())


VOTE = RequestVote(term=99, last_index=99, last_term=98, pre=False)
FORGED = [
    VOTE,
    AppendEntries(term=99, leader="server@s2.dc1", prev_index=1, prev_term=1, commit=99, round=1),
    InstallSnapshot(
        term=99,
        leader="server@s2.dc1",
        index=99,
        last_term=98,
        configuration_index=1,
        configuration=b"",
        size=1,
        checksum=0,
        offset=0,
        data=b"x",
    ),
]


def terms(node: Node) -> str:
    return node.ask("GET", "/v1/agent/self")["Stats"]["raft"]["term"]


@pytest.mark.parametrize("message", FORGED, ids=lambda message: message.kind)
def test_who_is_no_server_says_nothing_that_servers_say(nodes, signer, until, message):
    before, (agent, other) = (
        terms(nodes["s1"]),
        (signer.lane("mallory", "client", "a1"), signer.lane("m2", "server", "s9")),
    )
    said = {
        f"no_server:server:{message.kind}": (agent, "server@a1.dc1"),
        f"other_node:server:{message.kind}": (agent, "server@s2.dc1"),
    }
    for counted, (lane, source) in said.items():
        count = nodes["s1"].counted(counted)
        say(lane, message, source)
        until(lambda counted=counted, count=count: nodes["s1"].counted(counted) > count)
    count = nodes["s1"].counted(f"other_node:server:{message.kind}")
    say(other, message, "server@s2.dc1")
    until(lambda: nodes["s1"].counted(f"other_node:server:{message.kind}") > count)
    assert terms(nodes["s1"]) == before


def test_the_gossip_lane_is_no_way_around(nodes, until):
    counted = f"other_lane:server:{VOTE.kind}"
    say(None, VOTE, "server@s2.dc1", port=8301)
    until(lambda: nodes["s1"].counted(counted))


def test_strangers_get_no_further_than_a_counter(nodes, signer, until, tmp_path):
    stranger = Signer(tmp_path).lane("x", "server", "s2")
    stranger.terms.client.verify_mode = ssl.CERT_NONE
    old = signer.files("old", "server", "s2", days=0)
    expired = LaneTls(LaneTerms(None, client_context(old)))
    for lane, counted in (
        (stranger, "frame_tls:certificate_verify_failed"),
        (expired, "frame_tls:certificate_verify_failed"),
        (None, "frame_not_encrypted"),
    ):
        count = nodes["s1"].counted(counted)
        with pytest.raises((ConnectionError, ssl.SSLError, TimeoutError)):
            say(lane, PutKey(key="x", value=b""), "agent@a1.dc1")
        until(lambda counted=counted, count=count: nodes["s1"].counted(counted) > count)


def test_all_certificates_are_replaced_under_load(nodes, signer, until):
    """By those of the same authority, one node after the other: no request fails and no node is suspected."""
    over, failed, done = threading.Event(), [], [0]

    def load() -> None:
        while not over.is_set():
            try:
                assert nodes["a1"].ask("PUT", f"/v1/kv/k{done[0] % 7}", "v")
                done[0] += 1
            except Exception as error:
                failed.append(repr(error))

    running = threading.Thread(target=load)
    running.start()
    try:
        for round_ in range(2):
            for name in ADDRESSES:
                certified(signer, name)
                nodes[name].process.send_signal(signal.SIGHUP)
                until(lambda name=name, n=round_: nodes[name].log.read_text().count("reading the configuration") > n)
                seen = done[0]
                until(lambda seen=seen: done[0] > seen + 20)
    finally:
        over.set()
        running.join()
    assert failed == []
    assert not [node.name for node in nodes.values() if "was not reloaded" in node.log.read_text()]
    assert [node.ask("GET", "/v1/internal/lictor/suspicions") for node in nodes.values()] == [[]] * 4
