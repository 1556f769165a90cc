"""The nodes of a process come one after the other, each when the mail that the earlier ones brought has been taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from lictor_actors.node.spec import NodeSpec
from lictor_deploy.local import nodes
from lictor_deploy.local.plan import DevOptions, make_plan
from lictor_messages.faults import SetRules


class Pacing:
    """A host that only says in which order it was asked."""

    def __init__(self) -> None:
        self.said: list[str] = []

    async def start(self) -> None:
        self.said.append("start")

    async def caught_up(self) -> None:
        self.said.append("caught up")

    def set_rules(self, rules: object) -> None: ...

    def show(self, tap: object) -> None: ...


async def test_each_node_waits_until_the_process_has_caught_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host = Pacing()
    hosted = nodes.HostedNodes.__new__(nodes.HostedNodes)
    hosted.host, hosted._recorder = host, None  # type: ignore[assignment]

    async def add(_: object, spec: NodeSpec) -> None:
        host.said.append(spec.name)

    monkeypatch.setattr(nodes, "add_node", add)
    plan = make_plan(DevOptions(servers=1, agents=4), tmp_path, tmp_path, 2)[-1]
    await hosted.open(plan.specs, SetRules(rules=()), "")
    assert host.said == ["start", "agent-3", "caught up", "agent-4", "caught up"]
