"""Verbs on what actors say to each other: each becomes rules that the sender's side obeys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from lictor_actors.faults.verb import Share, Span, Verb, Who, names
from lictor_actors.faults.writing import Aim, Names, Writing, ns, refuse_actors
from lictor_messages.faults import Direction, FaultRule

ALL = ("all",)
HIT = "Share that is hit, 0 to 1"
SEEN = "Seen from whom the fault names first: to, what they send; from, what they are sent; both"
LIKENESS = "How much one message's fate resembles the last one's on the same link, 0 to 1"


def _positive(value: float) -> float:
    if value <= 0:
        raise ValueError("must be more than 0")
    return value


class NetworkVerb(Verb):
    """A fault of messages."""

    match: Annotated[
        tuple[str, ...],
        BeforeValidator(names),
        Field(description="Only these kinds of messages, like swim.ping or raft.*; may be given several times."),
    ] = ()
    probability: Annotated[Share, Field(description=HIT)] = 1.0
    direction: Annotated[Direction, Field(description=SEEN)] = "both"

    def rule(self, aim: Aim, **rule: Any) -> FaultRule:
        """A rule on the messages that this fault is for."""
        return FaultRule(id=aim.id, kinds=self.match, probability=self.probability, **rule)

    def split(self, aim: Aim, groups: Sequence[Names], told: str) -> Writing:
        """No message passes from one group to another."""
        rule = self.rule(aim, effect="drop", groups=tuple(groups), direction=self.direction)
        return Writing(told + self.options, (rule,))


class LinkVerb(NetworkVerb):
    """A fault of what some nodes say to others."""

    sources: Annotated[Who, Field(alias="from", description="WHO sends")] = ALL
    targets: Annotated[Who, Field(alias="to", description="WHO is sent to")] = ALL
    direction: Annotated[Direction, Field(description=SEEN)] = "to"

    def effect(self) -> dict[str, Any]:
        """What its rule does to a message."""
        return {"effect": self.name}

    def written(self, aim: Aim) -> Writing:
        """One rule for each direction."""
        from_, to = (() if who == ALL else aim.resolve(who) for who in (self.sources, self.targets))
        ends = [(from_, to)] if self.direction == "to" else [(to, from_)]
        if self.direction == "both":
            ends.append((from_, to))
        told = f"{' '.join(from_) or 'all'} > {' '.join(to) or 'all'}"
        rules = (self.rule(aim, sources=sources, targets=targets, **self.effect()) for sources, targets in ends)
        return Writing(told + self.options, tuple(rules))


class Partition(NetworkVerb):
    """No message passes from one group to another. One group alone is parted from everyone else."""

    example = "server-1,agent-1 server-2,server-3"

    groups: Annotated[tuple[Who, ...], Field(min_length=1, description="WHO, several times.")]

    def written(self, aim: Aim) -> Writing:
        """One rule that knows the groups."""
        resolved = [aim.resolve(group) for group in self.groups]
        groups = _apart(resolved) if len(resolved) > 1 else [resolved[0], aim.others(resolved[0])]
        for group in groups:
            refuse_actors(self.name, group)
        return self.split(aim, groups, " | ".join(" ".join(group) for group in groups))


def _apart(groups: Sequence[Names]) -> list[Names]:
    """A node that several groups name belongs to the first, as in ``partition leader servers``."""
    taken: dict[str, None] = {}
    apart = []
    for group in groups:
        left = tuple(name for name in group if name not in taken)
        if not left:
            raise LookupError(f"{' '.join(group)} is in an earlier group already: this one would be empty")
        taken.update(dict.fromkeys(left))
        apart.append(left)
    return apart


class Isolate(NetworkVerb):
    """None of these hears another node or is heard by one; an actor not even by its own node."""

    example = "leader -for 10s"

    nodes: Annotated[Who, Field(description="WHO")]

    def written(self, aim: Aim) -> Writing:
        """Rules by address for actors, one rule with groups for whole nodes."""
        chosen = aim.resolve(self.nodes)
        actors = tuple(name for name in chosen if "@" in name)
        whole = tuple(name for name in chosen if "@" not in name)
        rules = []
        if actors and self.direction in ("to", "both"):
            rules.append(self.rule(aim, effect="drop", sources=actors))
        if actors and self.direction in ("from", "both"):
            rules.append(self.rule(aim, effect="drop", targets=actors))
        if whole:
            rules += self.split(aim, (*((name,) for name in whole), aim.others(whole)), "").rules
        return Writing(" ".join(chosen) + self.options, tuple(rules))


class Bridge(NetworkVerb):
    """The others fall into two halves that hear each other no more; this node still hears both."""

    example = "follower"

    node: Annotated[Who, Field(description="WHO")]

    def written(self, aim: Aim) -> Writing:
        """The servers are dealt out first, so that no half has them all."""
        chosen = aim.resolve(self.node)
        if len(chosen) != 1 or "@" in chosen[0]:
            raise ValueError(f"a bridge is one node, not {' '.join(chosen)}")
        others = sorted((n for n in aim.nodes if n.name != chosen[0]), key=lambda n: not n.server)
        halves = [tuple(n.name for n in others[half::2]) for half in (0, 1)]
        return self.split(aim, halves, f"{chosen[0]} between {' '.join(halves[0])} | {' '.join(halves[1])}")


class Cut(LinkVerb):
    """One way: what the sources say never reaches the targets."""

    example = "server-1 server-2"

    def effect(self) -> dict[str, Any]:
        """See ``LinkVerb``."""
        return {"effect": "drop"}


class Hold(LinkVerb):
    """What the sources say to the targets waits until the fault heals (or ``release``), then comes in its order."""

    example = "leader followers -match raft.*"


class Delay(LinkVerb):
    """Messages come later by ``latency`` and by up to ``jitter`` more, drawn for each."""

    example = "servers servers -latency 80ms -jitter 20ms"
    latency_s: Annotated[Span, Field(alias="latency", description="How much later, like 80ms")] = 0.0
    jitter_s: Annotated[Span, Field(alias="jitter", description="And up to this much more, drawn for each message")] = (
        0.0
    )
    correlation: Annotated[Share, Field(description=LIKENESS)] = 0.0

    @model_validator(mode="after")
    def _delays(self) -> Self:
        if not self.latency_s and not self.jitter_s:
            raise ValueError("it would not delay anything: say latency, like 80ms, or jitter, or both")
        return self

    def effect(self) -> dict[str, Any]:
        """See ``LinkVerb``."""
        times = {"delay_ns": ns(self.latency_s), "jitter_ns": ns(self.jitter_s)}
        return {"effect": "delay", "correlation": self.correlation, **times}


class Loss(LinkVerb):
    """A share of the messages is dropped; with correlation in ever longer bursts."""

    example = "all all -probability 0.2 -correlation 0.5"

    probability: Annotated[Share, Field(description=HIT)] = 0.1
    correlation: Annotated[Share, Field(description=LIKENESS)] = 0.0

    def effect(self) -> dict[str, Any]:
        """See ``LinkVerb``."""
        return {"effect": "drop", "correlation": self.correlation}


class Duplicate(LinkVerb):
    """A share of the messages comes twice."""

    example = "all servers -probability 0.5"

    probability: Annotated[Share, Field(description=HIT)] = 0.1


class Reorder(LinkVerb):
    """A share of the messages comes late, by up to ``within``, so that others overtake it."""

    example = "all all -within 200ms"

    within_s: Annotated[Span, Field(alias="within", description="Up to how much later")] = 0.05
    probability: Annotated[Share, Field(description=HIT)] = 0.25

    def effect(self) -> dict[str, Any]:
        """See ``LinkVerb``."""
        return {"effect": "delay", "jitter_ns": ns(self.within_s)}


class Corrupt(LinkVerb):
    """The frames that carry a share of the messages have a byte changed: their receiver refuses and counts them."""

    example = "agents servers -probability 0.3"

    probability: Annotated[Share, Field(description=HIT)] = 0.1


class Bandwidth(LinkVerb):
    """So many bytes a second from each source to each target; more waits in line, and is dropped after 5 s."""

    example = "agents servers -rate 20000"

    bytes_per_s: Annotated[int, Field(alias="rate", description="Bytes a second."), AfterValidator(_positive)]

    def effect(self) -> dict[str, Any]:
        """See ``LinkVerb``."""
        return {"effect": "bandwidth", "bytes_per_s": self.bytes_per_s}
