"""Snapshots through a whole cluster in the world: saved at an agent's door, restored on every server."""

from __future__ import annotations

import json

import pytest

from lictor_actors.bus.rules import Rules
from lictor_actors.hosts.world import World
from lictor_actors.node.in_world import add_cluster
from lictor_actors.raft import Role
from lictor_actors.roles.api.snapshot import PART_BYTES
from lictor_actors.roles.server import archives
from lictor_actors.store.snapshot.archive import ArchiveReader
from lictor_actors.store.snapshot.freeze import survey
from lictor_messages.catalog import ListNodes
from lictor_messages.faults import FaultRule
from lictor_messages.kv import GetKey, ListKeys, PutKey
from lictor_messages.refusals import Refused
from lictor_messages.snapshots import OpenSnapshot, ReadSnapshot, RestoreStaged, SnapshotSlice, StageRestore
from lictor_messages.web import HttpAnswered, HttpAsked

DOOR = "agent-1.dc1"


class Cluster:
    def __init__(self, servers: int = 3, seed: int = 11) -> None:
        self.world = World(seed=seed)
        self.servers = [spec.node for spec in add_cluster(self.world, servers, 1) if spec.server]
        nodes = servers + 1
        settled = lambda: self.leader() and all(self.server(s).passing_nodes == nodes for s in self.servers)  # noqa: E731
        assert self.world.run_until(settled, 30)

    def server(self, node):
        return self.world.actor(f"server@{node}")

    def leader(self):
        return next((s for s in self.servers if self.server(s).raft.role is Role.LEADER), "")

    def http(self, method, target, body=b"", within_s=60.0) -> HttpAnswered:
        answer = self.world.ask(DOOR, "gateway", HttpAsked(method=method, target=target, body=body), within_s)
        assert isinstance(answer, HttpAnswered), answer
        return answer

    def ask(self, message, node=""):
        return self.world.ask(node or self.leader(), "server", message)

    def put(self, key, value=b"v"):
        assert self.ask(PutKey(key=key, value=value)).ok

    def value(self, key, node=""):
        found = self.ask(GetKey(key=key, consistency="stale"), node).entries
        return found[0].value if found else None

    def converge(self):
        same = lambda: len({self.server(s).store.digest() for s in self.servers}) == 1  # noqa: E731
        assert self.world.run_until(same, 10)


@pytest.fixture
def cluster():
    made = Cluster()
    yield made
    assert made.world.crashes == []


def save(cluster, target="/v1/snapshot"):
    answer = cluster.http("GET", target)
    assert answer.status == 200, answer.body
    return answer


def test_a_snapshot_is_consuls_archive_with_consuls_headers(cluster):
    cluster.put("a", b"1")
    answer = save(cluster)
    reader = ArchiveReader(answer.body)
    state = b"".join(reader.state(1 << 20))
    header, tables = survey(state)
    headers = dict(answer.headers)
    assert headers["Content-Type"] == "application/x-gzip"
    assert headers["X-Consul-Index"] == str(header.index) == str(reader.meta["Index"])
    assert (headers["X-Consul-KnownLeader"], headers["X-Consul-LastContact"]) == ("true", "0")
    assert reader.meta["ID"].startswith(f"{reader.meta['Term']}-{header.index}-")
    assert reader.meta["Size"] == len(state)
    assert [s["ID"] for s in reader.meta["Configuration"]["Servers"]] == cluster.servers
    assert {table.name: table.rows for table in tables}["nodes"] == 4


def test_a_restore_brings_back_what_was_there_on_every_server(cluster):
    cluster.put("kept", b"1")
    before = cluster.ask(GetKey(key="kept")).entries[0]
    archive = save(cluster).body
    cluster.put("kept", b"2")
    cluster.put("new")
    answer = cluster.http("PUT", "/v1/snapshot", archive)
    assert (answer.status, answer.body) == (200, b"")
    cluster.converge()
    for server in cluster.servers:
        assert (cluster.value("kept", server), cluster.value("new", server)) == (b"1", None)
    assert cluster.ask(GetKey(key="kept")).entries[0] == before
    cluster.put("kept", b"3")
    assert cluster.value("kept") == b"3"


