"""docs/metrics.md lists every metric as it is declared, and the rules of the example ask for metrics that there are."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from lictor_actors.consul.client_api import CLIENT_API
from lictor_actors.consul.metric import Metric
from lictor_actors.consul.metrics import FSM, GOSSIP, HOST, HTTP_AND_DNS, LICTOR, METRICS, PROCESS, RAFT, SERVER

ROOT = Path(__file__).parents[2]
PAGE, EXAMPLE = ROOT / "docs/metrics.md", ROOT / "examples/prometheus"
BEGIN = "<!-- made from the code: LICTOR_REWRITE=1 pytest tests/golden/test_metrics_page.py -->\n"
END = "<!-- end -->"
SUFFIXES = re.compile(r"_(bucket|sum|count)$")

BOARDS = {
    "Consul Server Monitoring": (
        "raft_commitTime",
        "raft_apply",
        "raft_leader_lastContact",
        "raft_state_candidate",
        "raft_state_leader",
        "autopilot_healthy",
        "dns_domain_query",
        "dns_domain_query_count",
        "dns_ptr_query",
        "kvs_apply",
        "kvs_apply_count",
        "txn_apply",
        "acl_ResolveToken",
        "acl_ResolveToken_count",
        "acl_apply",
        "acl_apply_count",
        "catalog_register",
        "catalog_register_count",
        "catalog_deregister",
        "catalog_deregister_count",
    ),
    "consul-k8s-control-plane-monitoring": ("consul_members_servers",),
}
"""What HashiCorp's boards ask for, without the prefix and the host's name."""
GROUPS = {
    "HTTP, DNS and the agent": HTTP_AND_DNS,
    "What clients ask of the catalog": CLIENT_API,
    "Raft": RAFT,
    "The store of a server": FSM,
    "Servers": SERVER,
    "Gossip": GOSSIP,
    "The process": PROCESS,
    "The machine, with `enable_host_metrics`": HOST,
    "Lictor's own": LICTOR,
}


def _tables() -> str:
    """One table for each group."""
    return "\n".join(line for title, metrics in GROUPS.items() for line in _table(title, metrics))


def _table(title: str, metrics: tuple[Metric, ...]) -> Iterator[str]:
    yield from (f"### {title}", "", "| name | type | unit | labels | meaning |", "|---|---|---|---|---|")
    for metric in metrics:
        labels = ", ".join(f"`{label}`" for label in metric.labels)
        yield f"| `{metric.name}` | {metric.kind} | {metric.unit} | {labels} | {metric.meaning} |"
    yield ""


def test_the_committed_page_is_what_the_declarations_say() -> None:
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    made = f"{before}{BEGIN}\n{_tables()}\n{END}{after}"
    if "LICTOR_REWRITE" in os.environ:
        PAGE.write_text(made, encoding="utf-8")
    assert text == made, "run LICTOR_REWRITE=1 pytest tests/golden/test_metrics_page.py"


def test_every_metric_stands_in_one_group() -> None:
    assert sorted(metric.name for group in GROUPS.values() for metric in group) == sorted(METRICS)


@pytest.mark.parametrize("board", BOARDS)
def test_a_board_of_hashicorps_finds_what_it_asks_for(board: str) -> None:
    types = {metric.name.translate(str.maketrans(".-", "__")): metric.kind for metric in METRICS.values()}
    for asked in BOARDS[board]:
        assert types[SUFFIXES.sub("", asked)] == "summary" if SUFFIXES.search(asked) else asked in types, asked


def test_the_rules_ask_for_metrics_that_there_are() -> None:
    names = {m.name if m.ours else f"consul.{m.name}" for m in METRICS.values()}
    known = {name.translate(str.maketrans(".-", "__")) for name in names}
    rules = yaml.safe_load((EXAMPLE / "alerts.yml").read_text())["groups"][0]["rules"]
    asked = [name for rule in rules for name in re.findall(r"\b(?:consul|lictor)_\w+", rule["expr"])]
    assert len(asked) == len(rules)
    assert {SUFFIXES.sub("", name) for name in asked} <= known


@pytest.mark.parametrize("check", [("config", "prometheus.yml"), ("rules", "alerts.yml")])
def test_prometheus_takes_the_example(check: tuple[str, str]) -> None:
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not installed: apt-get install prometheus")
    what, file = check
    said = subprocess.run(["promtool", "check", what, file], cwd=EXAMPLE, capture_output=True, text=True)
    assert said.returncode == 0, said.stdout + said.stderr
