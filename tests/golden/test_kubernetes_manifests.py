"""The manifests of deploy/kubernetes are what Kubernetes' own schema takes, and mean what their comments say.

The schema comes out of its Go client's module. As with KubeRay's, a field that it does not know is an error here, where
Kubernetes drops it without a word.
"""

from __future__ import annotations

import shutil
import subprocess
from copy import deepcopy
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
import yaml
from agent_words import configuration
from kubernetes_schema import wrong

ROOT = Path(__file__).parents[2]
BASE = ROOT / "deploy" / "kubernetes" / "base"
FILES = ("namespace.yaml", "servers.yaml", "agents.yaml")


def manifests() -> dict[str, dict[str, Any]]:
    read = [m for name in FILES for m in yaml.safe_load_all((BASE / name).read_text())]
    return {f"{m['kind']} {m['metadata']['name']}": m for m in read}


ALL = manifests()
SERVERS, AGENTS = ALL["StatefulSet lictor-server"], ALL["DaemonSet lictor-agent"]


@pytest.mark.parametrize("name", ALL)
@pytest.mark.slow
def test_kubernetes_takes_the_manifest(name: str) -> None:
    assert wrong(ALL[name]) == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda spec: spec.update(replica=3),
        lambda spec: spec.update(replicas="3"),
        lambda spec: spec["template"]["spec"]["containers"][0]["securityContext"].update(runAsNonroot=True),
    ],
    ids=["unknown field", "wrong type", "unknown field deep down"],
)
def test_a_slip_in_a_manifest_is_found(spoil: Any) -> None:
    manifest = deepcopy(SERVERS)
    spoil(manifest["spec"])
    assert len(wrong(manifest)) == 1


def pod(manifest: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = manifest["spec"]["template"]
    return found


@pytest.mark.parametrize("manifest", [SERVERS, AGENTS], ids=lambda m: m["kind"])
def test_the_restricted_pod_security_standard_is_kept(manifest: dict[str, Any]) -> None:
    """The namespace enforces it: a pod that breaks it would not be made."""
    assert ALL["Namespace lictor"]["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    spec = pod(manifest)["spec"]
    assert spec["securityContext"]["runAsNonRoot"]
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys()
    (container,) = spec["containers"]
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert not container["securityContext"]["allowPrivilegeEscalation"]
    assert [port for port in container["ports"] if "hostPort" in port] == []
    assert {next(iter(v.keys() - {"name"})) for v in spec["volumes"]} <= {"configMap", "emptyDir"}


@pytest.mark.parametrize("manifest", [SERVERS, AGENTS], ids=lambda m: m["kind"])
def test_selectors_find_their_pods_and_volumes_are_there(manifest: dict[str, Any]) -> None:
    labels = pod(manifest)["metadata"]["labels"]
    assert manifest["spec"]["selector"]["matchLabels"].items() <= labels.items()
    of_it = [m for m in ALL.values() if m["kind"] == "Service" and m["spec"]["selector"].items() <= labels.items()]
    named = {port["name"] for port in pod(manifest)["spec"]["containers"][0]["ports"]}
    assert [{port.get("targetPort", port["name"]) for port in s["spec"]["ports"]} - named for s in of_it] == [set()]
    (container,) = pod(manifest)["spec"]["containers"]
    claimed = {c["metadata"]["name"] for c in manifest["spec"].get("volumeClaimTemplates", ())}
    there = {v["name"] for v in pod(manifest)["spec"]["volumes"]} | claimed
    assert {mount["name"] for mount in container["volumeMounts"]} == there


@pytest.mark.parametrize("manifest", [SERVERS, AGENTS], ids=lambda m: m["kind"])
def test_the_agent_takes_what_the_pod_says(manifest: dict[str, Any]) -> None:
    (container,) = pod(manifest)["spec"]["containers"]
    put_in = {"$(POD_NAME)": "lictor-server-0", "$(NODE_NAME)": "worker-7", "$(POD_IP)": "10.0.0.9"}
    words = [reduce(lambda text, name: text.replace(name, put_in[name]), put_in, word) for word in container["args"]]
    assert [word for word in words if "$(" in word] == []
    config = configuration([*words, "-config-file", str(BASE / "lictor.json")])
    assert (config.bind_addr, config.server) == ("10.0.0.9", manifest is SERVERS)
    assert config.data_dir in {mount["mountPath"] for mount in container["volumeMounts"]}


def test_a_majority_of_the_servers_stays_when_nodes_are_drained() -> None:
    budget, replicas = ALL["PodDisruptionBudget lictor-servers"]["spec"], SERVERS["spec"]["replicas"]
    assert budget["maxUnavailable"] < replicas / 2
    assert budget["selector"]["matchLabels"].items() <= pod(SERVERS)["metadata"]["labels"].items()
    assert f"-bootstrap-expect={replicas}" in pod(SERVERS)["spec"]["containers"][0]["args"]
    (rule,) = pod(SERVERS)["spec"]["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert rule["labelSelector"] == SERVERS["spec"]["selector"]


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed: it has kustomize")
def test_kustomize_builds_it_and_nothing_is_left_out() -> None:
    built = subprocess.run(["kubectl", "kustomize", str(BASE)], capture_output=True, text=True, check=True).stdout
    made = {f"{m['kind']} {m['metadata']['name']}": m for m in yaml.safe_load_all(built)}
    assert ALL.keys() <= made.keys()
    assert {m["metadata"].get("namespace", "lictor") for m in made.values()} == {"lictor"}
    assert [wrong(m) for m in made.values()] == [[]] * len(made)
