"""What the parent has of its hosts: with what it opens them, and what it asks of the launcher that reaches them."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from lictor_deploy.local.parent.launcher import Launcher
from lictor_deploy.local.run_dir import FaultToken
from lictor_messages.faults import SetRules


class Opening(NamedTuple):
    """With what a parent opens a host."""

    name: str
    """Of the process, in the parent's words: ``ray-1``."""
    cluster: str
    data_dir: str
    """Where each machine keeps state, "" for a temporary directory."""
    token: FaultToken
    log_level: str
    rules: SetRules
    record: str
    """The name of a trace, "" for none."""
    life: int
    """One more with each opening: calls of an earlier life that were long under way change nothing."""


class Hosts(Launcher, Protocol):
    """A launcher whose processes are on other machines, and may be alive where they cannot be reached."""

    ray_nodes: dict[str, str]
    """Process → the node of Ray that it is on."""

    def opened(self, name: str) -> None:
        """It has answered: from now on silence says something."""
        ...

    def silent(self, name: str) -> bool:
        """Whether it has not answered for so long that its agents have ended by themselves."""
        ...

    def reachable(self, name: str) -> bool:
        """Whether a host that was silent answers again; to be asked now and then."""
        ...

    def lease_left_s(self, name: str) -> float:
        """Seconds until its agents have ended there, also if it only cannot be reached."""
        ...
