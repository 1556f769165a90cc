"""A handle on a dev cluster: where its nodes are, and the fault verbs. Attach to one, or start one in a test."""

from __future__ import annotations

import json
import os
import platform
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple

from lictor_actors.hosts.models import build_models
from lictor_deploy.local.remote_faults import ClusterFaults, answered
from lictor_deploy.local.run_dir import find_control
from lictor_deploy.words.sentence import Failure
from lictor_messages.html import table

if TYPE_CHECKING:
    from lictor_deploy.pictures import Plot
    from lictor_deploy.sim.cluster import SimCluster

CLUSTERS = count(1)
"""Clusters that this process has started, so that each has addresses of its own."""
ANSWER_WITHIN_S = 20.0
STOP_WITHIN_S = 30.0
"""The directories of a thousand nodes are removed by then, also where others want the disk."""


class NodePlace(NamedTuple):
    """Where a node is reached."""

    name: str
    ip: str
    http: str
    """``ip:port``, for CONSUL_HTTP_ADDR."""
    door: str
    """URL for ``lictor.connect``."""
    dns: str
    """``ip:port``, "" if the node answers no DNS."""


class Cluster:
    """A running dev cluster."""

    def __init__(self, control: str) -> None:
        self.control = control
        self.look_again()
        self.faults = ClusterFaults(self.ask)

    def look_again(self) -> None:
        """Nodes of a cluster on Ray move; ``wait_whole`` does this too."""
        facts = self.ask("facts")
        self.nodes = {place["name"]: NodePlace(**place) for place in facts["nodes"]}
        """By name, servers first."""
        self.environment: dict[str, str] = facts["environment"]
        """What ``lictor dev -exec`` gives its command."""
        self.logs: str = facts["logs"]
        self.machines: list[dict[str, Any]] = facts.get("machines", [])
        """On Ray: for each of its nodes ``process``, ``ray_node``, ``ip``, ``pid`` of the host there, and ``data``, the
        directory in which it keeps journals."""

    @classmethod
    def running(cls, control: str = "") -> Cluster:
        """The cluster that ``lictor dev`` runs on this machine; LICTOR_CONTROL picks one of several. Raises Failure."""
        return cls(control or find_control())

    @classmethod
    @contextmanager
    def local(cls, servers: int = 3, agents: int = 5, *flags: str) -> Iterator[Cluster]:
        """Start a cluster, yield it when it is whole, stop it at the end. ``flags`` as for ``lictor dev``."""
        addresses = () if "-base-ip" in flags else own_addresses(next(CLUSTERS))
        with dev("-servers", str(servers), "-agents", str(agents), *addresses, *flags) as control:
            yield cls(control)

    @classmethod
    @contextmanager
    def ray(cls, address: str | None = None, servers: int = 3, agents: int = 97, *flags: str) -> Iterator[Cluster]:
        """The same on the nodes of Ray: of the one at ``address``, of the one that this machine belongs to ("auto"), or
        of one that is started for it and ends with it (None). ``flags`` as for ``lictor dev -launcher ray``.
        """
        where = ("-ray-address", address) if address else ()
        with dev("-launcher", "ray", *where, "-servers", str(servers), "-agents", str(agents), *flags) as control:
            yield cls(control)

    @staticmethod
    def sim(servers: int = 3, agents: int = 5, seed: int = 0) -> SimCluster:
        """The same actors in one process and in virtual time; the seed decides everything."""
        from lictor_deploy.sim.cluster import SimCluster

        return SimCluster(servers, agents, seed)

    def nearest(self) -> str:
        """The URL for ``lictor.connect`` of an agent at an address of this machine, else of any; of a server if there
        are no agents. On Ray that is the own node's; a program on another one asks ``lictor.ray.nearest()``.
        """
        places = [NodePlace(**place) for place in self.ask("facts")["nodes"]]
        by_distance = sorted(places, key=lambda place: (place.name.startswith("server-"), not is_ours(place.ip)))
        return by_distance[0].door

    def ask(self, request: str, **arguments: Any) -> dict[str, Any]:
        """One request to the parent of the cluster, answered when all processes have confirmed. Raises Failure."""
        question: dict[str, Any] = {"ask": request}
        if "fault" in arguments:
            question |= arguments
        elif arguments:
            question["with"] = arguments
        return answered(exchange(self.control, question))

    def status(self) -> dict[str, Any]:
        """``status``: how many nodes are up and see each other, the leader that all servers agree on and the one that
        most of them follow (no more than a second old); ``faults``: those in force; ``processes``: name → pid, 0 if
        it does not run.
        """
        return self.ask("status")

    def graph(self) -> Plot:
        """Which nodes see each other now, by what their agents say, as a picture for notebooks.

        Needs ``lictor[notebooks]``. Raises LictorError if an agent refuses to say.
        """
        from lictor_deploy.local.live_views import live_views
        from lictor_deploy.pictures import mutual_views

        views = live_views({name: place.door for name, place in self.nodes.items()})
        leader = self.leader()
        kinds = {
            name: "leader" if name == leader else "server" if name.startswith("server-") else "agent" for name in views
        }
        return mutual_views("Which nodes see each other", {name: kinds.get(name, "down") for name in self.nodes}, views)

    def leader(self) -> str:
        """The name of the server that most servers follow, "" if there is none; no more than a second old. Of several
        datacenters it is the first one's.
        """
        led: str = self.status()["status"]["majority_leader"]
        return led if led in self.nodes else led.partition(".")[0]

    def __repr__(self) -> str:
        return f"<cluster of {len(self.nodes)} nodes at {self.control}>"

    def _repr_html_(self) -> str:
        """The nodes and where they are reached, the leader marked."""
        leader = self.leader()
        rows = [
            {
                "name": place.name,
                "leads": place.name == leader,
                "http": place.http,
                "door": place.door,
                "dns": place.dns,
            }
            for place in self.nodes.values()
        ]
        return table(rows, f"{len(self.nodes)} nodes")

    def wait_whole(self, within_s: float = 30.0) -> None:
        """Until every node is alive in every view and in the catalog; Failure says what is missing."""
        until = time.monotonic() + within_s
        while True:
            state = self.status()["status"]
            if state["converged"] == state["nodes"] == state["catalog"] and state["leader"]:
                self.look_again()
                return
            if time.monotonic() > until:
                raise Failure(f"The cluster is not whole after {within_s:.0f} s: {state}")
            time.sleep(0.1)


