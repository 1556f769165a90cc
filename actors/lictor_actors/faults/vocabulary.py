"""The vocabulary: every fault has one name and one set of parameters, however it is said and wherever it acts.

Python calls them as methods, scenario files and the control socket as tables, the command line as flags; all of them
end as one of these models. Times are seconds, or texts like ``80ms``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.fields import FieldInfo

from lictor_messages.durations import duration_ns

VERBS: dict[str, type[Verb]] = {}
"""Every verb by its name, in the order of the documentation."""
PPM = 1_000_000
LONGEST_S = 3.2e9
SLOWEST, FASTEST = 0.01, 100.0
"""Rates of a clock."""


def _names(value: Any) -> Any:
    return (value,) if isinstance(value, str) else tuple(value) if isinstance(value, Iterable) else value


def _whom(value: Any) -> Any:
    names = _names(value)
    if not isinstance(names, tuple) or not names or not all(isinstance(name, str) for name in names):
        raise ValueError(f"whom? Name nodes, like leader or agent-*, one or a list of them, not {value!r}")
    return names


def in_seconds(value: Any) -> Any:
    """``80ms`` → 0.08; a number, also one that a shell gives as a text, is seconds already. Raises ValueError."""
    if isinstance(value, bool):
        raise ValueError(f"a time is not {str(value).lower()}: write it like 80ms, or as seconds")
    if not isinstance(value, str):
        return value
    try:
        return duration_ns(value) / 1e9
    except ValueError as error:
        raise ValueError(f"{error}, not like 80ms or 1m30s, and no number of seconds") from None


def _finite(value: float) -> float:
    if not abs(value) <= LONGEST_S:
        raise ValueError(f"a time is not longer than {LONGEST_S:g} s, a hundred years")
    return value


def _share(value: float) -> float:
    if not 0.0 <= value <= 1.0:
        raise ValueError(f"a probability lies between 0 and 1, not {value:g}")
    return value


def _not_negative(value: float) -> float:
    if value < 0:
        raise ValueError("a time cannot be negative")
    return value


def _rate(value: float) -> float:
    if not SLOWEST <= value <= FASTEST:
        raise ValueError(f"a clock's rate lies between {SLOWEST:g} and {FASTEST:g}")
    return value


def _positive(value: float) -> float:
    if value <= 0:
        raise ValueError("must be more than 0")
    return value


def written_as(name: str, field: FieldInfo) -> str:
    """``latency_s`` is ``latency`` to a person."""
    return field.alias or name.removesuffix("_s")


Who = Annotated[tuple[str, ...], BeforeValidator(_whom)]
"""Selectors: see ``selectors``."""
Kinds = Annotated[tuple[str, ...], BeforeValidator(_names)]
Share = Annotated[float, AfterValidator(_share)]
Moment = Annotated[float, BeforeValidator(in_seconds), AfterValidator(_finite)]
"""Seconds of either sign."""
Span = Annotated[Moment, AfterValidator(_not_negative)]
"""Seconds."""
Direction = Literal["to", "from", "both"]


class Verb(BaseModel):
    """A fault that somebody wants, not yet in force: selectors are still unresolved."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    name: ClassVar[str] = ""
    lasts: ClassVar[bool] = True
    """False for what is over as soon as it is done."""
    duration_s: Annotated[Span | None, Field(alias="duration")] = None
    """Heals itself after so long; None: when it is healed by hand."""

    @model_validator(mode="after")
    def _lasts(self) -> Self:
        if self.duration_s is not None and not self.lasts:
            raise ValueError(f"{self.name} is not something that lasts: leave duration out")
        return self

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not cls.__name__.startswith("_"):
            cls.name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls.__name__).lower()
            VERBS[cls.name] = cls


class _Network(Verb):
    match: Kinds = ()
    """Only these kinds of messages, named or as globs: ``raft.*``."""
    probability: Share = 1.0
    """Of the messages that match, this share is hit."""
    direction: Direction = "both"
    """Seen from whom the fault names: what they send (to), what they are sent (from), or both."""


class _Link(_Network):
    sources: Annotated[Who, Field(alias="from")] = ("all",)
    targets: Annotated[Who, Field(alias="to")] = ("all",)
    direction: Direction = "to"


class _Nodes(Verb):
    nodes: Who


# -- network -------------------------------------------------------------------


class Partition(_Network):
    """No message passes from one group to another. One group alone is parted from everyone else."""

    groups: Annotated[tuple[Who, ...], Field(min_length=1)]


