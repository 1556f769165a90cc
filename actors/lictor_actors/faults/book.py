"""The list of faults in force. It only computes: whoever keeps the book applies what a fault says."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from random import Random

from lictor_actors.faults.kinds import refuse_unknown_kinds
from lictor_actors.faults.levels import Level, refuse_unsupported
from lictor_actors.faults.selectors import Chance, NodeView, resolve
from lictor_actors.faults.vocabulary import Verb
from lictor_actors.faults.writing import Writing, written
from lictor_messages.faults import ActorVerb, ClockRule, DiskRule, FaultRule, HandleActor, SpoilOnce

DOWN: tuple[ActorVerb, ...] = ("crash", "kill", "stop", "cut_power")


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: rules that hold until it heals, verbs to do now, verbs to do when it heals."""

    id: str
    verb: str
    what: str
    """In words, with whom the selectors named at that moment."""
    rules: tuple[FaultRule, ...] = ()
    disks: tuple[DiskRule, ...] = ()
    clocks: tuple[ClockRule, ...] = ()
    now: tuple[HandleActor | SpoilOnce, ...] = ()
    undo: tuple[HandleActor, ...] = ()
    duration_s: float | None = None
    stall: tuple[float, float] | None = None
    """Seconds of no turns, and from the beginning of one to the next (0: only once)."""

    @property
    def ruled(self) -> bool:
        """True if it changes the rules in force."""
        return bool(self.rules or self.disks or self.clocks)

    @property
    def holds(self) -> bool:
        """False for what is done and over at once."""
        return self.ruled or bool(self.undo)


@dataclass(frozen=True, slots=True)
class Healed:
    """A fault that is no longer in the book, and what is to be done about it."""

    fault: Fault
    undo: tuple[HandleActor, ...]
    """Its own undoing where no other fault keeps things as they are, then what other faults want done again."""


class FaultBook:
    """``inject`` writes a fault into the book and returns it; ``heal`` takes it out again and says what to undo.

    ``nodes`` says which nodes there are at this moment; ``rng`` is what selectors draw from.
    """

    def __init__(self, nodes: Callable[[], list[NodeView]], level: Level = "world", rng: Random | None = None) -> None:
        self.nodes = nodes
        self.level: Level = level
        self._chance = Chance(rng or Random(0))
        self._count = 0
        self.faults: dict[str, Fault] = {}
        """Those in force, oldest first."""

    @property
    def rules(self) -> tuple[FaultRule, ...]:
        """All rules on messages in force."""
        return tuple(rule for fault in self.faults.values() for rule in fault.rules)

    @property
    def disks(self) -> tuple[DiskRule, ...]:
        """All rules on disks in force."""
        return tuple(rule for fault in self.faults.values() for rule in fault.disks)

    @property
    def clocks(self) -> tuple[ClockRule, ...]:
        """All rules on clocks in force."""
        return tuple(rule for fault in self.faults.values() for rule in fault.clocks)

    def inject(self, verb: Verb) -> Fault:
        """Resolve its selectors and write it down.

        Raises LookupError if a selector names nobody, UnsupportedFault if this level cannot do it, ValueError for
        what makes no sense here.
        """
        refuse_unsupported(verb, self.level)
        refuse_unknown_kinds(verb)
        nodes = self.nodes()
        name = f"f{self._count + 1}"
        said: Writing = written(verb, name, nodes, lambda who: resolve(who, nodes, self._chance))
        self._count += 1
        what = f"{verb.name} {said.told}"
        fault = Fault(
            name, verb.name, what, said.rules, said.disks, said.clocks, said.now, said.undo, verb.duration_s, said.stall
        )
        if fault.holds:
            self.faults[fault.id] = fault
        return fault

    def rehearse(self, verb: Verb) -> None:
        """Raises what ``inject`` would say of this verb at any time; whom its selectors name may be another by then."""
        refuse_unsupported(verb, self.level)
        refuse_unknown_kinds(verb)
        nodes = self.nodes()
        with suppress(LookupError):
            written(verb, "f0", nodes, lambda who: resolve(who, nodes))

    def heal(self, fault_id: str) -> Healed | None:
        """End a fault; None if it has been healed already."""
        fault = self.faults.pop(fault_id, None)
        if fault is None:
            return None
        return Healed(fault, self.undoing(fault))

    def undoing(self, fault: Fault) -> tuple[HandleActor, ...]:
        """How to undo a fault as far as no other fault wants things to stay."""
        wishes = self._wishes(besides=fault)
        undo = [wish for wish in fault.undo if not any(_stays(other, wish) for other in wishes)]
        again = [w for w in wishes for undone in undo if not undone.role and w.role and _keeps(w, undone)]
        return (*undo, *again)

    def named(self, verb: str) -> list[str]:
        """Ids of the faults in force with this verb."""
        return [fault.id for fault in self.faults.values() if fault.verb == verb]

    def _wishes(self, besides: Fault) -> list[HandleActor]:
        others = [fault for fault in self.faults.values() if fault is not besides]
        return [wish for fault in others for wish in fault.now if isinstance(wish, HandleActor)]


def _stays(wish: HandleActor, undo: HandleActor) -> bool:
    """Another fault wants exactly this to stay, or the whole node of it."""
    return _keeps(wish, undo) and wish.role in ("", undo.role)


def _keeps(wish: HandleActor, undo: HandleActor) -> bool:
    if wish.node != undo.node:
        return False
    return wish.verb == "pause" if undo.verb == "resume" else wish.verb in DOWN and undo.verb == "restart"
