"""Sessions and locks in whole clusters under virtual time: TTLs, failover, partitions, dead nodes."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from lictor_actors.bus.rules import Rules
from lictor_actors.hosts.world import World
from lictor_actors.judges.sessions import SessionJudge
from lictor_actors.node.in_world import add_cluster
from lictor_actors.raft import Role
from lictor_actors.roles.server.server import Server
from lictor_messages.answers import Written
from lictor_messages.catalog import CheckRecord, NodeRecord, Register, ServiceRecord
from lictor_messages.envelope import at
from lictor_messages.faults import FaultRule
from lictor_messages.kv import DeleteKey, Entries, GetKey, ListKeys, PutKey
from lictor_messages.queries import (
    CreatePreparedQuery,
    ExecutePreparedQuery,
    PreparedQuery,
    QueryExecuted,
    ServiceQuery,
)
from lictor_messages.refusals import Refused
from lictor_messages.sessions import CreateSession, DestroySession, GetSession, RenewSession, SessionRecord, Sessions
from lictor_messages.txn import KeyOperation, Operation, ReadTransaction, Transact, Transacted
from lictor_messages.web import HttpAnswered, HttpAsked

SECOND = 1_000_000_000


def numbered(number):
    return f"0a1b2c3d-0000-4000-8000-{number:012d}"


A, B = numbered(1), numbered(2)


class Cluster:
    """Servers and agents that have settled."""

    def __init__(self, servers=3, agents=1, seed=21):
        self.world = World(seed=seed)
        self.specs = add_cluster(self.world, servers, agents)
        assert self.world.run_until(self.settled, 30), "the cluster did not settle"

    @property
    def servers(self):
        return [s.node for s in self.specs if s.server]

    def server(self, node):
        return self.world.actor(f"server@{node}")

    def up(self):
        return [s for s in self.servers if isinstance(self.server(s), Server)]

    def leader(self):
        leading = [s for s in self.up() if self.server(s).raft.role is Role.LEADER]
        return max(leading, key=lambda s: self.server(s).raft.term, default="")

    def settled(self):
        return bool(self.leader()) and all(self.server(s).passing_nodes == len(self.specs) for s in self.up())

    def ask(self, message, node="agent-1.dc1", role="agent", within_s=10.0):
        return self.world.ask(node, at(role, node), message, within_s)

    def session(self, session_id=A, **fields):
        session = SessionRecord(**{"id": session_id, "node": "", "lock_delay_ns": 0, **fields})
        assert isinstance(self.ask(CreateSession(session=session)), Written)

    def alive(self, session_id=A):
        return bool(self.ask(GetSession(id=session_id)).sessions)

    def renew(self, session_id=A, **fields):
        answer = self.ask(RenewSession(id=session_id, **fields))
        return isinstance(answer, Sessions) and bool(answer.sessions)

    def holder(self, key="k"):
        answer = self.ask(GetKey(key=key))
        assert isinstance(answer, Entries), answer
        return answer.entries[0].session if answer.entries else ""

    def isolate(self, node):
        others = tuple(s.node for s in self.specs if s.node != node)
        self.world.network.rules = Rules((FaultRule(id="1", groups=((node,), others), effect="drop"),))

    def heal(self):
        self.world.network.rules = Rules(())

    def http(self, method, target, body=b""):
        answer = self.ask(HttpAsked(method=method, target=target, body=body), role="gateway", within_s=30)
        assert isinstance(answer, HttpAnswered), answer
        return answer.status, answer.body.decode()


@pytest.fixture
def cluster():
    made = Cluster()
    yield made
    assert made.world.crashes == []


def test_a_session_belongs_to_the_node_that_asks_unless_it_names_another(cluster):
    cluster.session(A)
    cluster.session(B, node="server-2")
    found = [cluster.ask(GetSession(id=session)).sessions[0].node for session in (A, B)]
    assert found == ["agent-1", "server-2"]


# -- TTL


def test_a_session_that_is_not_renewed_ends_between_one_and_two_ttls(cluster):
    cluster.session(ttl="10s")
    cluster.ask(PutKey(key="k", acquire=A))
    began = cluster.world.time
    assert cluster.world.run_until(lambda: not cluster.server(cluster.leader()).store.sessions.rows, 40)
    assert 10 * SECOND <= cluster.world.time - began <= 20.5 * SECOND
    assert cluster.holder() == ""


@pytest.mark.slow
def test_a_session_that_is_renewed_lives_on(cluster):
    cluster.session(ttl="10s")
    for _ in range(8):
        cluster.world.run(9)
        assert cluster.renew()
    cluster.world.run(25)
    assert not cluster.alive()
    assert not cluster.renew()


def test_many_sessions_end_each_at_its_own_time(cluster):
    for number, ttl in enumerate((30, 10, 20), 1):
        cluster.session(numbered(number), ttl=f"{ttl}s")
    rows = cluster.server(cluster.leader()).store.sessions.rows
    left = []
    for _ in range(4):
        left.append([int(session[-1]) for session in rows])
        cluster.world.run(20.2)
    assert left == [[1, 2, 3], [1, 3], [1], []]


@pytest.mark.slow
def test_a_session_without_ttl_needs_no_renewal_and_may_be_renewed(cluster):
    cluster.session()
    cluster.world.run(200)
    assert cluster.renew()


def test_a_renewal_is_no_entry_of_the_log(cluster):
    cluster.session(ttl="10s")
    before = cluster.server(cluster.leader()).store.applied
    for _ in range(10):
        assert cluster.renew()
    assert cluster.server(cluster.leader()).store.applied == before


def test_a_renewal_that_asks_for_any_server_still_reaches_the_leader(cluster):
    cluster.session(ttl="10s")
    for _ in range(6):
        cluster.world.run(8)
        assert cluster.renew(consistency="stale")


def test_a_new_leader_starts_every_ttl_in_full(cluster):
    cluster.session(ttl="10s")
    cluster.world.run(18)
    old = cluster.leader()
    cluster.world.crash(old)
    assert cluster.world.run_until(lambda: cluster.leader() not in ("", old), 10)
    elected = cluster.world.time
    cluster.world.run(18)
    assert cluster.alive()
    assert cluster.world.run_until(lambda: not cluster.server(cluster.leader()).store.sessions.rows, 10)
    assert 20 * SECOND <= cluster.world.time - elected <= 21 * SECOND


def test_an_old_leader_that_comes_back_ends_nothing(cluster):
    cluster.session(ttl="10s")
    old = cluster.leader()
    cluster.isolate(old)
    assert cluster.world.run_until(lambda: cluster.leader() not in ("", old), 10)
    for _ in range(5):
        assert cluster.renew()
        cluster.world.run(8)
    cluster.heal()
    for _ in range(3):
        cluster.world.run(8)
        assert cluster.renew()


# -- checks


@pytest.fixture
def watched(cluster):
    """The judge looks at every server after each of its turns; ``ends`` counts how often each session ended there."""
    judge, ends = SessionJudge(), Counter()

    def saw(seat):
        if seat.life is not None and isinstance(seat.life.actor, Server):
            judge.saw(seat.node.name, seat.life.actor.store)

    cluster.world.watchers.setdefault("server", []).append(saw)
    for server in cluster.servers:
        cluster.server(server).store.sessions.on_end.append(lambda id_, _, s=server: ends.update([(s, id_)]))
    cluster.judge, cluster.ends = judge, ends
    return cluster


def report(cluster, check_id, status, service_id=""):
    """Somebody's check of the machine ``db``, which runs no agent."""
    check = CheckRecord(node="db", check_id=check_id, name=check_id, status=status, service_id=service_id)
    return cluster.ask(Register(node=NodeRecord(node="db", address="10.1.0.1"), checks=(check,)))