def test_megabytes_travel_in_slices_and_parts(cluster):
    sizes = {"slices": [], "parts": []}

    def heard(envelope, *_):
        if isinstance(envelope.body, SnapshotSlice):
            sizes["slices"].append(len(envelope.body.data))
        elif isinstance(envelope.body, StageRestore):
            sizes["parts"].append(len(envelope.body.data))

    cluster.world.listeners.append(heard)
    value = bytes(range(256)) * 1000
    for number in range(8):
        cluster.put(f"big/{number}", value)
    archive = save(cluster).body
    cluster.http("DELETE", "/v1/kv/big/?recurse")
    assert cluster.http("PUT", "/v1/snapshot", archive).status == 200
    assert [entry.value for entry in cluster.ask(ListKeys(prefix="big/")).entries] == [value] * 8
    assert sum(sizes["slices"]) > 2_000_000
    assert max(sizes["slices"]) < archives.SLICE_BYTES + len(value) + 1000
    assert max(sizes["parts"]) == PART_BYTES


def test_a_snapshot_of_another_cluster_takes_its_indexes_along(cluster):
    older = Cluster(servers=1, seed=12)
    for number in range(40):
        older.put("k", b"%d" % number)
    then = older.ask(GetKey(key="k")).entries[0]
    # Far ahead of this cluster's log: what is waited for there must never come twice here.
    older.server(older.leader()).store.burned = 100_000
    older.put("late")
    late = older.ask(GetKey(key="late")).entries[0]
    assert cluster.http("PUT", "/v1/snapshot", save(older).body).status == 200
    assert cluster.ask(GetKey(key="k")).entries[0] == then
    assert cluster.ask(GetKey(key="late")).entries[0] == late
    cluster.put("next")
    assert cluster.ask(GetKey(key="next")).entries[0].modify_index > late.modify_index > 100_000
    cluster.converge()
    names = lambda: {node.node for node in cluster.ask(ListNodes()).nodes}  # noqa: E731
    assert cluster.world.run_until(lambda: names() == {"server-1", "server-2", "server-3", "agent-1"}, 10)


def test_all_blocked_queries_wake_even_if_their_index_fell_or_stayed(cluster):
    archive = save(cluster).body
    cluster.put("a")
    answers = {}
    for key in ("a", "never"):
        index = cluster.ask(GetKey(key=key)).index
        for name, target in (("http", f"/v1/kv/{key}?index={index}&wait=300s"), ("ahead", "/v1/kv/a?index=999999")):
            asked = HttpAsked(method="GET", target=target)
            cluster.world.door(DOOR, f"{name}{key}").ask(
                "gateway", asked, lambda said, who=(name, key): answers.setdefault(who, said), 400
            )
    cluster.world.run(5)
    assert answers == {}
    cluster.http("PUT", "/v1/snapshot", archive)
    assert cluster.world.run_until(lambda: len(answers) == 4, 2)
    assert {answer.status for answer in answers.values()} == {404}


def test_a_rendered_answer_made_before_is_not_served_after(cluster):
    cluster.put("a", b"old")
    archive = save(cluster).body
    cluster.put("a", b"new")
    assert b"bmV3" in cluster.http("GET", "/v1/kv/a").body
    cluster.http("PUT", "/v1/snapshot", archive)
    assert json.loads(cluster.http("GET", "/v1/kv/a").body)[0]["Value"] == "b2xk"


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda archive: b"junk", "failed to decompress snapshot: unexpected EOF"),
        (lambda archive: b"", "failed to decompress snapshot: EOF"),
        (lambda archive: archive[:-9], "failed to read snapshot file: unexpected EOF"),
        (lambda archive: archive[:300] + b"\xff" + archive[301:], "failed to"),
    ],
)
def test_a_damaged_archive_is_refused_and_changes_nothing(cluster, damage, words):
    cluster.put("a", b"1")
    archive = save(cluster).body
    cluster.put("a", b"2")
    answer = cluster.http("PUT", "/v1/snapshot", damage(archive))
    assert answer.status == 500
    assert answer.body.decode().startswith(words)
    assert cluster.value("a") == b"2"


def test_a_stale_snapshot_needs_no_leader(cluster):
    cluster.put("a", b"1")
    cluster.converge()
    for server in cluster.servers[1:]:
        cluster.world.crash(server)
    cluster.world.run(15)
    assert cluster.http("GET", "/v1/snapshot").status == 500
    answer = save(cluster, "/v1/snapshot?stale")
    assert dict(answer.headers)["X-Consul-KnownLeader"] == "false"


