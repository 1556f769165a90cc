"""A cluster on Ray: the same parent as ``lictor dev`` has, whose processes are hosts on the nodes of Ray."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from lictor_deploy.local.cluster import ClusterParent, Layout
from lictor_deploy.local.json_lines import Said
from lictor_deploy.local.parent.supervisor import Process
from lictor_deploy.local.plan import DevOptions, NodeAddress
from lictor_deploy.ray.machines import Machines, RayMachine
from lictor_deploy.ray.opening import Hosts, Opening
from lictor_deploy.ray.spread import first_homes, least_loaded, spec_of

LOOK_EVERY_S = 0.5
REPLACE_AFTER_S = 20.0
"""A server whose machine has not come back by then is replaced by a new one."""
NEXT_REPLACED_AFTER_S = 30.0
"""Autopilot promotes and removes after 10 s each, which it looks for every 2 s."""
SHARED = "on Ray all nodes of a machine are in one process, and no server starts with the same id and an empty disk"


class RayCluster(ClusterParent):
    """Watches hosts: agents of one that is gone go to others, servers wait for the machine with their journal."""

    def __init__(
        self,
        options: DevOptions,
        machines: Machines,
        launcher: Callable[[Callable[[str, int], Opening]], Hosts],
        cluster: str,
        run: Path,
        data: Path,
        *,
        kept_in: str,
        log_level: str,
        signals: list[int],
        umask: int,
    ) -> None:
        """``launcher`` is made with what gives each host its opening.

        ``kept_in``: where machines keep state, "" for temporary directories.
        """
        self._options = options
        self._machines = machines
        self._cluster = cluster
        self._kept_in = kept_in
        self._log_level = log_level
        self._launcher = launcher(self._opening)
        self._launcher.ray_nodes = {machine.process: machine.ray_node for machine in machines.all()}
        layout = first_layout(options, machines.all(), self._launcher)
        self._founders = {place.name for place in layout.places if place.server}
        self._begun = False
        """Every host has opened once, and the nodes were given out."""
        self._lost_since: dict[str, float] = {}
        """Server → since when no host has its journal."""
        self._replaced_at = -NEXT_REPLACED_AFTER_S
        self._retired: set[str] = set()
        self._broken: set[str] = set()
        """Processes that have crashed too often: they stay down, though their machines answer."""
        super().__init__(layout, run, data, signals=signals, umask=umask)

    def start(self) -> None:
        """Start a host on every node of Ray."""
        super().start()
        self._watch()

    def _opening(self, process: str, life: int) -> Opening:
        control = self._control
        record = Path(control.trace_of(process)).name
        return Opening(process, self._cluster, self._kept_in, self._token, self._log_level, control.rules, record, life)

    # -- what hosts say --------------------------------------------------------

    def _heard(self, name: str, message: Said) -> None:
        match message:
            case {"opened": dict(facts)}:
                self._opened(name, facts)
            case {"taken": [str(node), str(ip), int(http), int(door)]}:
                self._taken(NodeAddress(node, ip, http, door))
            case {"fenced": list(agents)}:
                self._deal(agents)
            case {"log": str(text)}:
                self._write(f"{name}.log", text)
            case {"trace": str(file), "text": str(text)}:
                self._write(file, text)
            case _:
                super()._heard(name, message)

    def _opened(self, process: str, facts: Said) -> None:
        machine = self._machines.opened(process, facts)
        self._supervisor.processes[process].pid = machine.pid
        self._launcher.opened(process)
        self._describe_again()
        self._pin(machine)
        if self._begun:
            self._give_all(machine.process)
        elif all(machine.lanes for machine in self._machines.all()):
            self._begun = True
            for process in self._launcher.ray_nodes:
                self._give_all(process)

    def _pin(self, machine: RayMachine) -> None:
        """Servers belong where their journals are."""
        for place in self._places:
            if place.name in machine.servers:
                self._homes[place.node] = machine.process
                self._lost_since.pop(place.name, None)

    def _give_all(self, process: str) -> None:
        """What lives there, to a host that has begun, now or again."""
        self._give([place for place in self._places if self._homes[place.node] == process], process)

    def _taken(self, place: NodeAddress) -> None:
        self._places = [place if old.name == place.name else old for old in self._places]
        self._describe_again()

    def _describe_again(self) -> None:
        self._facts.update(self._describe(), machines=self._machines.described())

    def _write(self, file: str, text: str) -> None:
        with (self._data / "logs" / Path(file).name).open("a", encoding="utf-8") as log:
            log.write(text)

    # -- what becomes of nodes -------------------------------------------------

    def _give(self, places: Iterable[NodeAddress], process: str, *, fresh: bool = False) -> None:
        joins = self._machines.lanes_of({self._homes[place.node] for place in self._places if place.server})
        specs = [
            spec_of(place.name, self._options, joins, founder=place.name in self._founders).model_dump(mode="json")
            for place in places
        ]
        if specs:
            self._supervisor.tell({"take": specs, "fresh": fresh}, [process])

    def _died(self, process: Process, status: int) -> None:
        silent = self._launcher.silent(process.name)
        if process.given_up:
            self._broken.add(process.name)
            self._launcher.kill(process.name, 0)  # what is left of it may still host nodes
            self._bury(process)
            self._lose(process.name, f"died too often (its log: {self._data}/logs/{process.name}.log)")
        elif silent or not self._machines.alive(process.name):
            self._bury(process)
            self._lose(process.name, "does not answer" if silent else "died, and its node of Ray with it")
        else:
            super()._died(process, status)

    def _lose(self, process: str, why: str) -> None:
        """It is out of reach: its agents are started elsewhere once they have surely ended there, its servers wait."""
        if not self._begun:
            self._refused = f"The host on the node of Ray at {self._machines.of(process).ip} {why}."
        self._supervisor.give_up(process)
        self._machines.lose(process)
        there = [place for place in self._places if self._homes[place.node] == process]
        for place in there:
            if place.server:
                self._lost_since.setdefault(place.name, time.monotonic())
        agents = [place.name for place in there if not place.server]
        self._warn(f"{process} {why}: its {len(agents)} agents start elsewhere.")
        self._control.alarms.later(self._launcher.lease_left_s(process), lambda: self._deal(agents))

    def _deal(self, agents: Iterable[str]) -> None:
        """Start these on the hosts that have the fewest nodes."""
        open_ = [machine.process for machine in self._machines.all() if machine.lanes]
        if not open_:
            return
        loads = Counter(home for home in self._homes.values())
        dealt: dict[str, list[NodeAddress]] = {}
        moved = [place for place in self._places if place.name in set(agents)]
        self._convergence.forget(place.node for place in moved)
        for place in moved:
            home = least_loaded(open_, loads)
            loads[home] += 1
            self._homes[place.node] = home
            dealt.setdefault(home, []).append(place)
        for home, places in dealt.items():
            self._give(places, home, fresh=True)

    def _watch(self) -> None:
        """Now and then: which nodes of Ray came, which hosts answer again, which servers are gone."""
        self._control.alarms.later(LOOK_EVERY_S, self._watch)
        for machine in self._machines.arrivals():
            self._launcher.ray_nodes[machine.process] = machine.ray_node
            self._supervisor.add(machine.process)
        for process in self._machines.gone - self._broken:
            if not self._supervisor.processes[process].pid and self._launcher.reachable(process):
                self._supervisor.let_go(process)
        if beyond_return := self._beyond_return():
            self._replace(beyond_return)

    def _beyond_return(self) -> str:
        """A server that has been gone for too long, "" if there is none, or if its journal is needed.

        Without a majority no newcomer is let in, and only the journals of those that are gone bring it back. One
        newcomer at a time: until it votes and the old one does not, a further loss may cost the majority.
        """
        now, servers = time.monotonic(), sum(place.server for place in self._places)
        if len(self._lost_since) > (servers - 1) // 2 or now - self._replaced_at < NEXT_REPLACED_AFTER_S:
            return ""
        return next((name for name, since in self._lost_since.items() if now - since > REPLACE_AFTER_S), "")

    def _replace(self, old: str) -> None:
        """A server that has never been takes the place of one whose journal is gone: never the same id without it."""
        open_ = [machine.process for machine in self._machines.all() if machine.lanes]
        if not open_:
            return
        del self._lost_since[old]
        self._replaced_at = time.monotonic()
        self._retired.add(old)
        numbers = [
            int(name.rpartition("-")[2]) for name in (*self._retired, *(p.name for p in self._places if p.server))
        ]
        new = f"server-{max(numbers) + 1}"
        loads = Counter({p: 0 for p in open_})
        loads.update(self._homes[place.node] for place in self._places if place.server)
        home = least_loaded(open_, loads)
        place = NodeAddress(new, self._machines.of(home).ip, 0, 0)
        self._places = [place if each.name == old else each for each in self._places]
        del self._homes[f"{old}.dc1"]
        self._homes[place.node] = home
        self._convergence.replace(f"{old}.dc1", place.node)
        self._warn(f"The machine of {old} has not come back: {new} joins in its place, on {home}.")
        self._give([place], home)
        self._describe_again()


def first_layout(options: DevOptions, machines: Iterable[RayMachine], launcher: Hosts) -> Layout:
    """Where nodes begin. Where they listen is said by their hosts."""
    ips = {machine.process: machine.ip for machine in machines}
    by_name = first_homes(options, list(ips))
    places = [NodeAddress(name, ips[process], 0, 0) for name, process in by_name.items()]
    homes = {f"{name}.dc1": process for name, process in by_name.items()}
    idle = tuple(process for process in ips if process not in by_name.values())
    return Layout(places, homes, launcher, options.seed, idle, SHARED)
