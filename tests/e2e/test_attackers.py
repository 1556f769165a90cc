"""A server and an agent with certificates, a gossip key and ACLs that deny by default, and all that comes to them from
outside: of each attempt a counter moves, and nothing else. docs/security.md has the same rows as a table."""

from __future__ import annotations

import base64
import json
import secrets
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from attacker import FORGED, VOTE, Attacker, say
from certificates import Signer
from odd_messages import packed
from running_agent import RunningAgent

import lictor
from lictor_actors.bus.lane_tls import LaneTerms, LaneTls
from lictor_actors.bus.tls import TlsFiles
from lictor_actors.node.audiences import audiences
from lictor_messages.base import KINDS_ON, WIRE
from lictor_messages.codec import LENGTH, cluster_id, frame
from lictor_messages.kv import PutKey

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]
S1, A1, X1 = "127.85.0.1", "127.85.0.2", "127.85.0.3"
ROOT = "11111111-2222-4333-8444-555555555555"
HUNG_UP = (ConnectionError, ssl.SSLError, TimeoutError)


class Site(NamedTuple):
    """What runs, and what an attacker has come by."""

    server: RunningAgent
    agent: RunningAgent
    foreign: RunningAgent
    """One of another cluster, which never stops to join this one."""
    key: str
    recorded: bytes
    """A frame of gossip that was said and heard."""
    agents: LaneTls
    """An agent's certificate."""
    strangers: LaneTls
    """A server's certificate of another authority."""
    commands: TlsFiles
    """A certificate for commands."""


def config(signer: Signer, name: str, kind: Any, key: str, **more: Any) -> dict[str, Any]:
    files = signer.files(name, kind, name)
    return {
        "encrypt": key,
        "retry_join": [S1],
        "ports": {"dns": -1, "serf_wan": -1},
        "acl": {"enabled": True, "default_policy": "deny", "tokens": {"initial_management": ROOT, "agent": ROOT}},
        "tls": {
            "defaults": {"ca_file": files.ca_file, "cert_file": files.cert_file, "key_file": files.key_file},
            "internal_rpc": {"verify_incoming": True, "verify_server_hostname": True},
            "bus": {"verify_incoming": name == "s1"},
        },
        **more,
    }


def new_key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, until: Callable[..., Any]) -> Iterator[Site]:
    folder, elsewhere, key = tmp_path_factory.mktemp("site"), tmp_path_factory.mktemp("elsewhere"), new_key()
    ours, theirs = Signer(folder), Signer(elsewhere)
    running: list[RunningAgent] = []

    def start(name: str, address: str, place: Path, config: dict[str, Any]) -> RunningAgent:
        running.append(RunningAgent.started(name, address, place, config, ROOT))
        return running[-1]

    try:
        server = start("s1", S1, folder, config(ours, "s1", "server", key, server=True, bootstrap_expect=1))
        agent = start("a1", A1, folder, config(ours, "a1", "client", key))
        foreign = start("x1", X1, elsewhere, config(theirs, "x1", "client", new_key(), acl={}))
        until(agent.writes, 60)
        until(lambda: len(server.ask("GET", "/v1/catalog/nodes")) == 2, 30)
        recorded = Attacker(key).event("recorded", "prober@a1.dc1")
        say(f"tcp://{S1}:8301", recorded)
        until(lambda: server.ask("GET", "/v1/event/list"))
        agents, strangers = ours.lane("mallory", "client", "a1"), theirs.lane("m", "server", "s1")
        yield Site(server, agent, foreign, key, recorded, agents, strangers, ours.files("cli", "cli"))
        assert [node.process.poll() for node in running] == [None] * 3
        assert not [node.name for node in running if "Traceback" in node.log.read_text()]
    finally:
        for node in running:
            node.process.terminate()
        for node in running:
            node.process.wait()


TOLD = ("/v1/catalog/nodes", "/v1/catalog/services", "/v1/health/state/any", "/v1/kv/?recurse", "/v1/event/list")
TOLD += ("/v1/acl/tokens", "/v1/session/list")


def members(node: RunningAgent) -> list[tuple[str, str, int]]:
    return [(row["Name"], row["Addr"], row["Status"]) for row in node.ask("GET", "/v1/agent/members")]


def state(site: Site) -> dict[str, Any]:
    """What must not move: members, who was ever suspected, Raft, catalog, KV, events, tokens."""
    both = (site.server, site.agent)
    raft = site.server.ask("GET", "/v1/agent/self")["Stats"]["raft"]
    voters = site.server.ask("GET", "/v1/operator/raft/configuration")["Servers"]
    return {
        "members": [members(node) for node in both],
        "suspicions": [node.ask("GET", "/v1/internal/lictor/suspicions") for node in both],
        "raft": [raft[name] for name in ("state", "term")],
        "voters": [(row["ID"], row["Address"], row["Leader"], row["Voter"]) for row in voters],
        **{path: site.server.ask("GET", path) for path in TOLD},
    }


