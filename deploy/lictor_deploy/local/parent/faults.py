"""A local cluster's processes as the ground of faults: the parent tells them, and does some faults to them itself."""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from random import Random

from lictor_actors.faults.book import Deed, Fault
from lictor_actors.faults.ground import Confirmed, FaultGround
from lictor_actors.faults.levels import UnsupportedFault
from lictor_deploy.local.json_lines import Said
from lictor_deploy.local.parent.alarms import Alarms
from lictor_deploy.local.parent.bit_flips import flip_a_bit
from lictor_deploy.local.parent.hits import Hits
from lictor_deploy.local.parent.orders import Orders
from lictor_deploy.local.parent.supervisor import Supervisor
from lictor_messages.faults import ClockRule, HandleActor, SetRules, SpoilOnce

Log = Callable[[str], None]


class ProcessesGround(FaultGround):
    """Carries faults out, and says when every process has confirmed.

    A node that has a process of its own is killed and stopped as a process, by signal and by request. Nodes that
    share one are ended inside it: the others must go on.
    """

    def __init__(
        self,
        supervisor: Supervisor,
        orders: Orders,
        alarms: Alarms,
        homes: Mapping[str, str],
        data: Path | None = None,
        log: Log | None = None,
        shared: str = "",
    ) -> None:
        """``shared``: why no node has a process and a disk of its own, "" if some have."""
        self._supervisor = supervisor
        self._orders = orders
        self._alarms = alarms
        self._homes = homes
        self._data = data
        self._log = log
        self._shared = shared
        self._rng = Random(secrets.randbits(64))
        self._rules = SetRules(rules=())
        self._hits = Hits()
        self._wipe: dict[str, str] = {}
        """Process → the node whose directory goes before the process starts again."""
        self._jumped: dict[str, int] = {}
        """Node → by how much its wall clock has jumped: that heals with no fault, and outlives its process."""

    @property
    def in_force(self) -> SetRules:
        """What a process that starts now has to apply."""
        jumped = tuple(ClockRule(id="jumped", node=node, skew_ns=by) for node, by in self._jumped.items())
        return self._rules.model_copy(update={"clocks": self._rules.clocks + jumped})

    def refuse(self, fault: Fault) -> None:
        """See ``FaultGround``: what is done to a process and its disk is for nodes that have their own."""
        for deed in fault.writing.now:
            if _needs_a_process(deed) and not self._alone(self._homes[deed.node]):
                why = self._shared or f"{deed.node} shares a process and its disk with others; servers have their own"
                raise UnsupportedFault(fault.verb, "live", why)

    def carry_out(self, rules: SetRules | None, deeds: Sequence[Deed], confirmed: Confirmed) -> None:
        """See ``FaultGround``."""
        if rules is not None:
            self._rules = rules
        jumped = [self._spoil(deed) for deed in deeds if isinstance(deed, SpoilOnce)]
        orders: list[tuple[str, Said]] = []
        if rules is not None or any(jumped):
            new = {"rules": self.in_force.model_dump(mode="json")}
            orders += [(process, new) for process in self._supervisor.processes]
        orders += [order for deed in deeds if isinstance(deed, HandleActor) for order in self._order(deed)]
        self._orders.give(orders, confirmed)

    def hits(self) -> Mapping[str, int]:
        """See ``FaultGround``: what the processes have reported, about a second ago at most."""
        return self._hits.all()

    def now(self) -> float:
        """See ``FaultGround``."""
        return time.monotonic()

    def later(self, seconds: float, call: Callable[[], None]) -> None:
        """See ``FaultGround``."""
        self._alarms.later(seconds, call)

    def log(self, event: str) -> None:
        """See ``FaultGround``: a line of ``faults.log``."""
        if self._log is not None:
            self._log(event)

    # -- from the processes ----------------------------------------------------

    def hit(self, process: str, hits: Mapping[str, int]) -> None:
        """How many messages each fault has hit in the present life of this process."""
        self._hits.hear(process, hits)

    def gone(self, process: str) -> None:
        """A process died: at this moment its files are in use no more."""
        self._hits.gone(process)
        node = self._wipe.pop(process, None)
        if node is not None and self._data is not None:
            shutil.rmtree(self._data / node.partition(".")[0], ignore_errors=True)

    def cannot_start(self, process: str, why: str) -> None:
        """A process that is not to be started again and again: an injected fault may have spoilt its files."""
        self.log(why)
        self._supervisor.kill(process)

    # -- inside ----------------------------------------------------------------

    def _spoil(self, deed: SpoilOnce) -> bool:
        """True if that changes the rules in force."""
        if deed.what == "jump":
            self._jumped[deed.node] = self._jumped.get(deed.node, 0) + deed.by_ns
            return True
        if self._data is not None:
            self.log(flip_a_bit(self._data / deed.node.partition(".")[0], self._rng))
        return False

    def _order(self, deed: HandleActor) -> Iterator[tuple[str, Said]]:
        process = self._homes[deed.node]
        if not deed.role and self._alone(process) and self._on_process(deed, process):
            return
        # What keeps its default is left out: a process of the same version fills it in.
        yield process, {"actor": deed.model_dump(mode="json", exclude={"wipe"} if deed.torn else {"wipe", "torn"})}

    def _on_process(self, deed: HandleActor, process: str) -> bool:
        """Do it to the process itself; False if it is for the actors inside."""
        held = self._supervisor.processes[process].held
        match deed.verb:
            case "kill":
                self._supervisor.kill(process)
            case "stop":
                self._supervisor.end(process)
            case "cut_power":
                self._supervisor.hold(process)
                return False  # it loses what was not synced, and then ends itself
            case "restart" if deed.wipe:
                self._wipe_when_gone(process, deed.node)
            case "restart" if held:
                self._supervisor.let_go(process)
            case _:
                return False
        return True

    def _wipe_when_gone(self, process: str, node: str) -> None:
        runs = bool(self._supervisor.processes[process].pid)
        self._wipe[process] = node
        self._supervisor.kill(process)
        if not runs:
            self.gone(process)
        self._supervisor.let_go(process)

    def _alone(self, process: str) -> bool:
        return not self._shared and list(self._homes.values()).count(process) == 1


def _needs_a_process(deed: Deed) -> bool:
    if isinstance(deed, SpoilOnce):
        return deed.what == "bit_flip"
    return deed.verb == "cut_power" or deed.wipe
