"""A gRPC service in Go that registers with its local agents, and a caller that finds it there, told in seven steps.

    python examples/go-grpc/story.py      # needs Go; starts a cluster of its own

It ends with status 1 if a promise is broken. The caller makes a hundred calls a second from the third step to the end.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import lictor
from lictor_deploy.local.handle import Cluster, NodePlace

HERE = Path(__file__).parent
INTERVAL_S = TIMEOUT_S = 1.0
"""Of the agents' checks."""
ROUNDS = 3
CUT_S = 5.0


class Instance:
    """A process that serves, beside its local agent."""

    def __init__(self, binary: Path, agent: NodePlace) -> None:
        where = ("-agent", agent.http, "-listen", f"{agent.ip}:0")
        checks = ("-interval", f"{INTERVAL_S}s", "-timeout", f"{TIMEOUT_S}s")
        self.process = subprocess.Popen([binary, *where, *checks], stderr=subprocess.PIPE, text=True)
        assert self.process.stderr is not None
        self.id = self.process.stderr.readline().split()[2]

    def leave(self) -> None:
        """Leave the catalog, finish what is being answered, end."""
        self.process.terminate()
        self.process.wait(15)

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stderr is not None
        self.process.stderr.close()


class Caller:
    """A process that calls all the time, and what it has told of it."""

    def __init__(self, binary: Path, agent: NodePlace) -> None:
        target = f"consul://{agent.http}/web?healthy=true"
        self.process = subprocess.Popen([binary, "-to", target], stdout=subprocess.PIPE, text=True)
        self.answered: list[tuple[float, dict[str, int]]] = []
        self.failed: list[tuple[float, str]] = []
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            told, now = json.loads(line), time.monotonic()
            self.answered.append((now, told["answered"]))
            self.failed += [(now, text) for text in told["failed"]]

    def answers(self, since: float) -> Counter[str]:
        """How many calls each instance has answered since then."""
        total: Counter[str] = Counter()
        for at, answered in list(self.answered):
            if at >= since:
                total.update(answered)
        return total

    def failures(self, since: float) -> list[tuple[float, str]]:
        return [failure for failure in list(self.failed) if failure[0] >= since]

    def end(self) -> None:
        self.process.kill()
        self.process.wait()


