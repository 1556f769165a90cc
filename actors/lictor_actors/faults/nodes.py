"""Verbs on nodes and their actors: each becomes deeds, and deeds that take them back."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import AliasChoices, Field

from lictor_actors.faults.verb import Span, Verb, Who
from lictor_actors.faults.writing import Aim, Names, Writing, deed, refuse_actors
from lictor_messages.faults import ActorVerb

ALONE = "nobody would start its process again; use `lictor dev`, or signals"


class NodeVerb(Verb):
    """A fault of nodes."""

    of_actors: ClassVar[bool] = False
    """It may name single actors."""
    nodes: Annotated[Who, Field(description="WHO")]

    def written(self, aim: Aim) -> Writing:
        """What becomes of the nodes that are named."""
        chosen = aim.resolve(self.nodes)
        if not self.of_actors:
            refuse_actors(self.name, chosen)
        return self.on(chosen, aim, " ".join(chosen) + self.options)

    def on(self, chosen: Names, aim: Aim, told: str) -> Writing:
        """What it means for these nodes."""
        raise NotImplementedError


class DeedVerb(NodeVerb):
    """A fault that is done to nodes, and taken back when it heals."""

    does: ClassVar[ActorVerb]
    back: ClassVar[ActorVerb | None] = None

    def on(self, chosen: Names, aim: Aim, told: str) -> Writing:
        """See ``NodeVerb``."""
        undo = tuple(deed(self.back, name) for name in chosen) if self.back else ()
        return Writing(told, now=tuple(deed(self.does, name, **self.how()) for name in chosen), undo=undo)

    def how(self) -> dict[str, bool]:
        """What the deed is told besides."""
        return {}


class DownVerb(DeedVerb):
    """A fault that puts nodes down: healing starts them."""

    back = "restart"
    duration_s: Annotated[
        Span | None,
        Field(
            validation_alias=AliasChoices("duration", "restart_after"),
            description="Heal by itself after this time, like 10s.",
        ),
    ] = None


class Pause(DeedVerb):
    """These actors (all, of a node) take no turns; their mail and timers pile up."""

    example = "prober@percent(10)"
    of_actors = True
    does, back = "pause", "resume"


class Stall(DeedVerb):
    """These actors are busy and take no turns for a while; with ``every``, again and again."""

    example = "leader -busy 800ms -every 5s"
    of_actors = True
    does, back = "pause", "resume"

    busy_s: Annotated[Span, Field(alias="busy", description="For how long they take no turns")] = 0.5
    every_s: Annotated[
        Span,
        Field(alias="every", description="From the beginning of one stall to the next; 0: there is only one"),
    ] = 0.0

    def on(self, chosen: Names, aim: Aim, told: str) -> Writing:
        """See ``NodeVerb``."""
        once = super().on(chosen, aim, told)
        return Writing(told, now=once.now, undo=once.undo, stall=(self.busy_s, self.every_s))


class Crash(DownVerb):
    """These actors end as if they had raised; healing starts them with what their journal holds."""

    example = "agent-7"
    of_actors = True
    does = "crash"


class Kill(DownVerb):
    """The node's process dies at once, without a goodbye; healing starts it again."""

    example = "leader -for 5s"
    not_alone = ALONE
    does = "kill"


class Stop(DownVerb):
    """The node ends in good order, without leaving the cluster; healing starts it again."""

    example = "server-2 -for 5s"
    not_alone = ALONE
    does = "stop"


class Restart(DeedVerb):
    """End these actors if they live, and start them; a whole node also with an empty disk (``wipe``)."""

    example = "server-2 -wipe"
    of_actors = True
    lasts = False
    does = "restart"

    wipe: Annotated[bool, Field(description="Start with an empty disk.")] = False

    def on(self, chosen: Names, aim: Aim, told: str) -> Writing:
        """See ``NodeVerb``."""
        if self.wipe:
            refuse_actors("restart with wipe", chosen)
        return super().on(chosen, aim, told)

    def how(self) -> dict[str, bool]:
        """See ``DeedVerb``."""
        return {"wipe": self.wipe}


class Resume(DeedVerb):
    """What piled up while these were paused is handled now."""

    example = "server@server-1"
    of_actors = True
    lasts = False
    does = "resume"
