"""A whole cluster on this machine, in processes that are forked from this one."""

from __future__ import annotations

import gc
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lictor_actors.hosts.models import build_models
from lictor_deploy.local.child import run_child
from lictor_deploy.local.cluster import ClusterParent, Layout
from lictor_deploy.local.parent.forks import Forks
from lictor_deploy.local.plan import DevOptions, ProcessPlan, all_addresses

if TYPE_CHECKING:
    from lictor_deploy.local.secured import Secured


def settle_memory() -> None:
    """Before a fork: what is imported and built by now is shared by all children and never looked at by the
    collector."""
    build_models()
    gc.collect()
    gc.freeze()


class LocalCluster(ClusterParent):
    """The parent forks the processes of a plan."""

    def __init__(
        self,
        options: DevOptions,
        plans: Sequence[ProcessPlan],
        run: Path,
        data: Path,
        log_level: str,
        signals: list[int] | None = None,
        umask: int = 0o022,
        secured: Secured | None = None,
    ) -> None:
        """See ``ClusterParent``."""
        self._plans = {plan.name: plan for plan in plans}
        self._tls = {plan.name: secured.lanes(plan) for plan in plans} if secured is not None else {}
        self._log_level = log_level
        homes = {spec.node: plan.name for plan in plans for spec in plan.specs}
        forks = Forks(self._work)
        layout = Layout(all_addresses(options), homes, forks, options.seed, secured=secured)
        super().__init__(layout, run, data, signals=signals, umask=umask)
        forks.disown = self._supervisor.disown

    def start(self) -> None:
        """Fork every process."""
        settle_memory()
        super().start()

    def _work(self, name: str, pipe: socket.socket) -> int:
        plan = self._plans[name]
        for lane in plan.lanes:  # a life that was killed leaves its socket files
            Path(lane.removeprefix("ipc://")).unlink(missing_ok=True)
        log_file, trace = self._data / "logs" / f"{name}.log", self._control.trace_of(name)
        return run_child(
            plan, pipe, self._control.rules, log_file, self._log_level, self._token, trace, self._tls.get(name)
        )
