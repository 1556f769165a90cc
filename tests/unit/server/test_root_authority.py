"""The leader sees to it that there is a root, and later leaders leave it as it is."""

from __future__ import annotations

from mesh_root import ROOT
from servers_in_world import Servers

from lictor_actors.hosts.world.jobs import Jobs
from lictor_messages.autopilot import TransferLeadership
from lictor_messages.connect_ca import ListRoots, MakeRoot, Root, Roots, SetRoot
from lictor_messages.jobs import JobFailed
from lictor_messages.refusals import Refused

CLUSTER = "11111111-2222-3333-4444-555555555555"


def roots(servers: Servers, node: str) -> tuple[Root, ...]:
    answer = servers.ask(node, ListRoots(consistency="stale"))
    assert isinstance(answer, Roots)
    return answer.roots


def test_every_server_has_the_one_that_the_first_leader_had_made() -> None:
    servers = Servers(connect=True, cluster_id=CLUSTER)
    servers.until(lambda: all(roots(servers, node) for node in servers.nodes), 5)
    [root] = roots(servers, servers.leader())
    assert root.external_trust_domain == CLUSTER
    assert {roots(servers, node) for node in servers.nodes} == {(root,)}
    successor = servers.followers()[0]
    servers.ask(servers.leader(), TransferLeadership(id=successor))
    servers.until(lambda: servers.leader() == successor, 5)
    servers.world.run(2)
    assert {roots(servers, node) for node in servers.nodes} == {(root,)}


def test_none_is_made_where_the_mesh_is_off() -> None:
    servers = Servers()
    servers.world.run(2)
    assert {roots(servers, node) for node in servers.nodes} == {()}


def test_no_client_brings_one_of_its_own() -> None:
    servers = Servers()
    assert isinstance(servers.ask(servers.leader(), SetRoot(root=ROOT)), Refused)


def test_a_host_that_cannot_make_one_is_told_of(monkeypatch) -> None:
    usual = Jobs._result

    def fails(jobs: Jobs, node: str, job: object) -> object:
        return JobFailed(ticket="root", error="no entropy") if isinstance(job, MakeRoot) else usual(jobs, node, job)

    monkeypatch.setattr(Jobs, "_result", fails)
    servers = Servers(connect=True)
    servers.world.run(2)
    assert servers.world.counters["connect_root_failed"] == 1
    assert {roots(servers, node) for node in servers.nodes} == {()}
