"""The verbs as methods, for whatever carries faults out: the world at once, a live cluster through its parent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Generic, TypedDict, TypeVar, Unpack

from pydantic import ValidationError

from lictor_actors.faults import vocabulary as v
from lictor_actors.faults.steps import problem_of
from lictor_actors.faults.vocabulary import VERBS, Verb

Selectors = str | Iterable[str]
"""Nodes or actors: names, globs, ``leader``, ``followers``, ``servers``, ``agents``, ``all``; ``prober@agent-7``;
draws like ``one(servers)``, ``percent(20)``, ``2 of agents``, ``next(servers)``."""
Time = float | str
"""Seconds, or a text like ``80ms``."""
H = TypeVar("H")


class How(TypedDict, total=False):
    """What every network fault takes besides."""

    match: Selectors
    """Kinds of messages, or globs of them."""
    probability: float
    direction: v.Direction
    duration: Time


class While(TypedDict, total=False):
    """How long: until then, or until it is healed."""

    duration: Time


def make(verb: str, **said: Any) -> Verb:
    """The verb of this name; ValueError with a sentence for parameters that make no sense."""
    if verb not in VERBS:
        raise ValueError(f"there is no fault {verb!r}: there are {', '.join(VERBS)}")
    try:
        return VERBS[verb].model_validate(said)
    except ValidationError as error:
        raise ValueError(f"{verb}, {problem_of(error, VERBS[verb])}") from None


class Verbs(Generic[H]):
    """Every verb of the vocabulary; each returns a handle that heals."""

    def inject(self, verb: Verb) -> H:
        """Put this fault in force. Raises LookupError, ValueError, UnsupportedFault."""
        raise NotImplementedError

    # -- network ---------------------------------------------------------------

    def partition(self, *groups: Selectors, **how: Unpack[How]) -> H:
        """No message passes from one group to another; one group alone is parted from everyone else."""
        return self.inject(make("partition", groups=groups, **how))

    def isolate(self, nodes: Selectors, **how: Unpack[How]) -> H:
        """Each of these hears nobody and is heard by nobody; an actor not even by its own node."""
        return self.inject(make("isolate", nodes=nodes, **how))

    def bridge(self, node: Selectors, **how: Unpack[How]) -> H:
        """The others fall into two halves that hear each other no more; this node still hears both."""
        return self.inject(make("bridge", node=node, **how))

    def cut(self, sources: Selectors, targets: Selectors, **how: Unpack[How]) -> H:
        """One way: what the sources say never reaches the targets."""
        return self.inject(make("cut", sources=sources, targets=targets, **how))

    def hold(self, sources: Selectors = "all", targets: Selectors = "all", **how: Unpack[How]) -> H:
        """What the sources say to the targets waits until the fault heals (or ``release``), then comes in its order."""
        return self.inject(make("hold", sources=sources, targets=targets, **how))

    def delay(
        self,
        sources: Selectors,
        targets: Selectors,
        latency: Time = 0.0,
        jitter: Time = 0.0,
        correlation: float = 0.0,
        **how: Unpack[How],
    ) -> H:
        """Messages from sources to targets come later by ``latency`` and up to ``jitter`` more, drawn for each."""
        times: dict[str, Any] = {"latency": latency, "jitter": jitter, "correlation": correlation}
        return self.inject(make("delay", sources=sources, targets=targets, **times, **how))

    def loss(
        self,
        sources: Selectors,
        targets: Selectors,
        probability: float,
        correlation: float = 0.0,
        *,
        match: Selectors = (),
        direction: v.Direction = "to",
        **how: Unpack[While],
    ) -> H:
        """Drop this share of the messages, in bursts if there is correlation."""
        some: dict[str, Any] = {"probability": probability, "correlation": correlation}
        return self.inject(
            make("loss", sources=sources, targets=targets, match=match, direction=direction, **some, **how)
        )

    def duplicate(
        self,
        sources: Selectors,
        targets: Selectors,
        probability: float,
        *,
        match: Selectors = (),
        direction: v.Direction = "to",
        **how: Unpack[While],
    ) -> H:
        """This share of the messages comes twice."""
        link: dict[str, Any] = {"sources": sources, "targets": targets, "match": match, "direction": direction}
        return self.inject(make("duplicate", probability=probability, **link, **how))

    def reorder(
        self, sources: Selectors = "all", targets: Selectors = "all", within: Time = 0.05, **how: Unpack[How]
    ) -> H:
        """A share of the messages (a quarter) comes up to ``within`` later, so that others overtake it."""
        return self.inject(make("reorder", sources=sources, targets=targets, within=within, **how))

    def corrupt(self, sources: Selectors = "all", targets: Selectors = "all", **how: Unpack[How]) -> H:
        """The frames that carry a share of the messages (a tenth) have a byte changed: their receiver refuses them."""
        return self.inject(make("corrupt", sources=sources, targets=targets, **how))

    def bandwidth(self, sources: Selectors, targets: Selectors, bytes_per_s: int, **how: Unpack[How]) -> H:
        """So many bytes a second from each source to each target; more waits in line, and is dropped after 5 s."""
        return self.inject(make("bandwidth", sources=sources, targets=targets, bytes_per_s=bytes_per_s, **how))

    # -- nodes and actors ------------------------------------------------------

    def pause(self, nodes: Selectors, **how: Unpack[While]) -> H:
        """These actors (all, of a node) take no turns until healed; their mail piles up."""
        return self.inject(make("pause", nodes=nodes, **how))

    def resume(self, nodes: Selectors) -> H:
        """What piled up while these were paused is handled now."""
        return self.inject(make("resume", nodes=nodes))

    def stall(self, nodes: Selectors, busy: Time = 0.5, every: Time = 0.0, **how: Unpack[While]) -> H:
        """No turns for so long, and again every so often if ``every`` is given."""
        return self.inject(make("stall", nodes=nodes, busy=busy, every=every, **how))

    def crash(self, nodes: Selectors, **how: Unpack[While]) -> H:
        """These actors end as if they had raised; healing starts them with what their journal holds."""
        return self.inject(make("crash", nodes=nodes, **how))

    def kill(self, nodes: Selectors, **how: Unpack[While]) -> H:
        """The node's process dies at once and says goodbye to nobody; healing starts it again."""
        return self.inject(make("kill", nodes=nodes, **how))

    def stop(self, nodes: Selectors, **how: Unpack[While]) -> H:
        """The node ends in good order, without leaving the cluster; healing starts it again."""
        return self.inject(make("stop", nodes=nodes, **how))

    def restart(self, nodes: Selectors, *, wipe: bool = False) -> H:
        """End these actors if they live, and start them; a whole node also with an empty disk."""
        return self.inject(make("restart", nodes=nodes, wipe=wipe))

    # -- clocks ----------------------------------------------------------------

    def skew(self, nodes: Selectors, by: Time, **how: Unpack[While]) -> H:
        """The wall clock is off by so much."""
        return self.inject(make("skew", nodes=nodes, by=by, **how))

    def drift(self, nodes: Selectors, rate: float, **how: Unpack[While]) -> H:
        """Both clocks run at this rate: 1.01 gains a second in a hundred."""
        return self.inject(make("drift", nodes=nodes, rate=rate, **how))

    def jump(self, nodes: Selectors, by: Time) -> H:
        """The wall clock moves once by so much, and goes on from there."""
        return self.inject(make("jump", nodes=nodes, by=by))

    # -- disks -----------------------------------------------------------------

    def slow_disk(self, nodes: Selectors, fsync: Time = 0.4, probability: float = 1.0, **how: Unpack[While]) -> H:
        """A share of the syncs takes so much longer."""
        return self.inject(make("slow_disk", nodes=nodes, fsync=fsync, probability=probability, **how))

    def full_disk(self, nodes: Selectors, **how: Unpack[While]) -> H:
        """No file grows any more: a server that needs room acknowledges nothing until healing; a leader gives way."""
        return self.inject(make("full_disk", nodes=nodes, **how))

    def io_error(self, nodes: Selectors, probability: float = 1.0, **how: Unpack[While]) -> H:
        """A share of the writes and syncs fails: a server stops at the first; healing starts it again."""
        return self.inject(make("io_error", nodes=nodes, probability=probability, **how))

    def lose_unsynced(self, nodes: Selectors, **how: Unpack[While]) -> H:
        """Power cut: nothing survives that was not synced; healing starts the node with what its disk holds."""
        return self.inject(make("lose_unsynced", nodes=nodes, **how))

    def torn_write(self, nodes: Selectors, **how: Unpack[While]) -> H:
        """Power cut in the middle of writing: of what was not synced any part survives, torn at any sector."""
        return self.inject(make("torn_write", nodes=nodes, **how))

    def bit_flip(self, nodes: Selectors) -> H:
        """One bit somewhere in the node's files changes behind everyone's back."""
        return self.inject(make("bit_flip", nodes=nodes))

    def lying_fsync(self, nodes: Selectors, **how: Unpack[While]) -> H:
        """Syncs return and nothing is durable: a power cut meanwhile loses what was promised."""
        return self.inject(make("lying_fsync", nodes=nodes, **how))