class Story:
    """The seven steps, on a cluster of three servers and four agents."""

    def __init__(self, cluster: Cluster, binaries: Path, stack: ExitStack) -> None:
        self.cluster, self.binaries, self.stack = cluster, binaries, stack
        self.local = [cluster.nodes[f"agent-{number}"] for number in (1, 2, 4)]
        self.asked = cluster.nodes["agent-3"]
        self.catalog = stack.enter_context(lictor.Client(self.asked.door))

    def start(self, place: int) -> Instance:
        instance = Instance(self.binaries / "instance", self.local[place])
        self.stack.callback(instance.end)
        return instance

    def tell(self) -> None:
        first, second = self.start(0), self.start(1)
        print(f"1. {first.id} and {second.id} have registered with their local agents")
        until(lambda: self.passing() == {first.id, second.id}, "both are passing")
        print("2. their agents have asked them by gRPC's health protocol: both are passing")
        self.caller = Caller(self.binaries / "caller", self.asked)
        self.stack.callback(self.caller.end)
        self.hears(first, second)
        print(f"3. a caller resolves consul://{self.asked.http}/web?healthy=true")
        self.in_turn(first, second)
        third = self.come_and_go(first)
        self.kill(second)
        self.lose_servers(third)

    def passing(self) -> set[str]:
        return {found.service.id for found in self.catalog.health.service("web", passing=True)}

    def hears(self, *instances: Instance) -> None:
        """Wait until the caller has had an answer of each of these and, for half a second, of no others."""
        ids = {instance.id for instance in instances}
        until(lambda: set(self.caller.answers(time.monotonic() - 0.5)) == ids, f"the caller hears {ids} alone")

    def in_turn(self, *instances: Instance) -> None:
        since = time.monotonic()
        time.sleep(2)
        answers = self.caller.answers(since)
        least = 0.8 * answers.total() / len(instances)
        demand(all(answers[one.id] >= least for one in instances), f"unequal shares: {answers}")
        print(
            f"4. calls go to them in turn: {', '.join(f'{count} to {name}' for name, count in sorted(answers.items()))}"
        )

    def come_and_go(self, leaver: Instance) -> Instance:
        """A new instance comes, then the oldest goes, several times; the one that is left is returned."""
        with self.no_failure("5. instances come and go") as note:
            for _ in range(ROUNDS):
                newcomer = self.start(2)
                until(
                    lambda newcomer=newcomer: newcomer.id in self.caller.answers(time.monotonic() - 0.5), "it is called"
                )
                leaver.leave()
                until(
                    lambda leaver=leaver: leaver.id not in self.caller.answers(time.monotonic() - 0.5), "it is let go"
                )
                leaver = newcomer
            note.append(f"{ROUNDS} came, {ROUNDS} went")
        return newcomer

    def kill(self, victim: Instance) -> None:
        at, allowed = time.monotonic(), INTERVAL_S + TIMEOUT_S + 1
        victim.process.send_signal(signal.SIGKILL)
        until(lambda: victim.id not in self.passing(), "the dead instance is found out")
        time.sleep(max(0.0, at + allowed - time.monotonic()) + 2)
        failures = self.caller.failures(at)
        last = max((when - at for when, _ in failures), default=0.0)
        demand(last <= allowed, f"calls still failed {last:.1f} s after the kill: {failures[-1:]}")
        told = f"{len(failures)} calls failed, the last {last:.1f} s later; {allowed:.0f} s are allowed"
        print(f"6. kill -9 of {victim.id}: {told}")

    def lose_servers(self, left: Instance) -> None:
        leader = self.cluster.status()["status"]["leader"].partition(".")[0]
        cut = next(name for name in self.cluster.nodes if name.startswith("server-") and name != leader)
        faults, agent = self.cluster.faults, self.asked.name
        with self.no_failure(f"7. {leader}, the leader, is killed") as note, faults.kill(leader):
            newcomer = self.start(0)
            self.hears(left, newcomer)
            note.append(f"{newcomer.id} has come meanwhile")
            with faults.cut(agent, cut), faults.cut(cut, agent):
                time.sleep(CUT_S)
            note.append(f"for {CUT_S:.0f} s {cut} was cut off from {agent}, which the caller asks")

    @contextmanager
    def no_failure(self, what: str) -> Iterator[list[str]]:
        """What is noted inside is printed at the end, with the count of calls, none of which may have failed."""
        since, note = time.monotonic(), list[str]()
        yield note
        failures = self.caller.failures(since)
        demand(not failures, f"{what}: {len(failures)} calls failed, the first with {failures[:1]}")
        print(f"{what}: {', '.join(note)}; {self.caller.answers(since).total()} calls, none failed")


def until(look: Callable[[], bool], what: str, within_s: float = 30.0) -> None:
    end = time.monotonic() + within_s
    while not look():
        demand(time.monotonic() < end, f"not within {within_s:.0f} s: {what}")
        time.sleep(0.05)


def demand(kept: bool, broken: str) -> None:
    if not kept:
        raise SystemExit(broken)


def build() -> Path:
    """Where the two programs are; Go compiles what has changed."""
    builds = os.environ.get("LICTOR_CLIENTS_BUILDS")
    binaries = Path(builds) / "go-grpc" if builds else HERE / "bin"
    subprocess.run(["go", "build", "-o", f"{binaries}/", "./instance", "./caller"], cwd=HERE, check=True)
    return binaries


if __name__ == "__main__":
    programs = build()
    with Cluster.local(3, 4) as cluster, ExitStack() as stack:
        Story(cluster, programs, stack).tell()
