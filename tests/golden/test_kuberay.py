"""The manifests of deploy/kuberay are what KubeRay's own definitions of these resources take.

The definitions come out of the operator's Go module. Kubernetes drops a field that they do not know, without a word,
and with it what the field was to do; here such a field is an error.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from go_module import go_module

ROOT = Path(__file__).parents[2]
MANIFESTS = ROOT / "deploy" / "kuberay"
PAGE = ROOT / "docs" / "large-tests.md"
MODULE = "github.com/ray-project/kuberay/ray-operator"
TODAYS, OLDER = "v1.5.1", "v1.5.0"
"""The version that the manifests are for, and one that does not make tokens."""
CLUSTER, JOB = "raycluster.yaml", "rayjob.yaml"


@cache
def validator(version: str, kind: str) -> jsonschema.Draft202012Validator:
    """Of the resource of this kind, in Ray's API v1."""
    text = (go_module(MODULE, version) / f"config/crd/bases/ray.io_{kind.lower()}s.yaml").read_text()
    (v1,) = (each for each in yaml.safe_load(text)["spec"]["versions"] if each["name"] == "v1")
    return jsonschema.Draft202012Validator(strict(v1["schema"]["openAPIV3Schema"]))


def strict(schema: Any) -> Any:
    """Kubernetes' extensions in JSON Schema's words, and nothing let in that is not declared."""
    if isinstance(schema, list):
        return [strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: strict(value) for key, value in schema.items()}
    if made.pop("x-kubernetes-int-or-string", False):
        made["type"] = ["integer", "string"]
    kept = made.pop("x-kubernetes-preserve-unknown-fields", False)
    if made.get("type") == "object" and made.get("properties") and not kept:
        made.setdefault("additionalProperties", False)
    return made


def wrong(manifest: dict[str, Any], version: str = TODAYS) -> list[str]:
    """What the definition says against a manifest."""
    plain = {key: value for key, value in manifest.items() if key != "metadata"}  # Kubernetes' own, said nowhere here
    return [f"{error.json_path}: {error.message}" for error in validator(version, manifest["kind"]).iter_errors(plain)]


def read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((MANIFESTS / name).read_text())
    return found


def containers(spec: dict[str, Any]) -> list[dict[str, Any]]:
    groups = [spec["headGroupSpec"], *spec["workerGroupSpecs"]]
    return [container for group in groups for container in group["template"]["spec"]["containers"]]


@pytest.mark.parametrize("name", [CLUSTER, JOB])
@pytest.mark.slow
def test_kuberay_takes_the_manifest(name: str) -> None:
    assert wrong(read(name)) == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda spec: spec.update(authOption=spec.pop("authOptions")),
        lambda spec: spec["authOptions"].update(mode="tokens"),
        lambda spec: spec["workerGroupSpecs"][0].pop("groupName"),
        lambda spec: spec["workerGroupSpecs"][0].update(replicas="8"),
        lambda spec: spec["headGroupSpec"]["template"]["spec"]["containers"][0].update(environment=[]),
    ],
    ids=["unknown field", "unknown mode", "missing field", "wrong type", "unknown field of a container"],
)
def test_a_slip_in_a_manifest_is_found(spoil: Any) -> None:
    manifest = read(CLUSTER)
    spoil(manifest["spec"])
    assert len(wrong(manifest)) == 1


def test_the_job_runs_on_the_cluster_of_the_other_manifest() -> None:
    assert read(JOB)["spec"]["rayClusterSpec"] == read(CLUSTER)["spec"]


@pytest.mark.slow
def test_the_job_runs_the_large_test_as_it_can_be_asked_for() -> None:
    program, script, *words = shlex.split(read(JOB)["spec"]["entrypoint"])
    assert (program, script) == ("python", "examples/large")
    asked = [sys.executable, str(ROOT / script), *words]
    told = subprocess.run([*asked, "-h"], capture_output=True, text=True, check=True).stdout
    assert [word for word in words if word.startswith("-") and f"{word} " not in told] == []
    assert words == ["-on", "ray", "-ray-address", "auto", "-nodes", "1000"]
    assert "COPY --chown=ray:users . /home/ray/lictor\n" in (MANIFESTS / "Dockerfile").read_text()


def test_all_parts_agree_on_the_version_of_ray() -> None:
    """The image's tag, the manifests, and what ``pip install lictor[ray]`` brings."""
    spec = read(CLUSTER)["spec"]
    version = spec["rayVersion"]
    (base,) = re.findall(r"^FROM rayproject/ray:([\d.]+)-", (MANIFESTS / "Dockerfile").read_text(), re.MULTILINE)
    (needed,) = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]["ray"]
    assert base == version
    assert {container["image"] for container in containers(spec)} == {f"lictor-ray:{version}"}
    assert f">={version.rpartition('.')[0]}" in needed


@pytest.mark.slow
def test_an_older_kuberay_takes_the_token_by_secret_as_the_page_says() -> None:
    manifest = read(CLUSTER)
    assert any("authOptions" in line for line in wrong(manifest, OLDER)), f"{OLDER} makes tokens: the page need not"
    (block,) = re.findall(r"^```yaml\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    spec = manifest["spec"]
    del spec["authOptions"]
    for container in containers(spec):
        container["env"] = [*deepcopy(container["env"]), *yaml.safe_load(block)]
    assert wrong(manifest, OLDER) == []