def lock(cluster, key, session_id, **fields):
    cluster.session(session_id, node="db", **fields)
    assert cluster.ask(PutKey(key=key, value=b"v", acquire=session_id)).ok


@pytest.mark.parametrize("leader_dies", [False, True])
def test_a_failing_check_ends_its_sessions_everywhere_once_and_their_locks_as_they_said(watched, leader_dies):
    service = ServiceRecord(node="db", id="pg", service="pg")
    assert watched.ask(Register(node=NodeRecord(node="db", address="10.1.0.1"), service=service)).ok
    for check_id, service_id in (("disk", ""), ("pg-up", "pg"), ("fan", "")):
        assert report(watched, check_id, "passing", service_id).ok
    released, deleted, served, other = map(numbered, range(1, 5))
    lock(watched, "released", released, node_checks=("disk",), lock_delay_ns=15 * SECOND)
    lock(watched, "deleted", deleted, node_checks=("fan", "disk"), lock_delay_ns=15 * SECOND, behavior="delete")
    lock(watched, "served", served, node_checks=(), service_checks=("pg-up",))
    lock(watched, "other", other, node_checks=("fan",))
    watched.session(numbered(5), node_checks=())

    assert report(watched, "disk", "warning").ok
    assert watched.alive(released)
    failed = watched.world.time
    assert report(watched, "disk", "critical").ok
    if leader_dies:
        old = watched.leader()
        watched.world.crash(old)
        assert watched.world.run_until(lambda: watched.leader() not in ("", old), 10)
    assert report(watched, "disk", "passing").ok
    assert report(watched, "pg-up", "critical", "pg").ok
    assert [watched.alive(numbered(n)) for n in range(1, 6)] == [False, False, False, True, True]
    assert [watched.holder(key) for key in ("released", "deleted", "served", "other")] == ["", "", "", other]
    assert [entry.key for entry in watched.ask(ListKeys(prefix="")).entries] == ["other", "released", "served"]

    acquire = [PutKey(key=key, value=b"new", acquire=numbered(5)) for key in ("released", "deleted", "served")]
    assert [watched.ask(put).ok for put in acquire] == [False, False, True]
    assert watched.world.time - failed < 14 * SECOND
    watched.world.run(15.5)
    assert [watched.ask(put).ok for put in acquire] == [True, True, True]

    watched.world.run(1)
    assert sorted(watched.judge.ended) == [released, deleted, served]
    assert {watched.ends[server, id_] for server in watched.up() for id_ in (released, deleted, served)} == {1}
    assert len({watched.server(server).store.digest() for server in watched.up()}) == 1


