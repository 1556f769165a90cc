"""Several nodes of Ray on this machine, each at a loopback address of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from ray.cluster_utils import Cluster as Raylets

NODES = 3


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ray keeps its token in the home directory."""
    monkeypatch.setenv("HOME", str(tmp_path_factory.getbasetemp()))
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    monkeypatch.delenv("RAY_ADDRESS", raising=False)


@pytest.fixture
def raylets(own_home: None) -> Iterator[Raylets]:
    """A head and two more."""
    from ray.cluster_utils import Cluster as Raylets

    made: Any = Raylets()
    made.add_node(num_cpus=1, include_dashboard=False, node_ip_address="127.0.0.1")
    for i in range(1, NODES):
        made.add_node(num_cpus=1, node_ip_address=f"127.0.0.{i + 1}")
    yield made
    made.shutdown()
