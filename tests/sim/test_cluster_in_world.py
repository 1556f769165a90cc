"""Whole clusters in the world, in sentences: what a user would try on a bad day."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from lictor_actors.faults import Faults, world_faults
from lictor_actors.hosts.world import World
from lictor_actors.node.in_world import add_cluster
from lictor_actors.swarm.bench import Bench
from lictor_messages.agent import CheckSpec, RegisterService
from lictor_messages.answers import Written
from lictor_messages.base import Message
from lictor_messages.catalog import ServiceRecord
from lictor_messages.kv import Entries, GetKey, PutKey
from lictor_messages.refusals import Refused
from lictor_messages.web import HttpAnswered, HttpAsked

SECOND = 1_000_000_000


class Cluster:
    """A cluster that has found itself, with its judges on the bench."""

    def __init__(self, servers: int, agents: int, seed: int = 11) -> None:
        self.world = World(seed)
        self.bench = Bench(self.world)
        add_cluster(self.world, servers, agents)
        self.faults: Faults = world_faults(self.world)
        self.until(self.whole, 20)

    def whole(self) -> bool:
        bench = self.bench
        return bool(bench.leader()) and not bench.members_wrong() and not bench.catalog_wrong()

    def until(self, true: Callable[[], bool], within_s: float) -> float:
        """Let time pass until it is so, looking ten times a second; returns how long it took."""
        began = self.world.time
        while not true():
            assert self.world.time - began < within_s * SECOND, f"not within {within_s} s"
            self.world.run(0.1)
        assert self.world.crashes == []
        return (self.world.time - began) / SECOND

    def put(self, node: str, key: str, value: bytes) -> Message:
        return self.world.ask(f"{node}.dc1", "agent", PutKey(key=key, value=value))

    def get(self, node: str, key: str, consistency: str = "default") -> bytes | None:
        answer = self.world.ask(f"{node}.dc1", "agent", GetKey(key=key, consistency=consistency))  # type: ignore[arg-type]
        assert isinstance(answer, Entries), answer
        return answer.entries[0].value if answer.entries else None

    def http(self, node: str, method: str, target: str, body: bytes = b"") -> HttpAnswered:
        answer = self.world.ask(f"{node}.dc1", "gateway", HttpAsked(method=method, target=target, body=body), 30)
        assert isinstance(answer, HttpAnswered), answer
        return answer

    def serf_health(self, seen_from: str, node: str) -> str:
        checks = json.loads(self.http(seen_from, "GET", f"/v1/health/node/{node}?stale").body)
        return next((check["Status"] for check in checks if check["CheckID"] == "serfHealth"), "missing")


@pytest.fixture
def three() -> Cluster:
    return Cluster(servers=3, agents=2)


def test_a_cluster_finds_itself_within_seconds() -> None:
    assert Cluster(servers=3, agents=10).world.time < 5 * SECOND


def test_what_is_written_through_one_agent_is_read_through_another(three: Cluster) -> None:
    assert isinstance(three.put("agent-1", "colour", b"green"), Written)
    assert three.get("agent-2", "colour") == b"green"
    assert three.get("server-1", "colour", "consistent") == b"green"


def test_the_http_api_works_in_the_world(three: Cluster) -> None:
    assert three.http("agent-1", "PUT", "/v1/kv/shape?flags=3", b"round").body == b"true"
    answer = three.http("agent-2", "GET", "/v1/kv/shape")
    assert answer.status == 200
    assert json.loads(answer.body)[0]["Flags"] == 3
    assert dict(answer.headers)["X-Consul-KnownLeader"] == "true"
    assert three.http("agent-2", "GET", "/v1/kv/nothing").status == 404


def test_an_agent_that_dies_is_failed_everywhere_and_critical_in_the_catalog_and_comes_back(three: Cluster) -> None:
    crash = three.faults.crash("agent-2")
    assert three.until(three.whole, 30) > 1
    assert three.serf_health("server-1", "agent-2") == "critical"
    crash.heal()
    three.until(three.whole, 30)
    assert three.serf_health("server-1", "agent-2") == "passing"


def test_the_leader_dies_and_nothing_acknowledged_is_lost(three: Cluster) -> None:
    written: list[bytes] = []
    door, leader = three.world.door("agent-1.dc1", "writer"), three.bench.leader()

    def write(number: int) -> None:
        value = b"%d" % number

        def answered(answer: Message) -> None:
            if isinstance(answer, Written):
                written.append(value)

        door.ask("agent", PutKey(key=f"k{number}", value=value), answered, 20)

    for number in range(200):
        three.world.at(number * 0.02, lambda number=number: write(number))  # type: ignore[misc]
    three.world.at(1.0, lambda: three.world.kill(leader))
    three.world.run(25)
    assert three.bench.leader() not in ("", leader)
    assert len(written) > 100
    assert [three.get("agent-2", f"k{value.decode()}", "consistent") for value in written] == written


def test_a_minority_refuses_writes_reads_stale_and_catches_up_when_it_is_healed(three: Cluster) -> None:
    three.put("agent-1", "before", b"1")
    leader = three.bench.leader().partition(".")[0]
    cut = three.faults.partition([leader, "agent-1"])
    three.until(lambda: three.world.actor("prober@agent-1.dc1").alive_count == 2, 40)  # it asks no other server now
    refused = three.http("agent-1", "PUT", "/v1/kv/minority", b"x")
    assert (refused.status, refused.body) == (500, b"No cluster leader")
    assert three.get("agent-1", "before", "stale") == b"1"
    assert isinstance(three.put("agent-2", "majority", b"2"), Written)
    assert isinstance(three.put("agent-1", "direct", b"x"), Refused)
    cut.heal()
    three.until(three.whole, 60)
    assert three.get(leader, "majority", "consistent") == b"2"
    assert three.get("agent-2", "minority", "consistent") is None


def test_sessions_of_the_larger_side_outlive_the_smaller_sides_verdicts_after_a_cut() -> None:
    cluster = Cluster(servers=3, agents=3)
    made = [json.loads(cluster.http(node, "PUT", "/v1/session/create").body)["ID"] for node in ("agent-2", "agent-3")]
    cut = cluster.faults.partition(["agent-1"])
    cluster.world.run(180)  # everyone is buried on both sides, and nobody has anything left to spread
    assert cluster.serf_health("server-1", "agent-1") == "critical"
    cut.heal()
    cluster.until(cluster.whole, 120)
    cluster.world.run(5)
    held = {session["ID"] for session in json.loads(cluster.http("agent-1", "GET", "/v1/session/list").body)}
    assert held == set(made)


def test_a_service_turns_critical_when_it_stops_and_comes_back(three: Cluster) -> None:
    url = "http://10.0.0.4:80/health"
    three.world.jobs.http[url] = 200
    check = CheckSpec(name="alive", http=url, interval_ns=SECOND, timeout_ns=SECOND)
    record = ServiceRecord(node="agent-1", id="web", service="web", port=80)
    three.world.ask("agent-1.dc1", "agent", RegisterService(service=record, checks=(check,)))

    def passing() -> int:
        return len(json.loads(three.http("agent-2", "GET", "/v1/health/service/web?passing").body))

    three.until(lambda: passing() == 1, 5)
    three.world.jobs.http[url] = 500
    three.until(lambda: passing() == 0, 5)
    three.world.jobs.http[url] = 200
    three.until(lambda: passing() == 1, 5)


def test_all_servers_lose_power_at_once_and_the_data_is_there_again(three: Cluster) -> None:
    three.put("agent-1", "kept", b"safe")
    for server in ("server-1", "server-2", "server-3"):
        three.world.crash(f"{server}.dc1")
    three.world.run(2)
    for server in ("server-1", "server-2", "server-3"):
        three.world.restart(f"{server}.dc1")
    three.until(three.whole, 60)
    assert three.get("agent-1", "kept", "consistent") == b"safe"


def test_one_way_loss_of_the_leaders_voice_elects_another(three: Cluster) -> None:
    leader = three.bench.leader()
    three.faults.cut(leader, "all")
    three.until(lambda: three.bench.leader() not in ("", leader), 10)
    three.until(lambda: isinstance(three.put("agent-2", "on", b"1"), Written), 30)  # it may ask the voiceless one first


def test_every_node_can_say_who_accused_a_node_that_died_and_over_http() -> None:
    c = Cluster(servers=3, agents=3)
    c.world.kill("agent-2.dc1")
    c.until(lambda: not c.bench.members_wrong(), 60)
    for node in c.world.running():
        answer = c.world.ask(node, "gateway", HttpAsked(method="GET", target="/v1/internal/lictor/suspicions"))
        assert isinstance(answer, HttpAnswered)
        row = json.loads(answer.body)[0]
        assert (row["Node"], row["Outcome"]) == ("agent-2", "failed")
        accusers = [row["Accuser"], *row["Confirmers"]]
        assert {*accusers, row["EndedBy"]} <= {name.partition(".")[0] for name in c.world.running()}
        assert len(set(accusers)) == len(accusers)


def test_the_pool_is_asked_over_http_and_says_who_is_silent() -> None:
    c = Cluster(servers=1, agents=2)
    path = "/v1/internal/lictor/query/_serf_ping?acks&relay-factor=1"
    asked = json.loads(c.http("agent-1", "PUT", path).body)
    assert sorted(asked["Asked"]) == sorted(asked["Acks"]) == ["agent-1", "agent-2", "server-1"]
    assert len(asked["Answers"]) == 3
    c.faults.isolate("agent-2.dc1")
    asked = json.loads(c.http("agent-1", "PUT", f"{path}&tag=role=node&timeout=2s").body)
    assert (asked["Asked"], asked["Acks"], asked["Deadline"]) == (["agent-1", "agent-2"], ["agent-1"], "2s")
    refused = c.http("agent-1", "PUT", f"{path}&tag=role=(")
    assert refused.status == 400
    assert refused.body.startswith(b"Invalid filter of the tag role: error parsing regexp: missing closing )")