@pytest.fixture
def unmoved(site: Site) -> Iterator[None]:
    """The state is after a test what it was before."""
    before = state(site)
    yield
    assert state(site) == before


def gossip(made: Callable[[Site], bytes]) -> Callable[[Site], None]:
    return lambda site: say(f"tcp://{S1}:8301", made(site))


def request(data: bytes, lane: Callable[[Site], LaneTls | None], port: int = 8300) -> Callable[[Site], None]:
    return lambda site: say(f"tcp://{S1}:{port}", data, lane(site))


def hung_up(attempt: Callable[[Site], None]) -> Callable[[Site], None]:
    def attempted(site: Site) -> None:
        with pytest.raises(HUNG_UP):
            attempt(site)

    return attempted


def believing(lane: LaneTls | None = None) -> LaneTls:
    """A dialler who shows this certificate, or none, and asks for none."""
    client = lane.terms.client if lane else ssl.create_default_context()
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    return LaneTls(LaneTerms(None, client))


def flipped(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


WRITE = PutKey(key="stolen", value=b"1")
PLAIN = Attacker().frame(WRITE, "agent@a1.dc1", "server@s1.dc1")
ATTEMPTS: dict[str, tuple[Callable[[Site], None], str]] = {
    "forged gossip": (gossip(lambda site: flipped(site.recorded)), "frame_sealed_forged"),
    "gossip by another key": (gossip(lambda _: Attacker(new_key()).event("x")), "frame_sealed_unknown_key"),
    "replayed gossip": (gossip(lambda site: site.recorded), "frame_sealed_replayed"),
    "truncated gossip": (gossip(lambda site: site.recorded[:20]), "frame_sealed_cut"),
    "gossip of another cluster": (
        gossip(lambda site: Attacker(site.key, "other").event("x")),
        "frame_sealed_foreign_head",
    ),
    "plain gossip": (gossip(lambda _: Attacker().event("x")), "gossip_not_encrypted"),
    "a vote on the gossip lane": (
        gossip(lambda _: Attacker().frame(VOTE, "server@s2.dc1", "server@s1.dc1")),
        f"other_lane:server:{VOTE.kind}",
    ),
    "a vote sealed by the gossip key": (
        gossip(lambda site: Attacker(site.key).frame(VOTE, "server@s2.dc1", "server@s1.dc1")),
        "sealed_other_lane",
    ),
    "a plain request": (hung_up(request(PLAIN, lambda _: None)), "frame_not_encrypted"),
    "a request without a certificate": (
        hung_up(request(PLAIN, lambda _: believing())),
        "frame_tls:peer_did_not_return_a_certificate",
    ),
    "a request by another authority's certificate": (
        hung_up(request(PLAIN, lambda site: believing(site.strangers))),
        "frame_tls:certificate_verify_failed",
    ),
    "a plain client": (hung_up(request(PLAIN, lambda _: None, 8304)), "client_door:not_encrypted"),
    "a client without a certificate": (
        hung_up(request(PLAIN, lambda _: believing(), 8304)),
        "client_door:tls:peer_did_not_return_a_certificate",
    ),
    "a client by another authority's certificate": (
        hung_up(request(PLAIN, lambda site: believing(site.strangers), 8304)),
        "client_door:tls:certificate_verify_failed",
    ),
    "a forged request": (request(flipped(PLAIN), lambda site: site.agents), "frame_corrupt"),
    "a truncated request": (request(PLAIN[:-9], lambda site: site.agents), "frame_corrupt"),
    "a request of another cluster": (
        request(Attacker(cluster="other").frame(WRITE, "agent@a1.dc1", "server@s1.dc1"), lambda site: site.agents),
        "frame_other_cluster",
    ),
    "a request in another's name": (
        request(Attacker().frame(WRITE, "agent@a2.dc1", "server@s1.dc1"), lambda site: site.agents),
        f"other_node:server:{WRITE.kind}",
    ),
    **{
        f"{said.kind} by an agent": (
            request(Attacker().frame(said, "server@a1.dc1", "server@s1.dc1"), lambda site: site.agents),
            f"no_server:server:{said.kind}",
        )
        for said in FORGED
    },
}
"""What is tried, and what is counted."""


@pytest.mark.usefixtures("unmoved")
@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_nothing_but_a_counter_moves(site: Site, until: Callable[..., Any], attempt: str) -> None:
    attack, counted = ATTEMPTS[attempt]
    before = site.server.counted(counted)
    attack(site)
    until(lambda: site.server.counted(counted) > before)


@pytest.mark.usefixtures("unmoved")
def test_an_agents_certificate_says_nothing_that_only_servers_say(site: Site, until: Callable[..., Any]) -> None:
    """Every kind of tests/golden/audiences.txt that takes a server's certificate, refused before its body is read."""
    kinds = [row.kind for row in audiences(dict(KINDS_ON[WIRE])) if row.of_servers and row.to == "server"]
    assert len(kinds) > len(FORGED)
    for kind in kinds:
        counted = f"no_server:server:{kind}"
        before = site.server.counted(counted)
        envelope = packed(KINDS_ON[WIRE][kind], {}, "server@a1.dc1", "server@s1.dc1", "", "")
        say(f"tcp://{S1}:8300", frame(cluster_id("lictor"), [LENGTH.pack(len(envelope)) + envelope]), site.agents)
        until(lambda counted=counted, before=before: site.server.counted(counted) > before)


@pytest.mark.usefixtures("unmoved")
def test_a_node_of_another_cluster_does_not_get_in(site: Site, until: Callable[..., Any]) -> None:
    before = site.server.counted("frame_sealed_unknown_key")
    until(lambda: site.server.counted("frame_sealed_unknown_key") > before)
    assert [name for name, *_ in members(site.foreign)] == ["x1"]
    assert "x1" not in site.server.log.read_text()


REFUSED = [
    ("GET", "/v1/kv/first"),
    ("PUT", "/v1/kv/stolen"),
    ("DELETE", "/v1/kv/first"),
    ("PUT", "/v1/catalog/register"),
    ("PUT", "/v1/agent/service/register"),
    ("PUT", "/v1/agent/leave"),
    ("PUT", "/v1/agent/join/127.85.0.3"),
    ("PUT", "/v1/agent/force-leave/s1"),
    ("GET", "/v1/agent/self"),
    ("GET", "/v1/agent/metrics"),
    ("PUT", "/v1/event/fire/x"),
    ("PUT", "/v1/session/create"),
    ("GET", "/v1/acl/tokens"),
    ("PUT", "/v1/acl/token"),
    ("GET", "/v1/operator/keyring"),
    ("GET", "/v1/operator/raft/configuration"),
    ("DELETE", "/v1/operator/raft/peer?id=s1"),
    ("GET", "/v1/snapshot"),
]
LISTS = ["/v1/catalog/nodes", "/v1/catalog/services", "/v1/health/state/any", "/v1/agent/members", "/v1/agent/services"]
LISTS += ["/v1/event/list", "/v1/session/list", "/v1/query"]
BODIES = {
    "/v1/catalog/register": {"Node": "stolen", "Address": "10.0.0.1"},
    "/v1/agent/service/register": {"Name": "stolen"},
}


TXN = [{"KV": {"Verb": "set", "Key": "stolen", "Value": ""}}]


@pytest.mark.usefixtures("unmoved")
@pytest.mark.parametrize("token", ["", "22222222-2222-4333-8444-555555555555"], ids=["none", "made up"])
def test_http_without_a_token_tells_and_does_nothing(site: Site, token: str) -> None:
    def said(method: str, path: str, body: Any = None) -> tuple[int, str]:
        return site.agent.said(method, path, json.dumps(body or {}), token)

    answers = {(method, path): said(method, path, BODIES.get(path)) for method, path in REFUSED}
    assert {asked: answer for asked, answer in answers.items() if answer[0] != 403} == {}
    seen = {path: said("GET", path) for path in LISTS}
    nothing = [(403, "ACL not found")] if token else [(200, "[]"), (200, "{}"), (200, "null")]
    assert {path: answer for path, answer in seen.items() if answer not in nothing} == {}
    status, why = said("PUT", "/v1/txn", TXN)
    assert status == (403 if token else 409)
    assert ("ACL not found" if token else "Permission denied") in why


@pytest.mark.usefixtures("unmoved")
def test_the_client_door_without_a_token_tells_and_does_nothing(site: Site) -> None:
    with lictor.Client(f"tcp://{A1}:8304", timeout=10) as client:
        for ask in (
            lambda: client.kv.put("stolen", b"1"),
            lambda: client.kv.get("first"),
            lambda: client.kv.delete("first"),
        ):
            with pytest.raises(lictor.Refused, match="Permission denied"):
                ask()
        assert list(client.catalog.nodes()) == []


@pytest.mark.usefixtures("unmoved")
def test_the_client_door_believes_a_token_not_a_certificate(site: Site) -> None:
    files = site.commands
    certificate = {"ca": files.ca_file, "cert": files.cert_file, "key": files.key_file}
    url, name = f"tls+tcp://{S1}:8304", "server.dc1.consul"
    with lictor.Client(url, timeout=10, token=ROOT, server_name=name, **certificate) as client:
        assert client.kv.get("first").value == b"1"
    with (
        lictor.Client(url, timeout=10, server_name=name, **certificate) as client,
        pytest.raises(lictor.Refused, match="Permission denied"),
    ):
        client.kv.put("stolen", b"1")
