"""Hosts as the supervisor's processes: it starts them as actors of Ray, one on a node each, and kills them by Ray."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from itertools import count
from typing import Any

import ray
from ray.actor import ActorHandle
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from lictor_actors.hosts.ray.lease import MOVE_AFTER_S
from lictor_deploy.local.parent.launcher import Launched
from lictor_deploy.ray.channel import RayChannel
from lictor_deploy.ray.host import Host
from lictor_deploy.ray.names import NAMESPACE, host_name
from lictor_deploy.ray.opening import Opening

CRASHED = 1
OPEN_WITHIN_S = 30.0
"""A host that has never answered may only just be starting."""


class RayLauncher:
    """Implements ``Hosts``. Pids are numbers of lives until a host has said its own."""

    def __init__(self, opening: Callable[[str, int], Opening]) -> None:
        """``opening`` is asked with the process's name and its life."""
        self._opening = opening
        self._hosts = ray.remote(Host)  # once: Ray sends each that is made to all its nodes
        self.ray_nodes: dict[str, str] = {}
        self._lives = count(1)
        self._actors: dict[str, ActorHandle] = {}
        self._channels: dict[str, RayChannel] = {}
        self._opened: set[str] = set()
        self._asked: dict[str, Any] = {}
        """Process → the answer to a question that tells when a silent host can be reached again."""

    def launch(self, name: str) -> Launched:
        """See ``Launcher``. An actor that is there already, because its parent lost sight of it, is opened again."""
        ray_node = self.ray_nodes[name]
        made = self._hosts.options(
            name=host_name(ray_node),
            namespace=NAMESPACE,
            lifetime="detached",
            get_if_exists=True,
            num_cpus=0,
            max_restarts=0,
            max_concurrency=1000,
            scheduling_strategy=NodeAffinitySchedulingStrategy(ray_node, soft=False),
        )
        self._actors[name] = made.remote()
        self._opened.discard(name)
        life = next(self._lives)
        self._channels[name] = RayChannel(self._actors[name], self._opening(name, life))
        return Launched(life, self._channels[name])

    def opened(self, name: str) -> None:
        """See ``Hosts``."""
        self._opened.add(name)

    def silent(self, name: str) -> bool:
        """See ``Hosts``."""
        patience = MOVE_AFTER_S if name in self._opened else OPEN_WITHIN_S
        return time.monotonic() - self._channels[name].heard_at > patience

    def reachable(self, name: str) -> bool:
        """See ``Hosts``."""
        question = self._asked.setdefault(name, self._actors[name].doors.remote())
        if not ray.wait([question], timeout=0)[0]:
            return False
        del self._asked[name]
        try:
            ray.get(question)
        except ray.exceptions.RayError:
            return False
        return True

    def lease_left_s(self, name: str) -> float:
        """See ``Hosts``."""
        return max(0.0, self._channels[name].heard_at + MOVE_AFTER_S - time.monotonic())

    def kill(self, name: str, pid: int) -> None:
        """See ``Launcher``."""
        ray.kill(self._actors[name])

    def ended(self, name: str, pid: int) -> int | None:
        """See ``Launcher``. A host that is silent has ended as far as its agents are concerned."""
        channel = self._channels[name]
        if channel.stopped:
            ray.kill(self._actors[name])
            return 0
        if channel.failed is not None:
            return -signal.SIGKILL if isinstance(channel.failed, ray.exceptions.RayActorError) else CRASHED
        return -signal.SIGKILL if self.silent(name) else None

    def await_end(self, name: str, pid: int) -> None:
        """See ``Launcher``: Ray kills on other machines, and says no more than that it has begun to."""
