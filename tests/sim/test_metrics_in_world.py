"""Each metric that actors keep moves when what it counts happens: one story of a cluster, and what it left behind."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

import pytest

from lictor_actors.consul.metrics import FSM, GOSSIP, HTTP_AND_DNS, METRICS, RAFT, SERVER, named
from lictor_actors.hosts.world import World
from lictor_actors.hosts.world.ground import WorldGround
from lictor_actors.node.in_world import add_node, cluster_specs
from lictor_messages.envelope import node_of
from lictor_messages.host import LoopLagged
from lictor_messages.web import HttpAnswered, HttpAsked

pytestmark = pytest.mark.slow
OF_OTHER_TESTS = (
    *("fsm.acl.", "fsm.ca", "fsm.other", "fsm.tombstone", "leader.reapTombstones"),
    *("dns.", "client.rpc.exceeded", "rpc.rate_limit.", "rpc.cross-dc", "rpc.accept_conn", "acl.", "serf.queue."),
)
"""Limits and other datacenters: what they refuse and pass on is counted where they are tested. So are tokens,
connections, and queues, which are looked at too seldom here."""
KEPT_BY_ACTORS = [m for m in (*HTTP_AND_DNS, *RAFT, *FSM, *SERVER, *GOSSIP) if not m.name.startswith(OF_OTHER_TESTS)]
WITHIN_A_TURN = (
    *(metric.name for metric in FSM),
    *("raft.fsm.apply", "raft.fsm.snapshot", "raft.fsm.restore", "memberlist.gossip"),
    *("raft.rpc.processHeartbeat", "raft.rpc.requestVote", "raft.rpc.installSnapshot", "raft.snapshot.persist"),
    *("txn.read", "session.renew", "session_ttl.invalidate", "leader.reapTombstones"),
    *("prepared-query.execute", "prepared-query.explain"),
)
"""The snapshots of this story are small."""


class Story:
    """What each node counted, sampled and showed, at its highest."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.samples: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
        self.highest: dict[str, float] = defaultdict(float)
        patch.setattr(WorldGround, "samples", lambda _, node: self.samples[node])
        self.world = World(seed=5)
        specs = cluster_specs(5, servers=3, agents=3)
        for spec in specs:
            settings = {"server.snapshot_threshold": 30, "server.trailing_logs": 5}
            add_node(self.world, spec.having(settings))
        self.run(12)

    def run(self, seconds: float) -> None:
        for _ in range(int(seconds * 2)):
            self.world.run(0.5)
            self.look()

    def look(self) -> None:
        for name in self.world.running():
            for seat in self.world.machines[name].node.seats.values():
                if seat.life is not None:
                    for what, value in seat.life.actor.readings():
                        metric = named(what)[0].name
                        self.highest[metric] = max(self.highest[metric], value)

    def http(self, node: str, method: str, target: str, body: Any = b"") -> Any:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = self.world.ask(f"{node}.dc1", "gateway", HttpAsked(method=method, target=target, body=data), 20)
        assert isinstance(answer, HttpAnswered)
        assert answer.status == 200, answer.body
        self.look()
        return json.loads(answer.body) if answer.body else None

    def leader(self) -> str:
        return next(n for n in self.world.running() if (s := self.world.actor(f"server@{n}")) and s.leading is not None)  # type: ignore[attr-defined]

    def tell(self) -> None:
        """A little of everything."""
        http = self.http
        http("agent-1", "PUT", "/v1/kv/a", b"x")
        http("agent-1", "GET", "/v1/kv/a")
        http("agent-1", "GET", "/v1/kv/a?consistent")
        http("agent-1", "GET", "/v1/catalog/services?cached")
        session = http("agent-1", "PUT", "/v1/session/create", {"TTL": "10s"})["ID"]
        http("agent-1", "PUT", f"/v1/session/renew/{session}")
        http("agent-1", "PUT", "/v1/txn", [{"KV": {"Verb": "set", "Key": "b", "Value": ""}}])
        http("agent-1", "PUT", "/v1/txn", [{"KV": {"Verb": "get", "Key": "b"}}])
        http("agent-1", "PUT", "/v1/agent/service/register", {"Name": "web"})
        query = http("agent-1", "POST", "/v1/query", {"Name": "q", "Service": {"Service": "web"}})["ID"]
        http("agent-1", "PUT", f"/v1/query/{query}", {"Name": "q", "Service": {"Service": "web"}})
        http("agent-1", "GET", f"/v1/query/{query}/execute")
        http("agent-1", "GET", f"/v1/query/{query}/explain")
        http("agent-1", "DELETE", f"/v1/query/{query}")
        http("agent-1", "PUT", "/v1/operator/autopilot/configuration", {"MaxTrailingLogs": 300})
        http("agent-1", "DELETE", "/v1/kv/b")
        http("agent-1", "PUT", "/v1/session/create", {"TTL": "10s", "Name": "left alone"})
        http("agent-1", "PUT", "/v1/catalog/deregister", {"Node": "nowhere"})
        http("agent-1", "PUT", "/v1/event/fire/deploy", b"now")
        http("agent-1", "PUT", f"/v1/session/destroy/{session}")
        self.agent_dies_and_comes_back()
        self.slow_prober()
        self.servers_die()
        http("agent-1", "PUT", "/v1/agent/force-leave/agent-2")  # which lives, and says so
        self.run(3)
        self.world.stop("agent-2.dc1")
        self.run(8)
        http("agent-1", "PUT", "/v1/agent/force-leave/agent-2")
        self.run(10)
        self.left_alone()

    def agent_dies_and_comes_back(self) -> None:
        self.world.kill("agent-3.dc1")
        self.run(12)
        self.world.restart("agent-3.dc1")
        self.run(6)

    def slow_prober(self) -> None:
        """Its host says that it was late: its own round and its health are in doubt."""
        self.world.kill("agent-3.dc1")
        for _ in range(20):
            self.world.seat("prober@agent-1.dc1").deliver(LoopLagged(lag_ns=3_000_000_000), None)
            self.run(1)
        self.world.restart("agent-3.dc1")

    def servers_die(self) -> None:
        """The leader; and the server that an agent asks next. What each misses is longer than the log that is kept."""
        for next_one in (self.leader, lambda: node_of(self.world.actor("agent@agent-1.dc1").routes.first())):
            gone = next_one()
            self.world.kill(gone)
            for _ in range(40):
                self.http("agent-1", "PUT", "/v1/kv/after", b"x")
            self.run(10)
            self.world.restart(gone)
            self.run(6)

    def left_alone(self) -> None:
        """No other is there to confirm that one is dead."""
        for name in self.world.running():
            if name != "agent-1.dc1":
                self.world.kill(name)
        self.run(40)


