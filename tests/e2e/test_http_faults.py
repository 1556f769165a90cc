"""Faults over HTTP on real processes: through any node of a dev cluster, and of an agent that was started for them."""

import json
import subprocess
import sys

import pytest

from lictor_deploy.control import Cluster, own_addresses

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]
FAULTS = "/v1/internal/faults"
IP = own_addresses(7)[1] if own_addresses(7)[0] == "-base-ip" else "127.0.0.1"


@pytest.fixture(scope="module")
def cluster():
    with Cluster.local(3, 2, "-profile", "local") as made:
        yield made


def test_any_node_takes_a_fault_for_the_whole_cluster_and_answers_when_it_is_in_force(cluster, http, until):
    old = cluster.status()["status"]["leader"].partition(".")[0]
    made = http(cluster.nodes["agent-2"], "PUT", FAULTS, {"verb": "isolate", "nodes": "leader"}).json
    assert made["what"].startswith(f"isolate {old}.dc1")
    assert http(cluster.nodes[old], "GET", FAULTS).json == [made]
    assert [fault.id for fault in cluster.faults.ls()] == [made["id"]]
    until(lambda: cluster.status()["status"]["majority_leader"].partition(".")[0] not in ("", old))
    assert http(cluster.nodes[old], "DELETE", f"{FAULTS}/{made['id']}").json == {"healed": [made["id"]]}
    cluster.wait_whole(40)


def test_a_paused_node_still_answers_for_its_faults(cluster, http):
    http(cluster.nodes["agent-1"], "PUT", FAULTS, {"verb": "pause", "nodes": "agent-1", "duration": "60s"})
    healed = http(cluster.nodes["agent-1"], "DELETE", FAULTS).json["healed"]
    assert len(healed) == 1
    assert http(cluster.nodes["agent-1"], "GET", "/v1/status/leader").json


def test_nonsense_is_refused_with_the_same_words_as_elsewhere(cluster, http):
    refused = http(cluster.nodes["agent-1"], "PUT", FAULTS, {"verb": "delay", "latncy": "1s"})
    assert (refused.status, "did you mean 'latency'" in refused.text) == (400, True)
    nobody = http(cluster.nodes["agent-1"], "PUT", FAULTS, {"verb": "kill", "nodes": "agent-99"})
    assert (nobody.status, "names no node" in nobody.text) == (400, True)


@pytest.fixture
def agent(tmp_path):
    """``agent(enabled, token)`` starts one on ``IP`` and returns where its HTTP is."""
    started = []

    def start(enabled, token=""):
        config = tmp_path / "agent.json"
        wanted = {"enable_fault_injection": enabled, "fault_injection_token": token, "node_name": "solo"}
        config.write_text(json.dumps(wanted))
        command = [sys.executable, "-m", "lictor_deploy.cli.main", "agent", "-dev", f"-bind={IP}", f"-client={IP}"]
        process = subprocess.Popen([*command, f"-config-file={config}"], stdout=subprocess.PIPE, text=True)
        started.append(process)
        for line in process.stdout:
            if "Log data" in line:
                return f"{IP}:8500"
        raise AssertionError("the agent ended")

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_an_agent_has_none_of_it_unless_its_configuration_says_so(agent, http):
    refused = http(agent(False), "PUT", FAULTS, {"verb": "pause", "nodes": "all"})
    assert (refused.status, "enable_fault_injection" in refused.text) == (403, True)


def test_an_agent_that_was_started_for_faults_breaks_itself_only(agent, http):
    place = agent(True)
    assert http(place, "PUT", FAULTS, {"verb": "pause", "nodes": "gateway@solo"}).json["id"] == "f1"
    with pytest.raises(TimeoutError):
        http(place, "GET", "/v1/status/leader", timeout=0.5)
    assert http(place, "DELETE", FAULTS).json == {"healed": ["f1"]}
    assert http(place, "GET", "/v1/status/leader").status == 200
    refused = http(place, "PUT", FAULTS, {"verb": "kill", "nodes": "solo"})
    assert (refused.status, "nobody would start its process again" in refused.text) == (400, True)


def test_an_agent_with_a_token_is_broken_only_by_whoever_has_it(agent, http):
    place = agent(True, "open sesame")
    refused = http(place, "PUT", FAULTS, {"verb": "pause", "nodes": "gateway@solo"})
    assert (refused.status, "X-Consul-Token" in refused.text) == (403, True)
    assert http(place, "GET", FAULTS, **{"X-Consul-Token": "open sesame"}).json == []
