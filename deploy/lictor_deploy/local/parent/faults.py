"""The faults of a local cluster: the parent keeps the book and tells the processes; some it does to them itself."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from random import Random

from lictor_actors.faults.book import Fault, FaultBook, Healed
from lictor_actors.faults.levels import UnsupportedFault
from lictor_actors.faults.vocabulary import Verb
from lictor_deploy.local.channel import Said
from lictor_deploy.local.parent.alarms import Alarms
from lictor_deploy.local.parent.bit_flips import flip_a_bit
from lictor_deploy.local.parent.orders import Orders
from lictor_deploy.local.parent.supervisor import Supervisor
from lictor_messages.faults import ClockRule, HandleActor, SetRules, SpoilOnce

Injected = Callable[[Fault, int], object]
"""Told when every process has the fault in force: the fault, and how many actors it was done to."""
HealedAll = Callable[[list[str]], object]
Log = Callable[[str], None]


class ParentFaults:
    """Injects and heals; each call says when every process has confirmed.

    A node that has a process of its own is killed and stopped as a process, by signal and by request. Nodes that
    share one are ended inside it: the others must go on.
    """

    def __init__(
        self,
        book: FaultBook,
        supervisor: Supervisor,
        orders: Orders,
        alarms: Alarms,
        homes: Mapping[str, str],
        data: Path | None = None,
        log: Log | None = None,
    ) -> None:
        self.book = book
        self._supervisor = supervisor
        self._orders = orders
        self._alarms = alarms
        self._homes = homes
        self._data = data
        self._log = log
        self._rng = Random(secrets.randbits(64))
        self._wipe: dict[str, str] = {}
        """Process → the node whose directory goes before the process starts again."""
        self._jumped: dict[str, int] = {}
        """Node → by how much its wall clock has jumped: that heals with no fault, and outlives its process."""

    @property
    def in_force(self) -> SetRules:
        """What a process that starts now has to apply."""
        jumped = tuple(ClockRule(id="jumped", node=node, skew_ns=by) for node, by in self._jumped.items())
        return SetRules(rules=self.book.rules, disks=self.book.disks, clocks=self.book.clocks + jumped)

    def inject(self, verb: Verb, confirmed: Injected | None = None) -> Fault:
        """Put a fault in force. Raises what ``FaultBook.inject`` raises, and UnsupportedFault."""
        fault = self.book.inject(verb)
        try:
            self._refuse(fault)
        except UnsupportedFault:
            self.book.heal(fault.id)
            raise
        self.log(f"{fault.id} {fault.what}")
        jumped = [self._spoil(wish) for wish in fault.now if isinstance(wish, SpoilOnce)]
        now = [wish for wish in fault.now if isinstance(wish, HandleActor)]
        self._do(fault.ruled or any(jumped), now, lambda count: confirmed and confirmed(fault, count))
        if fault.stall is not None:
            self._alarms.later(fault.stall[0], lambda: self._breathe(fault))
        if fault.duration_s is not None:
            self._alarms.later(fault.duration_s, lambda: self.heal([fault.id]))
        return fault

    def heal(self, ids: Iterable[str], confirmed: HealedAll | None = None) -> None:
        """End these faults, as far as they are in force."""
        healed: list[Healed] = [one for one in map(self.book.heal, list(ids)) if one is not None]
        for one in healed:
            self.log(f"healed {one.fault.id} {one.fault.what}")
        rules = any(one.fault.ruled for one in healed)
        names = [one.fault.id for one in healed]
        self._do(rules, [wish for one in healed for wish in one.undo], lambda _: confirmed and confirmed(names))

    def calm(self) -> None:
        """End all faults; plans go on."""
        self.heal(list(self.book.faults))

    def later(self, seconds: float, call: Callable[[], None]) -> None:
        """Call when so much time has passed."""
        self._alarms.later(seconds, call)

    def log(self, event: str) -> None:
        """Faults are part of the timeline."""
        if self._log is not None:
            self._log(event)

    def gone(self, process: str) -> None:
        """A process died: this is the moment at which nobody uses its files."""
        node = self._wipe.pop(process, None)
        if node is not None and self._data is not None:
            shutil.rmtree(self._data / node.partition(".")[0], ignore_errors=True)

    def cannot_start(self, process: str, why: str) -> None:
        """A process that is not to be started again and again: an injected fault may have spoilt its files."""
        self.log(why)
        self._supervisor.kill(process)

    # -- inside ----------------------------------------------------------------

    def _refuse(self, fault: Fault) -> None:
        """Nothing may have been done yet when some part of a fault turns out to be impossible."""
        for wish in fault.now:
            needs_a_process = wish.what == "bit_flip" if isinstance(wish, SpoilOnce) else wish.verb == "cut_power"
            if isinstance(wish, HandleActor) and wish.wipe:
                needs_a_process = True
            if needs_a_process and not self._alone(self._homes[wish.node]):
                raise UnsupportedFault(
                    fault.verb, "live", f"{wish.node} shares a process and its disk with others; servers have their own"
                )

    def _spoil(self, wish: SpoilOnce) -> bool:
        """True if that changes the rules in force."""
        if wish.what == "jump":
            self._jumped[wish.node] = self._jumped.get(wish.node, 0) + wish.by_ns
            return True
        if self._data is not None:
            self.log(flip_a_bit(self._data / wish.node.partition(".")[0], self._rng))
        return False

    def _do(self, rules: bool, wishes: Iterable[HandleActor], confirmed: Callable[[int], object]) -> None:
        orders: list[tuple[str, Said]] = []
        if rules:
            new = {"rules": self.in_force.model_dump(mode="json")}
            orders += [(process, new) for process in self._supervisor.processes]
        orders += [order for wish in wishes for order in self._order(wish)]
        self._orders.give(orders, confirmed)

    def _order(self, wish: HandleActor) -> Iterator[tuple[str, Said]]:
        process = self._homes[wish.node]
        if not wish.role and self._alone(process) and self._on_process(wish, process):
            return
        # What keeps its default is left out: a process of the same version fills it in.
        yield process, {"actor": wish.model_dump(mode="json", exclude={"wipe"} if wish.torn else {"wipe", "torn"})}

    def _on_process(self, wish: HandleActor, process: str) -> bool:
        """Do it to the process itself; False if it is for the actors inside."""
        held = self._supervisor.processes[process].held
        match wish.verb:
            case "kill":
                self._supervisor.kill(process)
            case "stop":
                self._supervisor.end(process)
            case "cut_power":
                self._supervisor.hold(process)
                return False  # it loses what was not synced, and then ends itself
            case "restart" if wish.wipe:
                self._wipe_when_gone(process, wish.node)
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
        return list(self._homes.values()).count(process) == 1

    def _breathe(self, fault: Fault) -> None:
        """A stall is over: the actors go on, and stall again if they are to."""
        busy, every = fault.stall or (0.0, 0.0)
        if fault.id not in self.book.faults:
            return
        if every <= busy:
            self.heal([fault.id])
            return
        self._do(False, self.book.undoing(fault), _nobody)
        self._alarms.later(every - busy, lambda: self._stall(fault))

    def _stall(self, fault: Fault) -> None:
        if fault.id in self.book.faults:
            self._do(False, [w for w in fault.now if isinstance(w, HandleActor)], _nobody)
            self._alarms.later(fault.stall[0] if fault.stall else 0.0, lambda: self._breathe(fault))


def _nobody(_count: int) -> None:
    """Nobody waits for the confirmations of what happens by plan."""
