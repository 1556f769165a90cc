"""A hundred nodes are broken again and again and healed: does the cluster do what the docs say, does anything leak?

    python benchmarks breakages           ten rounds, a quarter of an hour
    python benchmarks -quick breakages    three

A round: the smaller side is parted from the others, the leader is isolated, a tenth of the probers is paused, and a
third of what two racks say to each other is lost. After each the whole cluster must agree again.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from http.client import HTTPConnection
from pathlib import Path
from threading import Event

from processes import pss_mib
from table import show

from lictor_deploy.local.handle import Cluster

ROUNDS = 10
WITHIN_S = 60.0
LOSS = 0.3
LOSS_LASTS_S = 12.0
LOOK_EVERY_S = 0.05


@dataclass(frozen=True)
class Holdings:
    """What the processes of a cluster hold."""

    processes: int
    files: int
    """Open descriptors, sockets among them."""
    threads: int
    pss_mib: float
    socket_files: int
    """Entries of the run directory."""


@dataclass
class Broken:
    """What the rounds showed; seconds until every node agreed again, by breakage."""

    before: Holdings
    after: list[Holdings] = field(default_factory=list)
    """After each round."""
    healed_s: dict[str, list[float]] = field(default_factory=dict)
    elected_s: list[float] = field(default_factory=list)
    """Until the rest had another leader."""
    noticed_s: list[float] = field(default_factory=list)
    """Until exactly the nodes of the paused probers were held for failed."""
    falsely_failed: int = 0
    """Nodes that somebody held for failed because of the loss."""
    wrong: list[str] = field(default_factory=list)


def holdings(cluster: Cluster) -> Holdings:
    """What they hold now."""
    pids = [pid for pid in cluster.status()["processes"].values() if pid]
    return Holdings(
        len(pids),
        sum(len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid in pids),
        sum(len(list(Path(f"/proc/{pid}/task").iterdir())) for pid in pids),
        pss_mib(pids),
        len(list(Path(cluster.control).parent.iterdir())),
    )


def breakages(cluster: Cluster, rounds: int) -> Broken:
    """Break and heal so many times. The first round fills what is filled only once; then the counting begins."""
    one_round(cluster, Broken(holdings(cluster)))
    broken = Broken(holdings(cluster))
    for _ in range(rounds):
        one_round(cluster, broken)
        broken.after.append(holdings(cluster))
    assert cluster.faults.ls() == []
    return broken


def one_round(cluster: Cluster, broken: Broken) -> None:
    """Each of the four, and back."""
    for name, breakage in (
        ("partition", partition),
        ("isolated leader", isolate_leader),
        ("paused probers", pause_probers),
        ("loss between racks", lose_between_racks),
    ):
        breakage(cluster, broken)
        cluster.faults.heal_all()
        began = time.monotonic()
        cluster.wait_whole(WITHIN_S)
        broken.healed_s.setdefault(name, []).append(time.monotonic() - began)


def partition(cluster: Cluster, broken: Broken) -> None:
    """The side with the leader is the smaller one: it takes no write, the other elects and does."""
    _deposed(cluster, broken, lambda: cluster.faults.partition("minority"))


def isolate_leader(cluster: Cluster, broken: Broken) -> None:
    """The same for the leader alone."""
    _deposed(cluster, broken, lambda: cluster.faults.isolate("leader"))


def pause_probers(cluster: Cluster, broken: Broken) -> None:
    """A tenth of the probers take no turns: exactly their nodes fail, seen from any other."""
    fault = cluster.faults.pause("prober@percent(10, agents)")
    paused = sorted(
        word.partition("@")[2].partition(".")[0] for word in fault.what.split() if word.startswith("prober@")
    )
    began = time.monotonic()
    until(lambda: failed(cluster, "server-1") == paused, f"{paused} are held for failed")
    broken.noticed_s.append(time.monotonic() - began)


def lose_between_racks(cluster: Cluster, broken: Broken) -> None:
    """Others still pass on what the racks do not hear of each other: nobody may fail because of it."""
    agents = [name for name in cluster.nodes if name.startswith("agent-")]
    half = len(agents) // 2
    cluster.faults.loss(agents[:half], agents[half:], LOSS, direction="both")
    Event().wait(LOSS_LASTS_S)
    seen = {name for through in (agents[0], agents[-1], "server-1") for name in failed(cluster, through)}
    broken.falsely_failed += len(seen)
    for agent in (agents[0], agents[-1]):
        if put(cluster, agent) != (200, "true"):
            broken.wrong.append(f"{agent} could not write while its rack lost messages to another")


def _deposed(cluster: Cluster, broken: Broken, strike: Callable[[], object]) -> None:
    old = cluster.status()["status"]["leader"]
    began = time.monotonic()
    strike()
    until(lambda: cluster.status()["status"]["majority_leader"] not in ("", old), "another leader")
    broken.elected_s.append(time.monotonic() - began)
    new = cluster.status()["status"]["majority_leader"]
    refused, taken = put(cluster, old.partition(".")[0]), put(cluster, new.partition(".")[0])
    if refused != (500, "No cluster leader"):
        broken.wrong.append(f"{old} was cut off and said {refused}")
    if taken != (200, "true"):
        broken.wrong.append(f"{new} led the majority and said {taken}")


def put(cluster: Cluster, through: str) -> tuple[int, str]:
    """One write through this node."""
    status, body = ask(cluster, through, "PUT", "/v1/kv/breakages")
    return status, body.decode()


def failed(cluster: Cluster, through: str) -> list[str]:
    """The nodes that this one holds for failed."""
    members = json.loads(ask(cluster, through, "GET", "/v1/agent/members")[1])
    return sorted(member["Name"] for member in members if member["Status"] == 4)


def ask(cluster: Cluster, through: str, method: str, path: str) -> tuple[int, bytes]:
    """One request on a connection of its own."""
    connection = HTTPConnection(cluster.nodes[through].http, timeout=WITHIN_S)
    try:
        connection.request(method, path, b"x" if method == "PUT" else None)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def until(holds: Callable[[], bool], what: str) -> None:
    """Wait for it; AssertionError says what did not come about."""
    end, never = time.monotonic() + WITHIN_S, Event()
    while not holds():
        assert time.monotonic() < end, f"not within {WITHIN_S:.0f} s: {what}"
        never.wait(LOOK_EVERY_S)


def main(quick: bool = False) -> None:
    """Break a hundred nodes and print what came of it."""
    with Cluster.local(3, 97) as cluster:
        broken = breakages(cluster, 3 if quick else ROUNDS)
    report(broken)


def report(broken: Broken) -> None:
    """Two tables: how soon all was well again, and what was held before and after."""
    rows = [(name, *spread(times)) for name, times in broken.healed_s.items()]
    rows += [
        ("another leader, after", *spread(broken.elected_s)),
        ("failure noticed, after", *spread(broken.noticed_s)),
    ]
    show("seconds until every node agreed again", ("", "rounds", "median", "most"), rows)
    held = [broken.before, *broken.after]
    names = [name.name for name in fields(Holdings)]
    table = [(str(number), *(f"{getattr(one, name):,.0f}" for name in names)) for number, one in enumerate(held)]
    show("held by all processes", ("after round", *names), table)
    print(f"falsely failed by loss: {broken.falsely_failed}; wrong: {'; '.join(broken.wrong) or 'nothing'}")


def spread(times: list[float]) -> tuple[str, str, str]:
    """How many, the median and the longest."""
    ordered = sorted(times)
    return str(len(ordered)), f"{ordered[len(ordered) // 2]:.2f}", f"{ordered[-1]:.2f}"
