"""The keyrings of a live process, and what it knows of itself and of others for judging sealed frames."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping

from lictor_actors.bus.sealing import Sealing
from lictor_actors.hosts.keyrings import Keyrings
from lictor_actors.hosts.live.directory import LiveDirectory
from lictor_actors.hosts.live.keyring_files import keeper_of
from lictor_actors.hosts.live.node import LiveNode
from lictor_actors.hosts.spec import SiteSpec


class SealedSurroundings:
    """See ``Surroundings``. Its clocks are the machine's: those that faults bend are the nodes' own."""

    def __init__(self, nodes: Mapping[str, LiveNode], directory: LiveDirectory) -> None:
        self._nodes = nodes
        self._directory = directory

    def lane_of(self, role: str) -> str:
        """See ``Surroundings``."""
        return self._directory.roles.of(role)

    def hosts(self, node: str) -> bool:
        """See ``Surroundings``."""
        return node in self._nodes

    def is_elsewhere(self, url: str) -> bool:
        """See ``Surroundings``."""
        ours = any(url in running.spec.pool_urls for running in self._nodes.values())
        return not ours and self._directory.knows(url)

    def clocks(self) -> tuple[int, int]:
        """See ``Surroundings``."""
        return time.time_ns(), time.monotonic_ns()


class LiveKeyrings(Keyrings):
    """Of all nodes of this process."""

    def __init__(
        self,
        cluster: bytes,
        nodes: Mapping[str, LiveNode],
        directory: LiveDirectory,
        count: Callable[[str], None],
    ) -> None:
        self.frames = Sealing(cluster, SealedSurroundings(nodes, directory), count)
        super().__init__(self.frames)

    def start(self, spec: SiteSpec) -> None:
        """A node is about to start. Raises OSError for a keyring file that is none."""
        self.begin(spec.node, spec.pool_lanes, spec.encryption, keeper_of(spec), secrets.token_bytes)
