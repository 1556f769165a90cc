"""The list of faults in force. It only computes: the engine has a ground carry out what a fault says."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from random import Random

from lictor_actors.faults.kinds import refuse_unknown_kinds
from lictor_actors.faults.levels import Level, refuse_unsupported
from lictor_actors.faults.selectors import Chance, NodeView, resolve
from lictor_actors.faults.verb import Verb
from lictor_actors.faults.writing import Aim, Writing
from lictor_messages.faults import ActorVerb, HandleActor, SetRules, SpoilOnce

Deed = HandleActor | SpoilOnce
DOWN: tuple[ActorVerb, ...] = ("crash", "kill", "stop", "cut_power")


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: rules that hold until it heals, deeds to do now, deeds to do when it heals."""

    id: str
    verb: str
    what: str
    """In words, with the names that its selectors stood for at that moment."""
    writing: Writing
    duration_s: float | None = None

    @property
    def ruled(self) -> bool:
        """True if it changes the rules in force."""
        return bool(self.writing.rules or self.writing.disks or self.writing.clocks)

    @property
    def holds(self) -> bool:
        """False for what is done and over at once."""
        return self.ruled or bool(self.writing.undo)

    @property
    def actors(self) -> tuple[HandleActor, ...]:
        """Those of its deeds that are done to actors."""
        return tuple(deed for deed in self.writing.now if isinstance(deed, HandleActor))

    @property
    def again(self) -> bool:
        """True for what is done again and again until it heals."""
        busy, every = self.writing.stall or (0.0, 0.0)
        return every > busy

    def without(self, undone: tuple[HandleActor, ...]) -> Fault:
        """What is left of it when these deeds have undone a part."""
        writing = self.writing
        now = tuple(one for one in writing.now if isinstance(one, SpoilOnce) or not _any_undoes(undone, one))
        undo = tuple(one for one in writing.undo if not any(_covers(deed, one) for deed in undone))
        return replace(self, writing=replace(writing, now=now, undo=undo))


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
    def in_force(self) -> SetRules:
        """All rules of all faults in force."""
        writings = [fault.writing for fault in self.faults.values()]
        return SetRules(
            rules=tuple(rule for one in writings for rule in one.rules),
            disks=tuple(rule for one in writings for rule in one.disks),
            clocks=tuple(rule for one in writings for rule in one.clocks),
        )

    def inject(self, verb: Verb) -> Fault:
        """Resolve its selectors and write it down.

        Raises LookupError if a selector names no node, UnsupportedFault if this level cannot do it, ValueError for
        what makes no sense here.
        """
        refuse_unsupported(verb, self.level)
        refuse_unknown_kinds(verb)
        nodes = self.nodes()
        id = f"f{self._count + 1}"
        writing = verb.written(Aim(id, nodes, lambda who: resolve(who, nodes, self._chance)))
        self._count += 1
        fault = Fault(id, verb.name, f"{verb.name} {writing.told}", writing, verb.duration_s)
        if fault.holds:
            self.faults[fault.id] = fault
        return fault

    def rehearse(self, verb: Verb) -> None:
        """Raises what ``inject`` would say of this verb at any time; its selectors may name other nodes by then."""
        refuse_unsupported(verb, self.level)
        refuse_unknown_kinds(verb)
        nodes = self.nodes()
        with suppress(LookupError):
            verb.written(Aim("f0", nodes, lambda who: resolve(who, nodes)))

    def heal(self, fault_id: str) -> Healed | None:
        """End a fault; None if it has been healed already."""
        fault = self.faults.pop(fault_id, None)
        if fault is None:
            return None
        return Healed(fault, self.undoing(fault))

    def undone_by(self, deeds: tuple[HandleActor, ...]) -> list[Fault]:
        """The faults that end because these deeds undo the rest of what they did; they leave the book.

        A fault that is undone for some of its nodes holds for the others. One that has rules, or strikes again by
        itself, stays until it heals.
        """
        over = []
        for fault in list(self.faults.values()):
            if (
                fault.ruled
                or fault.again
                or not any(_covers(deed, one) for deed in deeds for one in fault.writing.undo)
            ):
                continue
            left = self.faults[fault.id] = fault.without(deeds)
            if not left.holds:
                over.append(self.faults.pop(fault.id))
        return over

    def undoing(self, fault: Fault) -> tuple[HandleActor, ...]:
        """How to undo a fault as far as no other fault wants things to stay."""
        others = [deed for other in self.faults.values() if other is not fault for deed in other.actors]
        undo = [one for one in fault.writing.undo if not any(_stays(other, one) for other in others)]
        again = [one for one in others for undone in undo if not undone.role and one.role and _keeps(one, undone)]
        return (*undo, *again)

    def named(self, verb: str) -> list[str]:
        """Ids of the faults in force with this verb."""
        return [fault.id for fault in self.faults.values() if fault.verb == verb]


def _stays(done: HandleActor, undo: HandleActor) -> bool:
    """Another fault wants exactly this to stay, or the whole node of it."""
    return _keeps(done, undo) and done.role in ("", undo.role)


def _keeps(done: HandleActor, undo: HandleActor) -> bool:
    if done.node != undo.node:
        return False
    return done.verb == "pause" if undo.verb == "resume" else done.verb in DOWN and undo.verb == "restart"


def _any_undoes(deeds: tuple[HandleActor, ...], done: HandleActor) -> bool:
    return any(_keeps(done, deed) and deed.role in ("", done.role) for deed in deeds)


def _covers(deed: HandleActor, undo: HandleActor) -> bool:
    """The deed does what the undoing would do, for this actor or for its whole node."""
    return (deed.verb, deed.node) == (undo.verb, undo.node) and deed.role in ("", undo.role)
