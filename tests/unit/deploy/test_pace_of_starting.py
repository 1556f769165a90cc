"""The nodes of a process come, and are introduced to others, one after the other, when earlier mail has been taken."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lictor_deploy.local import nodes
from lictor_deploy.local.nodes import HostedNodes
from lictor_deploy.local.plan import DevOptions, make_plan
from lictor_deploy.local.run_dir import FaultToken
from lictor_messages.base import Message
from lictor_messages.faults import SetRules
from lictor_messages.swim import Introduced


class Pacing:
    """A host that only says in which order it was asked."""

    def __init__(self) -> None:
        self.said: list[object] = []
        self.nodes: list[str] = []

    async def start(self) -> None:
        self.said.append("start")

    async def caught_up(self) -> None:
        self.said.append("caught up")

    def readiness(self) -> dict[str, Any]:
        return {node: {"prober": {"record": b"\xff " + node.encode()}} for node in self.nodes}

    def tell(self, node: str, message: Message) -> None:
        self.said.append((node, message))

    def set_rules(self, rules: object) -> None: ...

    def show(self, tap: object) -> None: ...


class Process:
    """Nodes on that host, and what the parent has heard."""

    def __init__(self, tmp_path: Path, agents: int, monkeypatch: pytest.MonkeyPatch) -> None:
        self.host, self.heard = Pacing(), list[dict[str, Any]]()
        self.specs = make_plan(DevOptions(servers=1, agents=agents), tmp_path, tmp_path, 2)[-1].specs[:2]
        self.nodes = HostedNodes("agents-2", "test", ("", ""), FaultToken("", tmp_path), self.heard.append)
        self.nodes.host = self.host  # type: ignore[assignment]
        monkeypatch.setattr(nodes, "add_node", self._add)

    async def _add(self, _: object, spec: Any) -> None:
        self.host.said.append(spec.name)
        self.host.nodes.append(spec.node)

    async def open(self) -> None:
        await self.nodes.open(self.specs, SetRules(rules=()), "")


async def test_each_node_waits_until_the_process_has_caught_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    process = Process(tmp_path, 4, monkeypatch)
    await process.open()
    assert process.host.said == ["start", "agent-3", "caught up", "agent-4", "caught up"]
    assert not process.heard, "the nodes of a small cluster join by themselves"


async def test_the_nodes_of_a_large_cluster_are_introduced_in_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = Process(tmp_path, 400, monkeypatch)
    await process.open()
    one, two = process.host.nodes
    assert process.heard == [{"presents": [f"\xff {one}", f"\xff {two}"]}]
    process.host.said.clear()
    process.nodes.obey({"meet": ["\xff x"]})
    process.nodes.obey({"meet": ["\xfe y"]})
    process.nodes.obey({"introduced": "these"})
    assert process.nodes.introducing is not None
    await process.nodes.introducing
    strangers = Introduced(records=(b"\xff x", b"\xfe y"))
    assert process.host.said == [(one, strangers), "caught up", (two, strangers), "caught up"]
    assert process.heard[1:] == [{"met": True}]
    process.host.said.clear()
    process.nodes.obey({"introduced": "all"})
    assert process.host.said == [(one, Introduced()), (two, Introduced())]