@contextmanager
def dev(*flags: str) -> Iterator[str]:
    """Run ``lictor dev`` with these flags, yield its control socket when the cluster is whole, stop it at the end."""
    # The command that -exec runs says where the cluster is, then waits for its input to end.
    told = 'echo "$LICTOR_CONTROL"; cat'
    process = subprocess.Popen(
        [sys.executable, "-m", "lictor_deploy.cli.entry", "dev", *flags, "-exec", told],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        build_models()  # a test may break things from several threads, and now there is time
        yield await_control(process)
    finally:
        stop(process)


def is_ours(ip: str) -> bool:
    """Whether this machine has this address."""
    try:
        with socket.socket(socket.AF_INET6 if ":" in ip else socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind((ip, 0))
    except OSError:
        return False
    return True


def own_addresses(nth: int = 0) -> list[str]:
    """Flags that keep a test's cluster away from one that a person runs, from those of other tests, and from the
    ``nth`` others of this process.
    """
    place = os.getpid() + nth * 37 * 128
    if platform.system() == "Linux":
        return ["-base-ip", f"127.{64 + place % 128}.{place // 128 % 250}.1"]
    return ["-http-port", str(20_000 + (place + nth) % 300 * 100)]


def exchange(control: str, question: dict[str, Any]) -> dict[str, Any]:
    """One question and its answer over the control socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.settimeout(ANSWER_WITHIN_S)
        try:
            sock.connect(control)
            sock.sendall(json.dumps(question).encode() + b"\n")
            line = sock.makefile("rb").readline()
        except TimeoutError:
            text = f"The dev cluster did not confirm within {ANSWER_WITHIN_S:.0f} s: a process may be stuck."
            raise Failure(text) from None
        except OSError as error:
            said = (error.strerror or str(error)).lower()
            raise Failure(f"No dev cluster answers at {control}: {said}. Start one with `lictor dev`.") from None
    if not line:
        raise Failure("The dev cluster stopped before it answered.")
    answer: dict[str, Any] = json.loads(line)
    return answer


def await_control(process: subprocess.Popen[str]) -> str:
    """Read the output of ``lictor dev`` until it names its control socket; Failure if it ends before."""
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith(os.sep):
            return line.strip()
    raise Failure(f"The cluster did not start: lictor dev ended with status {process.wait()}. Its errors are above.")


def stop(process: subprocess.Popen[str]) -> None:
    """End ``lictor dev`` as its command's end does; kill it if it will not."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.close()
    try:
        process.wait(STOP_WITHIN_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    process.stdout.close()
