"""The list of faults in force. It only computes: whoever keeps the book applies what a fault says."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from lictor_actors.faults.selectors import NodeView, resolve
from lictor_messages.envelope import node_of, role_of
from lictor_messages.faults import ActorVerb, FaultRule, HandleActor

Who = str | Iterable[str]
EVERYONE = "all"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: rules that hold until it heals, verbs to do now, verbs to do when it heals."""

    id: str
    what: str
    """In words, with whom the selectors named at that moment."""
    rules: tuple[FaultRule, ...] = ()
    now: tuple[HandleActor, ...] = ()
    undo: tuple[HandleActor, ...] = ()


class FaultBook:
    """Verbs write a fault into the book and return it; ``heal`` takes it out again and returns what to undo.

    ``nodes`` says which nodes there are at this moment. Every verb raises LookupError if a selector names nobody and
    ValueError for a number that makes no sense.
    """

    def __init__(self, nodes: Callable[[], list[NodeView]]) -> None:
        self.nodes = nodes
        self._count = 0
        self.faults: dict[str, Fault] = {}
        """Those in force, oldest first."""

    @property
    def rules(self) -> tuple[FaultRule, ...]:
        """All rules in force."""
        return tuple(rule for fault in self.faults.values() for rule in fault.rules)

    def heal(self, fault_id: str) -> Fault | None:
        """End a fault; None if it has been healed already."""
        return self.faults.pop(fault_id, None)

    # -- messages --------------------------------------------------------------

    def partition(self, *groups: Who) -> Fault:
        """No message passes from one group to another. One group alone is parted from everyone else."""
        parts = [self._resolve(group) for group in groups]
        if len(parts) == 1:
            parts.append(self._others(parts[0]))
        return self._split("partition", parts)

    def isolate(self, who: Who) -> Fault:
        """Each of these hears nobody and is heard by nobody; an actor not even by its own node."""
        names = self._resolve(who)
        addresses = [name for name in names if "@" in name]
        if addresses:
            both: list[dict[str, Any]] = [{"sources": (a,)} for a in addresses] + [{"targets": (a,)} for a in addresses]
            return self._rules(f"isolate {' '.join(addresses)}", *(rule | {"effect": "drop"} for rule in both))
        return self._split("isolate", [*((name,) for name in names), self._others(names)])

    def cut(self, sources: Who, targets: Who) -> Fault:
        """One way: what the sources say never reaches the targets."""
        return self.lose(sources, targets, 1.0)

    def lose(self, sources: Who, targets: Who, probability: float, kinds: Iterable[str] = ()) -> Fault:
        """Drop this share of the messages from sources to targets, of all kinds or of some."""
        return self._link("lose", sources, targets, kinds, probability, effect="drop")

    def delay(
        self, sources: Who, targets: Who, delay_s: float, jitter_s: float = 0.0, kinds: Iterable[str] = ()
    ) -> Fault:
        """Messages from sources to targets come later by ``delay_s`` and up to ``jitter_s`` more, drawn for each."""
        times = {"delay_ns": round(delay_s * 1e9), "jitter_ns": round(jitter_s * 1e9)}
        return self._link("delay", sources, targets, kinds, 1.0, effect="delay", **times)

    def duplicate(self, sources: Who, targets: Who, probability: float, kinds: Iterable[str] = ()) -> Fault:
        """This share of the messages from sources to targets comes twice."""
        return self._link("duplicate", sources, targets, kinds, probability, effect="duplicate")

    # -- actors ----------------------------------------------------------------

    def pause(self, who: Who) -> Fault:
        """These actors (all, of a node) take no turns until healed; their mail piles up."""
        return self._verbs("pause", who, undo="resume")

    def resume(self, who: Who) -> Fault:
        """What piled up is handled now."""
        return self._verbs("resume", who)

    def crash(self, who: Who) -> Fault:
        """These actors are gone at once; healing starts them again with what their journal holds."""
        return self._verbs("crash", who, undo="restart")

    def restart(self, who: Who) -> Fault:
        """End these actors if they live, and start them."""
        return self._verbs("restart", who)

    # -- how a fault is written --------------------------------------------------

    def _resolve(self, who: Who) -> tuple[str, ...]:
        return resolve(who, self.nodes())

    def _others(self, names: Iterable[str]) -> tuple[str, ...]:
        named = dict.fromkeys(names)
        return tuple(node.name for node in self.nodes() if node.name not in named)

    def _split(self, verb: str, groups: list[tuple[str, ...]]) -> Fault:
        told = " | ".join(" ".join(group) for group in groups)
        return self._rules(f"{verb} {told}", {"groups": tuple(groups), "effect": "drop"})

    def _link(
        self, verb: str, sources: Who, targets: Who, kinds: Iterable[str], probability: float, **rule: Any
    ) -> Fault:
        if not 0.0 <= probability <= 1.0:
            raise ValueError(f"a probability lies between 0 and 1, not {probability}")
        if rule.get("delay_ns", 0) < 0 or rule.get("jitter_ns", 0) < 0:
            raise ValueError("a delay cannot be negative")
        from_, to = self._anyone(sources), self._anyone(targets)
        told = f"{verb} {' '.join(from_) or EVERYONE} > {' '.join(to) or EVERYONE}"
        told += "".join(f" {name}={value}" for name, value in {"probability": probability, **rule}.items())
        link = {"sources": from_, "targets": to, "kinds": tuple(kinds), "probability": probability}
        return self._rules(told, {**link, **rule})

    def _anyone(self, who: Who) -> tuple[str, ...]:
        return () if who == EVERYONE else self._resolve(who)

    def _verbs(self, verb: ActorVerb, who: Who, undo: ActorVerb | None = None) -> Fault:
        names = self._resolve(who)
        back = tuple(_handle(undo, name) for name in names) if undo else ()
        fault = self._new(f"{verb} {' '.join(names)}", now=tuple(_handle(verb, name) for name in names), undo=back)
        if undo:
            self.faults[fault.id] = fault
        return fault

    def _rules(self, what: str, *rules: dict[str, Any]) -> Fault:
        fault = self._new(what, rules=rules)
        self.faults[fault.id] = fault
        return fault

    def _new(
        self,
        what: str,
        rules: tuple[dict[str, Any], ...] = (),
        now: tuple[HandleActor, ...] = (),
        undo: tuple[HandleActor, ...] = (),
    ) -> Fault:
        self._count += 1
        name = f"f{self._count}"
        return Fault(name, what, tuple(FaultRule(id=name, **rule) for rule in rules), now, undo)


def _handle(verb: ActorVerb, name: str) -> HandleActor:
    if "@" in name:
        return HandleActor(verb=verb, node=node_of(name), role=role_of(name))
    return HandleActor(verb=verb, node=name)