class Isolate(_Network):
    """Each of these hears nobody and is heard by nobody; an actor not even by its own node."""

    nodes: Who


class Bridge(_Network):
    """The others fall into two halves that hear each other no more; this node still hears both."""

    node: Who


class Cut(_Link):
    """One way: what the sources say never reaches the targets."""


class Hold(_Link):
    """What the sources say to the targets waits until the fault heals, then comes in its order."""


class Delay(_Link):
    """Messages come later by ``latency`` and by up to ``jitter`` more, drawn for each."""

    latency_s: Annotated[Span, Field(alias="latency")] = 0.0
    jitter_s: Annotated[Span, Field(alias="jitter")] = 0.0
    correlation: Share = 0.0
    """How much one message's jitter resembles the last one's on the same link."""

    @model_validator(mode="after")
    def _delays(self) -> Self:
        if not self.latency_s and not self.jitter_s:
            raise ValueError("it would not delay anything: say latency, like 80ms, or jitter, or both")
        return self


class Loss(_Link):
    """A share of the messages is dropped."""

    probability: Share = 0.1
    correlation: Share = 0.0
    """0: each message by itself; towards 1: the same share, in ever longer bursts."""


class Duplicate(_Link):
    """A share of the messages comes twice."""

    probability: Share = 0.1


class Reorder(_Link):
    """A share of the messages comes late, by up to ``within``, so that others overtake it."""

    probability: Share = 0.25
    within_s: Annotated[Span, Field(alias="within")] = 0.05


class Corrupt(_Link):
    """The frames that carry a share of the messages have a byte changed: their receiver refuses and counts them."""

    probability: Share = 0.1


class Bandwidth(_Link):
    """So many bytes a second from each source to each target; more waits in line, and is dropped after 5 s."""

    bytes_per_s: Annotated[int, Field(alias="rate"), AfterValidator(_positive)]


# -- nodes and actors ----------------------------------------------------------


class Pause(_Nodes):
    """These actors (all, of a node) take no turns; their mail and timers pile up."""


class Stall(_Nodes):
    """These actors are busy and take no turns for a while; with ``every``, again and again."""

    busy_s: Annotated[Span, Field(alias="busy")] = 0.5
    every_s: Annotated[Span, Field(alias="every")] = 0.0


class _Down(_Nodes):
    duration_s: Annotated[Span | None, Field(validation_alias=AliasChoices("duration", "restart_after"))] = None


class Crash(_Down):
    """These actors end as if they had raised; healing starts them with what their journal holds."""


class Kill(_Down):
    """The node's process dies at once and says goodbye to nobody; healing starts it again."""


class Stop(_Down):
    """The node ends in good order, without leaving the cluster; healing starts it again."""


class Restart(_Nodes):
    """End these actors if they live, and start them; a whole node also with an empty disk (``wipe``)."""

    lasts = False

    wipe: bool = False


class Resume(_Nodes):
    """What piled up while these were paused is handled now."""

    lasts = False


# -- clocks --------------------------------------------------------------------


class Skew(_Nodes):
    """The wall clock is off by so much."""

    by_s: Annotated[Moment, Field(alias="by")]


class Drift(_Nodes):
    """Both clocks run at this rate: 1.01 gains a second in a hundred."""

    rate: Annotated[float, AfterValidator(_rate)]


class Jump(_Nodes):
    """The wall clock moves once by so much, and goes on from there."""

    lasts = False

    by_s: Annotated[Moment, Field(alias="by")]


# -- disks ---------------------------------------------------------------------


class SlowDisk(_Nodes):
    """A share of the syncs takes so much longer."""

    fsync_s: Annotated[Span, Field(alias="fsync")] = 0.4
    probability: Share = 1.0


class FullDisk(_Nodes):
    """No file grows any more: a server that needs room acknowledges nothing until healing, and a leader gives way."""


class IoError(_Nodes):
    """A share of the writes and syncs fails: a server stops at the first; healing starts it again."""

    probability: Share = 1.0


class LoseUnsynced(_Down):
    """Power cut: nothing survives that was not synced; healing starts the node with what its disk holds."""


class TornWrite(_Down):
    """Power cut in the middle of writing: of what was not synced any part survives, torn at any sector."""


class BitFlip(_Nodes):
    """One bit somewhere in the node's files changes behind everyone's back."""

    lasts = False


class LyingFsync(_Nodes):
    """Syncs return and nothing is durable: a power cut meanwhile loses what was promised."""
