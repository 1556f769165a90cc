"""Faults as data: rules on messages, verbs on actors. The same records work on a live cluster and in the world."""

from __future__ import annotations

from typing import Literal

from lictor_messages.base import Message, Record

ActorVerb = Literal["pause", "resume", "crash", "restart"]


class FaultRule(Record):
    """What happens to messages that match: applied once, at the sender.

    ``sources`` and ``targets`` name nodes (``n1.dc1``) or actors (``prober@n1.dc1``); empty means everyone. Messages
    that stay on one node match only where the actor itself is named: nodes and everyone mean what travels.
    ``groups`` instead splits nodes: a message from one group to another matches, in both directions. ``kinds``
    limits the rule to some messages. Of the matching messages a share of ``probability`` is hit.
    """

    id: str
    sources: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    groups: tuple[tuple[str, ...], ...] = ()
    kinds: tuple[str, ...] = ()
    probability: float = 1.0
    effect: Literal["drop", "delay", "duplicate"]
    delay_ns: int = 0
    jitter_ns: int = 0


class SetRules(Message):
    """Replace the whole list of rules of a process; answered by RulesSet."""

    rules: tuple[FaultRule, ...]


class RulesSet(Message):
    """The rules are in force."""

    count: int


class HandleActor(Message):
    """Pause, resume, crash or restart one actor, or all actors of a node if ``role`` is empty."""

    verb: ActorVerb
    node: str
    role: str = ""


class ActorHandled(Message):
    """How many actors the verb was applied to."""

    count: int
