"""Real processes on this machine for a test: the cluster, and what it leaves to read when the test fails."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from lictor_deploy.local.handle import Cluster
from lictor_deploy.local.remote_faults import FaultHandle
from lictor_deploy.pytest_plugin.marker import ClusterMarker
from lictor_deploy.pytest_plugin.presets import inject
from lictor_deploy.words.sentence import Failure

if TYPE_CHECKING:
    from lictor_actors.client.both import Sync
    from lictor_actors.client.kv import KeyValues
    from lictor_actors.client.sync_client import Client

LOOK_EVERY_S = 0.05
EVENTS = 40
"""From the logs of all processes together, in a failure's report."""
LOG_LINES = 200
"""Looked at from the end of each log."""
STAMPED = re.compile(r"\d{4}-\d\d-\d\dT")


class LiveCluster(Cluster):
    """A cluster of real processes, with the verbs that a simulated one has: a test may be written for both."""

    def __init__(self, control: str) -> None:
        super().__init__(control)
        self._clients: dict[str, Client] = {}
        self._crashed: dict[str, FaultHandle] = {}

    def run(self, seconds: float) -> None:
        """Let this much time pass."""
        time.sleep(seconds)

    def eventually(self, predicate: Callable[[], object], within_s: float = 30.0) -> None:
        """Until the predicate holds; AssertionError if it does not within so many seconds.

        A LictorError that the predicate raises counts as not yet.
        """
        from lictor_actors.client.errors import LictorError

        until, last = time.monotonic() + within_s, ""
        while True:
            try:
                if predicate():
                    return
            except LictorError as error:
                last = f"; the last look raised {error!r}"
            if time.monotonic() > until:
                raise AssertionError(f"not within {within_s:g} s{last}")
            time.sleep(LOOK_EVERY_S)

    def always(self, predicate: Callable[[], object], for_s: float) -> None:
        """Let so much time pass and demand that the predicate holds all along; it is looked at 20 times a second."""
        started = time.monotonic()
        while (passed := time.monotonic() - started) < for_s:
            if not predicate():
                raise AssertionError(f"no longer true after {passed:.3f} s")
            time.sleep(LOOK_EVERY_S)

    def wait_for_leader(self, within_s: float = 10.0, *, other_than: str = "") -> str:
        """Until a server leads, one that is not ``other_than``; returns its name."""
        old = other_than.partition(".")[0]
        self.eventually(lambda: self.leader() not in ("", old), within_s)
        return self.leader()

    @property
    def kv(self) -> KeyValues[Sync]:
        """Keys and values through the last node's agent: ``cluster.kv.put("a", b"1")``."""
        return self.client().kv

    def client(self, node: str = "") -> Client:
        """A ``lictor.Client`` of this node's agent (the last node's if left out), closed when the cluster stops."""
        from lictor_actors.client.sync_client import Client

        name = self._name(node or list(self.nodes)[-1])
        if name not in self._clients:
            self._clients[name] = Client(self.nodes[name].door)
        return self._clients[name]

    def crash(self, node: str) -> None:
        """All actors of the node are gone at once; ``restart`` starts them with what their journal holds."""
        name = self._name(node)
        self._crashed[name] = self.faults.crash(name)

    def restart(self, node: str) -> None:
        """Start a node that ``crash`` ended, or end and start one that runs."""
        name = self._name(node)
        crashed = self._crashed.pop(name, None)
        if crashed is None:
            self.faults.restart(name)
        else:
            crashed.heal()

    def story(self) -> str:
        """What a person wants to know when a test failed on this cluster: facts, faults in force, what happened."""
        told = [f"{name}={value}" for name, value in self.environment.items()]
        try:
            status = self.status()
            told += [f"{name}: {value}" for name, value in status["status"].items()]
            told += [f"in force: {fault['id']} {fault['what']}" for fault in status["faults"]]
        except Failure as gone:
            told.append(str(gone))
        return "\n".join([*told, happened(Path(self.logs))])

    def close(self) -> None:
        """Hang up the clients."""
        for client in self._clients.values():
            client.close()
        self._clients.clear()

    def __repr__(self) -> str:
        return f"<cluster of {len(self.nodes)} nodes, {self.environment['CONSUL_HTTP_ADDR']}>"

    def _name(self, node: str) -> str:
        name = node.partition(".")[0]
        if name not in self.nodes:
            raise LookupError(f"{node!r} names no node of this cluster: it has {', '.join(self.nodes)}")
        return name


class SharedCluster(LiveCluster):
    """The one that all tests of a session use, each under a prefix of its own."""

    def __init__(self, control: str, prefix: Callable[[], str]) -> None:
        super().__init__(control)
        self._prefix = prefix

    @property
    def prefix(self) -> str:
        """Put it before the keys of this test, and no other test sees them; it ends in a slash."""
        return self._prefix()

    def tidy(self, within_s: float = 60.0) -> None:
        """Heal what a test left broken, and wait until the next test finds a whole cluster."""
        self._crashed.clear()
        self.faults.heal_all()
        self.wait_whole(within_s)


@contextmanager
def started(wanted: ClusterMarker, data: Path) -> Iterator[LiveCluster]:
    """Such a cluster, whole and with its faults in force; its state and logs are in ``data``. Raises Failure."""
    flags = ("-profile", wanted.profile, "-data-dir", str(data), "-log-level", "INFO")
    size = wanted.servers, wanted.agents
    on_ray = wanted.kind == "ray"
    address = os.environ.get("RAY_ADDRESS")
    with Cluster.ray(address, *size, *flags) if on_ray else Cluster.local(*size, *flags) as found:
        cluster = LiveCluster(found.control)
        try:
            inject(cluster.faults, wanted.faults)
            yield cluster
        finally:
            cluster.close()


def happened(logs: Path) -> str:
    """Where the logs are and what happened last, on all processes in one order of time."""
    events = sorted(event for file in logs.glob("*.log") for event in _events(file))[-EVENTS:]
    return "\n".join([f"logs: {logs}", f"what happened (last {len(events)}):", *events])


def _events(file: Path) -> list[str]:
    """The last lines of a log, each with what goes on below it, such as a traceback."""
    with file.open(errors="replace") as lines:
        tail = deque(lines, maxlen=LOG_LINES)
    events: list[str] = []
    for line in tail:
        shown = f"  {line.rstrip()}"
        if STAMPED.match(line) or not events:
            events.append(shown)
        else:
            events[-1] += f"\n{shown}"
    return events


def sweep(data: Path, keep_logs: bool) -> None:
    """Remove what a stopped cluster left, but for the logs of one that a test failed on."""
    for entry in data.iterdir():
        if entry.is_dir() and not (keep_logs and entry.name == "logs"):
            shutil.rmtree(entry, ignore_errors=True)