def test_an_agents_check_that_fails_ends_the_sessions_that_stand_on_it(watched):
    """From the machine's own agent to its sessions: a TTL check of the node, and one of a service."""
    web = b'{"Name":"web","Check":{"CheckID":"web-up","TTL":"60s","Status":"passing"}}'
    assert watched.http("PUT", "/v1/agent/service/register", web)[0] == 200
    assert watched.http("PUT", "/v1/agent/check/register", b'{"Name":"mem","TTL":"60s","Status":"passing"}')[0] == 200
    bodies = (
        b'{"NodeChecks":["serfHealth","mem"],"LockDelay":0}',
        b'{"NodeChecks":[],"ServiceChecks":[{"ID":"web-up"}],"LockDelay":0,"Behavior":"delete"}',
    )
    watched.world.run(2)
    sessions = [json.loads(watched.http("PUT", "/v1/session/create", body)[1])["ID"] for body in bodies]
    for key, session in zip("ab", sessions, strict=True):
        assert watched.http("PUT", f"/v1/kv/{key}?acquire={session}", b"v") == (200, "true")
    assert watched.http("PUT", "/v1/agent/check/fail/mem")[0] == 200
    assert watched.world.run_until(lambda: not watched.alive(sessions[0]), 10)
    assert watched.alive(sessions[1])
    assert watched.holder("a") == ""
    assert watched.http("PUT", "/v1/agent/check/fail/web-up")[0] == 200
    assert watched.world.run_until(lambda: not watched.alive(sessions[1]), 10)
    assert watched.http("GET", "/v1/kv/b")[0] == 404


# -- locks


def test_a_dead_clients_lock_is_freed_when_gossip_has_buried_its_node(cluster):
    cluster.session()
    assert cluster.ask(PutKey(key="k", value=b"a", acquire=A)).ok
    cluster.world.crash("agent-1.dc1")
    leader = cluster.leader()
    freed = lambda: not cluster.server(leader).store.kv.entries["k"].session  # noqa: E731
    assert cluster.world.run_until(freed, 60)
    assert not cluster.server(leader).store.sessions.rows


