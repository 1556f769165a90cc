"""The fault verbs of a cluster that runs elsewhere, asked for over its control socket or over HTTP."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any, Protocol

from lictor_actors.faults.healing import Heals
from lictor_actors.faults.levels import refuse_unsupported
from lictor_actors.faults.steps import Step
from lictor_actors.faults.verbs import Time, Verbs
from lictor_actors.faults.vocabulary import Verb, in_seconds
from lictor_deploy.words.sentence import Failure

Said = dict[str, Any]


class AskFaults(Protocol):
    """One request to the desk of faults, answered when all processes have confirmed. Raises Failure."""

    def __call__(self, request: str, **arguments: Any) -> Said:
        """``request`` is a verb with its parameters, or ``heal`` (fault), ``heal_all``, ``release``, ``play``, …"""
        ...


class FaultHandle(Heals):
    """A fault on a running cluster, or (in a list) a plan that it plays."""

    def __init__(
        self,
        ask: AskFaults,
        id: str,
        what: str,
        age_s: float | None = None,
        left_s: float | None = None,
        hits: int | None = None,
    ) -> None:
        self.id = id
        self.what = what
        """In words, with the nodes that the selectors named."""
        self.age_s = age_s
        """In a list: for how long it had been in force."""
        self.left_s = left_s
        """In a list: until it healed by itself; None for what is healed by hand."""
        self.hits = hits
        """In a list: messages that its rules had hit; None for a fault without rules on messages."""
        self._ask = ask

    @property
    def in_force(self) -> bool:
        """False when it has healed, and when another deed has undone what it did."""
        return any(fault["id"] == self.id for fault in self._ask("faults")["faults"])

    def heal(self) -> None:
        """End the fault; doing it twice does no harm."""
        self._ask("heal", fault=self.id)

    def __repr__(self) -> str:
        return f"<{self.id} {self.what}>"


class PlayHandle(Heals):
    """A plan that the cluster's parent plays."""

    def __init__(self, faults: ClusterFaults, ask: AskFaults, id: str) -> None:
        self.id = id
        self.struck = 0
        """Faults that it injected; known when it has ended."""
        self.refused: list[str] = []
        """Why others were not; known when it has ended."""
        self._faults = faults
        self._ask = ask

    def heal(self) -> None:
        """No step strikes any more, and everything heals."""
        ended = self._ask("halt", play=self.id)
        self.struck, self.refused = ended["struck"], ended["refused"]
        self._faults.heal_all()


class ClusterFaults(Verbs[FaultHandle]):
    """The fault verbs of a running cluster. Each returns when every process has the fault in force.

    They act on what actors say to each other, on processes and on journals; not on HTTP and not on the checks' own
    connections.
    """

    def __init__(self, ask: AskFaults) -> None:
        self._ask = ask

    def inject(self, verb: Verb) -> FaultHandle:
        """Put this fault in force. Raises Failure for what the cluster refuses."""
        answer = self._ask(verb.name, **verb.model_dump(mode="json", exclude_defaults=True))
        return FaultHandle(self._ask, answer["fault"], answer["what"])

    def play(self, steps: Iterable[Step]) -> PlayHandle:
        """Begin a plan (or a preset's steps): the cluster's parent strikes at its times until ``heal``."""
        plan = tuple(steps)
        for verb in (fault for step in plan for fault in step.faults):
            refuse_unsupported(verb, "live")
        return self.play_tables(*(step.table() for step in plan))

    def play_tables(self, *steps: Said) -> PlayHandle:
        """Begin a plan whose steps are tables, as in a scenario file: ``{"preset": "wan"}``."""
        return PlayHandle(self, self._ask, self._ask("play", steps=list(steps))["play"])

    def ls(self) -> list[FaultHandle]:
        """The faults in force, oldest first, then the plans that are being played."""
        return [FaultHandle(self._ask, **fault) for fault in self._ask("faults")["faults"]]

    def heal(self, name: str) -> list[str]:
        """End the fault or the plan of this name; returns what has ended, a plan after the faults that it injected."""
        healed: list[str] = self._ask("heal", fault=name)["healed"]
        return healed

    def release(self) -> list[str]:
        """Let go everything that ``hold`` keeps; returns the ids of those faults."""
        healed: list[str] = self._ask("release")["healed"]
        return healed

    def heal_all(self) -> list[str]:
        """End every fault and every plan; returns their ids."""
        healed: list[str] = self._ask("heal_all")["healed"]
        return healed

    def quiet(self, for_s: Time) -> None:
        """End every fault and let so much time pass without any."""
        self.heal_all()
        time.sleep(in_seconds(for_s))


def answered(said: Said) -> Said:
    """The reply; Failure if it is a refusal."""
    if "error" in said:
        raise Failure(said["error"] if said["error"].endswith("?") else f"{said['error']}.")
    return said
