"""Three servers and an agent that demand certificates of each other, and what comes to those that have none, have
another's, or speak as a server without being one. Then all certificates are replaced while requests go on."""

from __future__ import annotations

import signal
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attacker
import pytest
from attacker import FORGED, VOTE, Attacker
from certificates import Signer
from running_agent import RunningAgent

import lictor
from lictor_actors.bus.lane_tls import LaneTerms, LaneTls
from lictor_actors.bus.tls import TlsFiles, client_context
from lictor_messages.base import Message
from lictor_messages.kv import PutKey

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]
SERVERS = ("s1", "s2", "s3")
ADDRESSES = {name: f"127.84.0.{number}" for number, name in enumerate((*SERVERS, "a1"), 1)}


Nodes = dict[str, RunningAgent]


def keys_of(name: str) -> dict[str, Any]:
    return {"server": True, "bootstrap_expect": 3} if name in SERVERS else {}


def started(name: str, folder: Path, files: TlsFiles) -> RunningAgent:
    config = {
        "retry_join": [ADDRESSES[one] for one in SERVERS],
        "ports": {"dns": -1, "serf_wan": -1},
        "tls": {
            "defaults": {"ca_file": files.ca_file, "cert_file": files.cert_file, "key_file": files.key_file},
            "internal_rpc": {"verify_incoming": True, "verify_server_hostname": True},
        },
        **keys_of(name),
    }
    return RunningAgent.started(name, ADDRESSES[name], folder, config)


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
        until(made["a1"].writes, 60)
        yield made
        assert [node.process.poll() for node in made.values()] == [None] * 4
        assert not [node.name for node in made.values() if "Traceback" in node.log.read_text()]
    finally:
        for node in made.values():
            node.process.terminate()
        for node in made.values():
            node.process.wait()


def say(lane: LaneTls | None, message: Message, source: str, port: int = 8300) -> None:
    """One envelope to the first server, as a stranger would send it."""
    attacker.say(f"tcp://{ADDRESSES['s1']}:{port}", Attacker().frame(message, source, "server@s1.dc1"), lane)


def terms(node: RunningAgent) -> str:
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
    """By those of the same authority, one node after the other: no request over HTTP or of a client actor fails, and
    no node is suspected."""
    over, failed, done = threading.Event(), [], [0]
    url, ca = f"tls+tcp://{ADDRESSES['a1']}:8304", str(signer.file)

    def load(put: Callable[[str], Any]) -> None:
        while not over.is_set():
            try:
                assert put(f"k{done[0] % 7}")
                done[0] += 1
            except Exception as error:
                failed.append(repr(error))

    def put_by_a_new_connection(key: str) -> bool:
        with lictor.Client(url, ca=ca, server_name="client.dc1.consul") as client:
            return client.kv.put(key, "v")

    def put_over_http(key: str) -> Any:
        return nodes["a1"].ask("PUT", f"/v1/kv/{key}", "v")

    running = [threading.Thread(target=load, args=(put,)) for put in (put_over_http, put_by_a_new_connection)]
    for one in running:
        one.start()
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
        for one in running:
            one.join()
    assert failed == []
    assert not [node.name for node in nodes.values() if "was not reloaded" in node.log.read_text()]
    assert [node.ask("GET", "/v1/internal/lictor/suspicions") for node in nodes.values()] == [[]] * 4
