"""Fault verbs on a running cluster: each changes what it says, and heals."""

import json
import subprocess
import sys
import time
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from lictor_deploy.local.handle import Cluster
from lictor_deploy.words.sentence import Failure

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def cluster():
    with Cluster.local(3, 4, "-profile", "local") as made:
        yield made


@pytest.fixture(autouse=True)
def _healed(cluster):
    cluster.wait_whole(40)
    yield
    cluster.faults.heal_all()


def failed(cluster, through):
    with urlopen(f"http://{cluster.nodes[through].http}/v1/agent/members", timeout=10) as answer:
        return sorted(member["Name"] for member in json.load(answer) if member["Status"] == 4)


def until(what, within_s=30.0):
    end = time.monotonic() + within_s
    while not what():
        assert time.monotonic() < end


def test_a_crashed_node_fails_everywhere_and_is_alive_again_after_healing(cluster):
    with cluster.faults.crash("agent-2"):
        until(lambda: failed(cluster, "agent-4") == failed(cluster, "server-1") == ["agent-2"])
        until(lambda: health(cluster, "agent-2") == "critical")
    until(lambda: failed(cluster, "agent-4") == [])
    until(lambda: health(cluster, "agent-2") == "passing")


def health(cluster, node):
    with urlopen(f"http://{cluster.nodes['server-1'].http}/v1/health/node/{node}", timeout=10) as answer:
        return next(check["Status"] for check in json.load(answer) if check["CheckID"] == "serfHealth")


def test_an_isolated_leader_is_replaced_and_its_side_refuses_writes(cluster):
    old = cluster.status()["status"]["leader"]
    with cluster.faults.isolate("leader"):
        until(lambda: cluster.status()["status"]["majority_leader"] not in ("", old))
        with pytest.raises(HTTPError) as refused:
            urlopen(
                Request(f"http://{cluster.nodes[old.partition('.')[0]].http}/v1/kv/x", b"1", method="PUT"), timeout=20
            )
        assert refused.value.code == 500
        assert refused.value.read() == b"No cluster leader"
        refused.value.close()
    cluster.wait_whole(40)


def test_a_delay_between_servers_slows_writes_down(cluster):
    def put():
        started = time.monotonic()
        urlopen(Request(f"http://{cluster.nodes['agent-1'].http}/v1/kv/x", b"1", method="PUT"), timeout=20).close()
        return time.monotonic() - started

    quick = min(put() for _ in range(3))
    with cluster.faults.delay("servers", "servers", 0.1):
        assert put() > 0.2
    assert quick < 0.2


def test_a_paused_actor_piles_up_its_mail_and_answers_after_resuming(cluster):
    with cluster.faults.pause("gateway@agent-1"), pytest.raises(TimeoutError):
        urlopen(f"http://{cluster.nodes['agent-1'].http}/v1/status/leader", timeout=0.5)
    urlopen(f"http://{cluster.nodes['agent-1'].http}/v1/status/leader", timeout=5).close()


def test_faults_are_listed_and_healed_by_name(cluster):
    one = cluster.faults.cut("agent-1", "agent-2")
    two = cluster.faults.loss("all", "agent-3", 0.1, match=["swim.ping"])
    assert [fault.id for fault in cluster.faults.ls()] == [one.id, two.id]
    one.heal()
    one.heal()
    assert [fault.id for fault in cluster.faults.ls()] == [two.id]


def test_a_list_tells_how_many_messages_each_fault_has_hit(cluster):
    with cluster.faults.loss("all", "all", 1.0, match="swim.ping", duration="60s"):
        until(lambda: (cluster.faults.ls()[0].hits or 0) > 3)
        (fault,) = cluster.faults.ls()
        assert 0 < fault.age_s < 60
        assert fault.age_s + fault.left_s == pytest.approx(60, abs=0.01)


def test_a_pause_ends_when_its_node_is_resumed(cluster):
    paused = cluster.faults.pause("agent-1")
    assert paused.in_force
    cluster.faults.resume("agent-1")
    assert not paused.in_force
    assert cluster.faults.ls() == []


def test_a_server_with_a_flipped_bit_that_is_restarted_stays_down_and_starts_empty_when_wiped(cluster):
    cluster.faults.bit_flip("server-3")
    cluster.faults.restart("server-3")
    until(lambda: cluster.status()["processes"]["server-3"] == 0)
    cluster.faults.restart("server-3", wipe=True)
    cluster.wait_whole(40)


def test_the_graph_of_a_cluster_shows_its_sides_and_its_leader(cluster):
    pytest.importorskip("matplotlib", reason="pictures need matplotlib: pip install 'lictor[notebooks]'")
    assert "7 nodes in sides of 7" in repr(cluster.graph())
    with cluster.faults.isolate("agent-1"), cluster.faults.crash("agent-2"):
        until(lambda: "7 nodes in sides of 5, 1, 1" in repr(cluster.graph()))
    leader = cluster.leader()
    assert f"leader: {leader}." in repr(cluster.graph())
    assert f"<td>{leader}</td><td>True</td>" in cluster._repr_html_()


async def test_handles_heal_at_the_end_of_an_async_block(cluster):
    async with cluster.faults.duplicate("all", "all", 0.5):
        assert len(cluster.faults.ls()) == 1
    assert cluster.faults.ls() == []


def test_nonsense_is_refused(cluster):
    with pytest.raises(Failure, match="names no node"):
        cluster.faults.crash("agent-99")


def test_the_command_line_breaks_and_heals_the_same_cluster(cluster):
    def lictor(*words):
        command = [sys.executable, "-m", "lictor_deploy.cli.main", "fault", *words]
        environment = {"LICTOR_CONTROL": cluster.control, "PATH": ""}
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30)

    injected = lictor("isolate", "agent-1")
    assert injected.returncode == 0, injected.stderr
    name = injected.stdout.split()[0]
    assert name in lictor("ls").stdout
    assert lictor("heal", name).stdout == f"Healed: {name}\n"


def test_an_agent_of_its_own_has_no_control_socket(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.delenv("LICTOR_CONTROL", raising=False)
    with pytest.raises(Failure, match="No dev cluster is running"):
        Cluster.running()
