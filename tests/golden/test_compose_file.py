"""deploy/docker's compose file is one by Compose's own schema, and its parts fit together."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from agent_words import configuration
from go_module import go_module

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "docker"
MODULE, VERSION = "github.com/compose-spec/compose-go/v2", "v2.6.0"
COMPOSE: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text())
NODES = {name: s for name, s in COMPOSE["services"].items() if s["image"] == "lictor"}


def wrong(compose: dict[str, Any]) -> list[str]:
    schema = json.loads((go_module(MODULE, VERSION) / "schema/compose-spec.json").read_text())
    return [f"{e.json_path}: {e.message}" for e in jsonschema.Draft7Validator(schema).iter_errors(compose)]


def test_compose_takes_the_file() -> None:
    assert wrong(COMPOSE) == []


def test_a_slip_in_it_is_found() -> None:
    assert wrong({**COMPOSE, "services": {"a": {"image": "lictor", "comand": ["agent"]}}})


@pytest.mark.parametrize("name", NODES)
def test_the_agent_takes_its_command(name: str) -> None:
    config = configuration(NODES[name]["command"])
    assert config.server == name.startswith("server-")
    assert config.data_dir == NODES[name]["volumes"][0].partition(":")[2]
    servers = [each for each in NODES if each.startswith("server-")]
    assert config.retry_join == servers
    assert config.bootstrap_expect == (len(servers) if config.server else 0)


def test_volumes_networks_and_files_are_there() -> None:
    named = [volume.split(":")[0] for service in COMPOSE["services"].values() for volume in service["volumes"]]
    files = [name for name in named if name.startswith(".")]
    assert [name for name in files if not (FOLDER / name).is_file()] == []
    assert set(named) - set(files) == COMPOSE["volumes"].keys()
    assert {n for s in COMPOSE["services"].values() for n in s["networks"]} == COMPOSE["networks"].keys()
    assert {c["source"] for s in NODES.values() for c in s["configs"]} == COMPOSE["configs"].keys()


def test_no_port_is_open_to_other_machines() -> None:
    published = [port for service in COMPOSE["services"].values() for port in service.get("ports", ())]
    assert [port for port in published if not port.startswith("127.0.0.1:")] == []


def test_prometheus_asks_every_node() -> None:
    (job,) = yaml.safe_load((FOLDER / "prometheus.yml").read_text())["scrape_configs"]
    assert job["static_configs"] == [{"targets": [f"{name}:8500" for name in NODES]}]


def test_the_board_asks_for_metrics_that_there_are() -> None:
    """The page of metrics is made from what agents measure."""
    page = (ROOT / "docs" / "metrics.md").read_text()
    known = {name.replace(".", "_").replace("-", "_") for name in re.findall(r"^\| `([\w.-]+)` \|", page, re.MULTILINE)}
    board = json.loads((FOLDER / "grafana" / "lictor.json").read_text())
    asked = {metric for panel in board["panels"] for t in panel["targets"] for metric in metrics_of(t["expr"])}
    assert len(asked) > 10
    assert {metric.removeprefix("consul_") for metric in asked} - known == set()


def metrics_of(expression: str) -> list[str]:
    return [re.sub(r"_(count|bucket|sum)$", "", name) for name in re.findall(r"\b(?:consul|lictor)_\w+", expression)]