def test_the_lock_delay_survives_a_change_of_leader(cluster):
    """Consul forgets it: there it is kept in the old leader's memory."""
    cluster.session(A, lock_delay_ns=15 * SECOND, node="server-1")
    cluster.session(B, node_checks=())
    assert cluster.ask(PutKey(key="k", acquire=A)).ok
    cluster.ask(DestroySession(id=A))
    lost = cluster.world.time
    cluster.world.crash(cluster.leader())
    assert cluster.world.run_until(lambda: bool(cluster.leader()), 10)
    while True:
        answer = cluster.ask(PutKey(key="k", acquire=B))
        if isinstance(answer, Written) and answer.ok:
            break
        cluster.world.run(0.2)
    assert 15 * SECOND <= cluster.world.time - lost <= 17 * SECOND


def test_no_acquisition_slips_past_a_lock_delay_that_is_still_on_its_way(cluster):
    """Destroy and acquire in the leader's log together: in Consul the second one wins the race."""
    cluster.session(A, lock_delay_ns=15 * SECOND)
    cluster.session(B)
    assert cluster.ask(PutKey(key="k", acquire=A)).ok
    leader, answers = cluster.leader(), []
    door = cluster.world.door(leader)
    for message in (DestroySession(id=A), PutKey(key="k", acquire=B)):
        door.ask(at("server", leader), message, answers.append)
    assert cluster.world.run_until(lambda: len(answers) == 2, 5)
    assert [answer.ok for answer in answers] == [True, False]


@pytest.mark.slow
def test_a_partition_never_has_two_holders_of_one_fence(cluster):
    """A isolated with the old leader, B with the new one: of each lock index there is one session, on any server."""
    old = cluster.leader()
    cluster.session(A, node=old.split(".")[0], ttl="10s")
    cluster.session(B)
    assert cluster.ask(PutKey(key="k", acquire=A)).ok
    cluster.isolate(old)
    fences = {}
    for _ in range(120):
        cluster.world.run(0.5)
        cluster.world.ask(old, at("server", old), PutKey(key="k", value=b"a", acquire=A), 0.01)
        cluster.ask(PutKey(key="k", value=b"b", acquire=B))
        for server in cluster.up():
            entry = cluster.server(server).store.kv.entries.get("k")
            if entry is not None and entry.session:
                assert fences.setdefault(entry.lock_index, entry.session) == entry.session
    assert cluster.holder() == B
    cluster.heal()
    assert fences == {1: A, 2: B}
    # Everyone has buried the old leader: by chance somebody tries it, about every half minute.
    assert cluster.world.run_until(
        lambda: {cluster.server(s).store.kv.entries["k"].session for s in cluster.up()} <= {"", B}, 180
    )


# -- the rest of what is new behind the same doors


def test_a_transaction_is_written_once_and_read_without_the_log(cluster):
    operations = (
        Operation(kv=KeyOperation(verb="set", key="a", value=b"1")),
        Operation(kv=KeyOperation(verb="check-not-exists", key="b")),
    )
    outcome = cluster.ask(Transact(operations=operations))
    assert isinstance(outcome, Transacted)
    assert outcome.failures == ()
    applied = cluster.server(cluster.leader()).store.applied
    read = (Operation(kv=KeyOperation(verb="get", key="a")),)
    for consistency in ("default", "consistent", "stale"):
        found = cluster.ask(ReadTransaction(operations=read, consistency=consistency))
        assert found.results[0].kv.value == b"1"
    assert cluster.server(cluster.leader()).store.applied == applied


def test_a_prepared_query_runs_on_any_server_in_an_order_of_chance_and_up_to_its_limit(cluster):
    for number in range(8):
        node = NodeRecord(node=f"x{number}", address="10.1.0.1")
        service = ServiceRecord(node=node.node, id="web", service="web")
        assert isinstance(cluster.ask(Register(node=node, service=service)), Written)
    query = PreparedQuery(id=A, name="web", service=ServiceQuery(service="web"))
    assert isinstance(cluster.ask(CreatePreparedQuery(query=query)), Written)
    cluster.world.run(1)  # a stale read may be behind
    orders = []
    for _ in range(5):
        answer = cluster.ask(ExecutePreparedQuery(name_or_id="web", consistency="stale"))
        assert isinstance(answer, QueryExecuted)
        orders.append([i.node.node for i in answer.instances])
    assert all(sorted(order) == sorted(orders[0]) for order in orders)
    assert any(order != orders[0] for order in orders)
    assert answer.datacenter == "dc1"
    assert len(cluster.ask(ExecutePreparedQuery(name_or_id="web", limit=3)).instances) == 3