@pytest.fixture(scope="module")
def story() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        told = Story(patch)
        told.tell()
        yield told


@pytest.mark.parametrize("metric", KEPT_BY_ACTORS, ids=lambda metric: metric.name)
def test_it_moved(story: Story, metric: Any) -> None:
    if metric.kind == "summary":
        taken = [item for of in story.samples.values() for item in of.items()]
        values = [value for what, some in taken if named(what)[0] is metric for value in some]
        assert values, f"no turn sampled {metric.name}"
        assert all(value >= 0 for value in values)
        assert any(values) is (metric.name not in WITHIN_A_TURN), "each took no time"
    elif metric.name.startswith("client."):
        assert story.world.counters.get(metric.name)
    else:
        assert story.highest[metric.name] > 0


def test_each_has_the_labels_that_are_declared(story: Story) -> None:
    seen = {what for of in story.samples.values() for what in of}
    seen |= {
        what
        for n in story.world.running()
        for s in story.world.machines[n].node.seats.values()
        if s.life is not None
        for what, _ in s.life.actor.readings()
    }
    wrong = [what for what in seen if tuple(named(what)[1]) != METRICS[what.partition(";")[0]].labels]
    assert not wrong


def test_input_makes_no_labels(story: Story) -> None:
    before = set(story.samples["agent-1.dc1"])
    for path in ("/v1/kv/other", "/v1/kv/a/b/c", "/v1/health/service/anything", "/v1/catalog/service/else"):
        story.world.ask("agent-1.dc1", "gateway", HttpAsked(method="GET", target=path))
    story.world.ask("agent-1.dc1", "gateway", HttpAsked(method="GET", target="/no/such/path"))
    story.world.ask("agent-1.dc1", "gateway", HttpAsked(method="BREW", target="/v1/kv/a"))
    after = set(story.samples["agent-1.dc1"]) - before
    assert after == {
        "api.http;method=GET;path=/v1/health/service/",
        "api.http;method=GET;path=/v1/catalog/service/",
    }
