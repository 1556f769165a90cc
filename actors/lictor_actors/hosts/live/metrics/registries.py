"""All metrics of a process: a registry for each node, and one for what its nodes share."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping

from lictor_actors.hosts.live.metrics.exposition import exposition
from lictor_actors.hosts.live.metrics.found import Found, found_in
from lictor_actors.hosts.live.metrics.gc_pauses import GcPauses
from lictor_actors.hosts.live.metrics.node_metrics import NodeMetrics, counter_of
from lictor_actors.hosts.live.metrics.process import machine_readings, process_readings
from lictor_actors.hosts.live.metrics.summary import INTERVAL_S, summary
from lictor_actors.hosts.live.metrics.view import MetricsView
from lictor_actors.hosts.node import Node
from lictor_actors.kernel.actor import Reading
from lictor_actors.kernel.life import Samples
from lictor_messages.envelope import node_of, role_of
from lictor_messages.metrics import MetricsRead, ReadMetrics

Counts = Callable[[], Mapping[str, int]]
PROCESS_EVENTS = "lictor.process.events"


class Registries:
    """What ``/v1/agent/metrics`` tells of any node of this process."""

    def __init__(self, counters: Counter[str], waiting: Counts, sent: Counts) -> None:
        """``counters``: all that the host has counted; ``waiting``: mail by address; ``sent``: words to nodes."""
        self._counters = counters
        self._waiting = waiting
        self._sent = sent
        self._nodes: dict[str, NodeMetrics] = {}
        self._views: dict[str, MetricsView] = {}
        self._of_nodes: Counter[str] = Counter()
        """What nodes have counted, those too that are no more here."""
        self._process = NodeMetrics(self._of_process, PROCESS_EVENTS)
        self._pauses = GcPauses(self._process.samples)
        self.start, self.stop = self._pauses.start, self._pauses.stop
        self._interval = int(time.time()) // INTERVAL_S
        self._first = self._interval

    def begin(self, node: Node) -> None:
        """This node is here from now on."""
        self._nodes[node.name] = NodeMetrics(lambda: _of_actors(node), "lictor.events")

    def end(self, name: str) -> None:
        """It is no more."""
        self._nodes.pop(name, None)
        self._views.pop(name, None)

    def show(self, name: str, view: MetricsView) -> None:
        """From now on metrics of this node are told so."""
        self._views[name] = view

    def samples(self, name: str) -> Samples:
        """What takes values for this node."""
        return self._nodes[name].samples

    def count(self, what: str, node: str) -> None:
        """One more of these, on this node; the host's own counters have it already."""
        if node in self._nodes:
            self._nodes[node].counts[what] += 1
            self._of_nodes[what] += 1

    def second(self, lag_s: float) -> None:
        """Once a second: how far the process is behind; time to make figures of what was sampled."""
        self._process.samples["lictor.process.loop_lag_seconds"].append(lag_s)
        interval = int(time.time()) // INTERVAL_S
        over, self._interval = interval != self._interval, interval
        for part in (self._process, *self._nodes.values()):
            part.roll() if over else part.fold()

    async def read(self, job: ReadMetrics) -> MetricsRead:
        """The gateway's job. What the operating system says of the machine is read in a thread."""
        view = self._views.get(job.node, MetricsView())
        machine = await asyncio.to_thread(lambda: list(machine_readings())) if view.of_host else []
        whole = self._interval > self._first
        found = self._found(job.node, machine, whole=whole)
        if job.as_text:
            return MetricsRead(ticket=job.ticket, text=exposition(found, view) if view.prometheus else None)
        began = (self._interval - whole) * INTERVAL_S
        return MetricsRead(ticket=job.ticket, summary=summary(found, view, began=began, whole=whole))

    def _found(self, name: str, machine: Iterable[Reading], *, whole: bool) -> Found:
        waiting = self._waiting()
        own = Counter({role_of(to): count for to, count in waiting.items() if node_of(to) == name})
        mail = [(f"lictor.mailbox;actor={role}", float(count)) for role, count in own.items()]
        mail.append(("lictor.process.mailbox", float(sum(waiting.values()))))
        parts = self._nodes[name], self._process
        return found_in(name, parts, (*mail, *process_readings(), *machine), whole=whole)

    def _of_process(self) -> Iterator[Reading]:
        for what, count in self._counters.items():
            if count > self._of_nodes[what]:
                yield counter_of(what, PROCESS_EVENTS), float(count - self._of_nodes[what])
        for what, count in self._sent().items():
            yield f"lictor.process.bus;sent={what.removesuffix('_out')}", float(count)
        yield "lictor.process.cpu_seconds", time.process_time()
        yield "runtime.total_gc_pause_ns", float(self._pauses.total_ns)


def _of_actors(node: Node) -> Iterator[Reading]:
    for seat in node.seats.values():
        if seat.life is not None:
            yield from seat.life.actor.readings()
