"""The nodes of a process come one after the other, each when the mail that the earlier ones brought has been taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from lictor_deploy.local import child
from lictor_deploy.local.plan import DevOptions, make_plan


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
    process = child.NodesProcess.__new__(child.NodesProcess)
    process._host, process._rules, process._trace, process._recorder = host, None, "", None  # type: ignore[assignment]
    process._plan = make_plan(DevOptions(servers=1, agents=4), tmp_path, tmp_path, 2)[-1]

    async def add(_: object, spec: child.ProcessPlan) -> None:
        host.said.append(spec.name)

    monkeypatch.setattr(child, "add_node", add)
    await process._open()
    assert host.said == ["start", "agent-3", "caught up", "agent-4", "caught up"]