def test_a_query_with_failover_is_kept_and_explained_and_answers_for_its_own_datacenter(cluster):
    """No other datacenter is known to anybody: none is asked, as Consul skips those that it does not know."""
    failover = {"NearestN": 2, "Datacenters": ["dc9", "${match(1)}"]}
    template = {"Type": "name_prefix_match", "Regexp": "^geo-(.+)$"}
    query = {"Name": "geo-", "Template": template, "Service": {"Service": "web", "Failover": failover}}
    status, body = cluster.http("POST", "/v1/query", json.dumps(query).encode())
    assert status == 200
    (kept,) = json.loads(cluster.http("GET", f"/v1/query/{json.loads(body)['ID']}")[1])
    assert kept["Service"]["Failover"] == failover
    explained = json.loads(cluster.http("GET", "/v1/query/geo-eu/explain")[1])["Query"]
    assert explained["Service"]["Failover"] == {"NearestN": 2, "Datacenters": ["dc9", "eu"]}

    def found():
        run = json.loads(cluster.http("GET", "/v1/query/geo-eu/execute")[1])
        assert (run["Service"], run["Datacenter"], run["Failovers"]) == ("web", "dc1", 0)
        return [instance["Node"]["Node"] for instance in run["Nodes"]]

    assert found() == []
    node, service = NodeRecord(node="x", address="10.1.0.1"), ServiceRecord(node="x", id="web", service="web")
    assert cluster.ask(Register(node=node, service=service)).ok
    assert found() == ["x"]
    for ending in ("execute", "explain"):
        assert cluster.http("GET", f"/v1/query/geo-eu/{ending}?dc=dc9") == (500, "No path to datacenter")


@pytest.mark.parametrize("rendered", [True, False])
def test_what_never_blocks_is_answered_at_once_whatever_index_it_names(cluster, rendered):
    cluster.session()
    for query in (RenewSession(id=A), ExecutePreparedQuery(name_or_id="x"), ReadTransaction(operations=())):
        asked = query.model_copy(update={"min_index": 10**6, "wait_ns": 60 * SECOND, "rendered": rendered})
        assert not isinstance(cluster.ask(asked, within_s=1), Refused)


@pytest.mark.slow
def test_deleted_keys_are_forgotten_after_a_quarter_of_an_hour(cluster):
    cluster.ask(PutKey(key="a/1"))
    cluster.ask(DeleteKey(key="a/1"))
    cluster.world.run(895)
    stones = lambda: [len(cluster.server(s).store.kv.tombstones) for s in cluster.up()]  # noqa: E731
    assert stones() == [1, 1, 1]
    cluster.world.run(70)
    assert stones() == [0, 0, 0]
    reaped = cluster.server(cluster.leader()).store.indexes.reaped_at
    assert reaped
    cluster.world.run(120)
    assert cluster.server(cluster.leader()).store.indexes.reaped_at == reaped


def test_the_life_of_a_lock_over_http(cluster):
    status, body = cluster.http("PUT", "/v1/session/create", b'{"TTL":"10s","LockDelay":0}')
    assert status == 200
    session = json.loads(body)["ID"]
    assert cluster.http("PUT", f"/v1/kv/lead?acquire={session}", b"me") == (200, "true")
    held = json.loads(cluster.http("GET", "/v1/kv/lead")[1])[0]
    assert (held["Session"], held["LockIndex"]) == (session, 1)
    assert cluster.http("PUT", f"/v1/session/renew/{session}")[0] == 200
    assert json.loads(cluster.http("GET", f"/v1/session/info/{session}")[1])[0]["Node"] == "agent-1"
    assert cluster.http("PUT", f"/v1/session/destroy/{session}") == (200, "true")
    assert cluster.http("GET", f"/v1/session/info/{session}") == (200, "[]")
    assert "Session" not in json.loads(cluster.http("GET", "/v1/kv/lead")[1])[0]
    assert cluster.http("PUT", f"/v1/session/renew/{session}") == (404, f"Session id '{session}' not found")
    assert cluster.http("PUT", f"/v1/kv/lead?acquire={session}") == (500, f'invalid session "{session}"')
