"""Faults over HTTP on real processes: through any node of a dev cluster, and of an agent that was started for them."""

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from lictor_deploy.local.handle import Cluster, own_addresses

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]
FAULTS = "/v1/internal/faults"
IP = own_addresses()[1].rsplit(".", 1)[0] + ".247" if own_addresses()[0] == "-base-ip" else "127.0.0.1"


@pytest.fixture(scope="module")
def cluster():
    with Cluster.local(3, 2, "-profile", "local") as made:
        yield made


@pytest.fixture
def ask(cluster, http):
    """With the token that ``lictor dev`` gives to the commands of its own user."""
    token = cluster.environment["LICTOR_FAULT_TOKEN"]
    return lambda *asked, **headers: http(*asked, **{"X-Consul-Token": token, **headers})


def test_another_user_of_this_machine_can_break_nothing(cluster, ask):
    """Such a user reaches HTTP, but neither the run directory nor the environment of its owner's processes."""
    run = Path(cluster.control).parent
    refused = ask(cluster.nodes["agent-1"], "PUT", FAULTS, {"verb": "kill", "nodes": "all"}, **{"X-Consul-Token": ""})
    assert (refused.status, f"may read it in {run / 'fault-token'}" in refused.text) == (403, True)
    assert (run / "fault-token").read_text().strip() == cluster.environment["LICTOR_FAULT_TOKEN"]
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (run, *run.iterdir())}
    assert {name: mode for name, mode in modes.items() if mode & 0o077} == {}
    assert stat.S_IMODE(run.parent.stat().st_mode) == 0o700


def test_any_node_takes_a_fault_for_the_whole_cluster_and_answers_when_it_is_in_force(cluster, ask, until):
    old = cluster.status()["status"]["leader"].partition(".")[0]
    made = ask(cluster.nodes["agent-2"], "PUT", FAULTS, {"verb": "isolate", "nodes": "leader"}).json
    assert made["what"].startswith(f"isolate {old}.dc1")
    (listed,) = ask(cluster.nodes[old], "GET", FAULTS).json
    assert (listed["id"], listed["what"], listed["left_s"]) == (made["id"], made["what"], None)
    assert [fault.id for fault in cluster.faults.ls()] == [made["id"]]
    until(lambda: cluster.status()["status"]["majority_leader"].partition(".")[0] not in ("", old))
    assert ask(cluster.nodes[old], "DELETE", f"{FAULTS}/{made['id']}").json == {"healed": [made["id"]]}
    cluster.wait_whole(40)


def test_a_paused_node_still_answers_for_its_faults(cluster, ask):
    ask(cluster.nodes["agent-1"], "PUT", FAULTS, {"verb": "pause", "nodes": "agent-1", "duration": "60s"})
    healed = ask(cluster.nodes["agent-1"], "DELETE", FAULTS).json["healed"]
    assert len(healed) == 1
    assert ask(cluster.nodes["agent-1"], "GET", "/v1/status/leader").json


def test_nonsense_is_refused_with_the_same_words_as_elsewhere(cluster, ask):
    refused = ask(cluster.nodes["agent-1"], "PUT", FAULTS, {"verb": "delay", "latncy": "1s"})
    assert (refused.status, "did you mean 'latency'" in refused.text) == (400, True)
    nobody = ask(cluster.nodes["agent-1"], "PUT", FAULTS, {"verb": "kill", "nodes": "agent-99"})
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
    place, token = agent(True, "open sesame"), {"X-Consul-Token": "open sesame"}
    assert http(place, "PUT", FAULTS, {"verb": "pause", "nodes": "gateway@solo"}, **token).json["id"] == "f1"
    with pytest.raises(TimeoutError):
        http(place, "GET", "/v1/status/leader", timeout=0.5)
    assert http(place, "DELETE", FAULTS, **token).json == {"healed": ["f1"]}
    assert http(place, "GET", "/v1/status/leader").status == 200
    refused = http(place, "PUT", FAULTS, {"verb": "kill", "nodes": "solo"}, **token)
    assert (refused.status, "nobody would start its process again" in refused.text) == (400, True)


def test_an_agent_with_a_token_is_broken_only_by_whoever_has_it(agent, http):
    place = agent(True, "open sesame")
    refused = http(place, "PUT", FAULTS, {"verb": "pause", "nodes": "gateway@solo"})
    assert (refused.status, "X-Consul-Token" in refused.text) == (403, True)
    assert http(place, "GET", FAULTS, **{"X-Consul-Token": "open sesame"}).json == []