def test_another_datacenter_has_no_path(cluster):
    archive = cluster.http("GET", "/v1/snapshot").body
    for method, body in (("GET", b""), ("PUT", archive)):
        answer = cluster.http(method, "/v1/snapshot?dc=mars", body)
        assert (answer.status, answer.body) == (500, b"No path to datacenter")


@pytest.mark.slow
def test_a_picture_is_forgotten_when_nobody_asks_for_it(cluster):
    leader = cluster.leader()
    opened = cluster.ask(OpenSnapshot())
    assert cluster.server(leader).archives.kept == 1
    cluster.world.run(archives.KEPT_NS / 1e9 - 5)
    assert isinstance(cluster.ask(ReadSnapshot(id=opened.id), leader), SnapshotSlice)
    cluster.world.run(archives.KEPT_NS / 1e9 - 5)
    assert cluster.server(leader).archives.kept == 1
    cluster.world.run(10)
    assert cluster.server(leader).archives.kept == 0
    refused = cluster.ask(ReadSnapshot(id=opened.id, consistency="stale"), leader)
    assert isinstance(refused, Refused)
    assert "take another one" in refused.words


def test_the_pictures_that_are_kept_are_few(cluster):
    opened = []
    for number in range(archives.KEPT_MOST + 1):
        cluster.put(f"k{number}")
        opened.append(cluster.ask(OpenSnapshot()).id)
    assert cluster.server(cluster.leader()).archives.kept == archives.KEPT_MOST
    assert isinstance(cluster.ask(ReadSnapshot(id=opened[0])), Refused)
    assert isinstance(cluster.ask(ReadSnapshot(id=opened[-1])), SnapshotSlice)


def test_a_restore_goes_on_under_another_leader(cluster):
    cluster.put("a", b"1")
    for number in range(6):
        cluster.put(f"big/{number}", bytes(150_000))
    archive = save(cluster).body
    cluster.put("a", b"2")
    answers = []
    asked = HttpAsked(method="PUT", target="/v1/snapshot", body=archive)
    cluster.world.door(DOOR, "restorer").ask("gateway", asked, answers.append, 60)
    old = cluster.leader()
    staged = cluster.server(old).store.staged
    assert cluster.world.run_until(lambda: len(staged.parts) == 3, 5)
    others = tuple(s for s in cluster.servers if s != old)
    cut = FaultRule(id="1", groups=((old,), others), effect="drop")
    cluster.world.network.rules = Rules((cut,))
    assert cluster.world.run_until(lambda: cluster.leader() not in ("", old), 5)
    cluster.world.network.rules = Rules(())
    assert cluster.world.run_until(lambda: bool(answers), 60)
    assert answers[0].status == 200
    cluster.converge()
    assert cluster.value("a") == b"1"


def test_a_restored_snapshot_survives_a_restart_of_every_server(cluster):
    cluster.put("a", b"1")
    archive = save(cluster).body
    cluster.put("a", b"2")
    cluster.http("PUT", "/v1/snapshot", archive)
    cluster.put("b", b"3")
    cluster.converge()
    for server in cluster.servers:
        cluster.world.crash(server)
    for server in cluster.servers:
        cluster.world.restart(server)
    # The new leader may write what it sees of the members meanwhile: the digest need not be the one from before.
    same = lambda: len({cluster.server(s).store.digest() for s in cluster.servers}) == 1  # noqa: E731
    assert cluster.world.run_until(lambda: bool(cluster.leader()) and same(), 10)
    assert (cluster.value("a"), cluster.value("b")) == (b"1", b"3")


def test_a_restore_that_was_overtaken_is_refused(cluster):
    archive = save(cluster).body
    state = b"".join(ArchiveReader(archive).state(1 << 20))
    assert cluster.ask(StageRestore(id="one", part=0, data=state)).ok
    assert cluster.ask(StageRestore(id="two", part=0, data=state[:10])).ok
    for command in (RestoreStaged(id="one", parts=1, digest=""), StageRestore(id="one", part=1, data=b"x")):
        refused = cluster.ask(command)
        assert (refused.code, refused.words) == (
            "Invalid",
            "failed to restore snapshot: another restore took its place",
        )
