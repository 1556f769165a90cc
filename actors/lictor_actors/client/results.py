"""What clients are given: records that know their index, and the options that every read takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypedDict, TypeVar, cast

from lictor_actors.client.durations import Duration, nanoseconds, seconds
from lictor_actors.client.errors import InvalidArgument
from lictor_messages.answers import Answer, Consistency, Written
from lictor_messages.html import table

T = TypeVar("T")
WAIT_S = 300.0
"""How long a blocking query waits if it is not told."""


@dataclass(frozen=True, slots=True)
class Rows(Generic[T]):
    """The records of an answer, to iterate over, count and pick from, with what Consul's HTTP API says in headers."""

    rows: tuple[T, ...]
    index: int = 1
    """Pass it as ``index=`` to wait for the next change."""
    known_leader: bool = True
    """False: the server that answered knew no leader (only stale reads are answered then)."""
    last_contact_ms: int = 0
    """Milliseconds since that server last heard its leader."""

    @classmethod
    def of(cls, answer: Answer, rows: tuple[T, ...]) -> Rows[T]:
        """Rows with the answer's own figures."""
        return cls(rows, answer.index, answer.known_leader, answer.last_contact_ms)

    def __iter__(self) -> Iterator[T]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, place: int) -> T:
        return self.rows[place]

    def _repr_html_(self) -> str:
        return table(self.rows, f"{len(self)} at index {self.index}")


class Named(Written):
    """The outcome of a write that made something which the agent, and not the client, has named."""

    id: str


class Completed(Written):
    """The outcome of a write whose record the agent has completed: with ids, times and indexes."""

    record: Any


def completed(answer: Written, sent: T) -> T:
    """What is kept now: the bus says no more than that it is, so there it is what was sent."""
    return cast(T, answer.record) if isinstance(answer, Completed) else sent


class ReadOptions(TypedDict, total=False):
    """Options of every read."""

    dc: str
    """Datacenter, the agent's own if left out."""
    consistency: Consistency
    """``default`` (leader's lease), ``consistent`` (quorum) or ``stale`` (any server)."""
    max_stale: Duration
    """With stale, ask the leader if the server last heard it longer ago."""
    index: int
    """Block until the index exceeds this."""
    wait: Duration
    """How long to block at most; default 300 s."""
    timeout: Duration
    """How long everything but blocking may take; the client's own if left out."""


class FilterOptions(ReadOptions, total=False):
    """Options of reads of the catalog."""

    filter: str
    """A filter expression as Consul's ``?filter=``."""
    near: str
    """Name of a node: what lies nearest to it comes first."""
    node_meta: tuple[tuple[str, str], ...]
    """Only nodes with all of this meta data."""


def query_fields(options: ReadOptions) -> dict[str, Any]:
    """The fields of a Query that these options stand for. Raises InvalidArgument for a name that none of them has."""
    _taken(options, ReadOptions)
    return {
        "dc": options.get("dc", ""),
        "consistency": options.get("consistency", "default"),
        "max_stale_ns": nanoseconds(options.get("max_stale", 0.0), "max_stale"),
        "min_index": _index(options.get("index", 0)),
        "wait_ns": nanoseconds(options.get("wait", 0.0), "wait"),
    }


def filter_fields(options: FilterOptions) -> dict[str, Any]:
    """The same of a read of the catalog."""
    _taken(options, FilterOptions)
    of_all = {name: value for name, value in options.items() if name in ReadOptions.__annotations__}
    of_rows = {name: value for name, value in options.items() if name not in of_all}
    return {**query_fields(cast(ReadOptions, of_all)), **of_rows}


def _taken(options: ReadOptions | FilterOptions, kind: type[ReadOptions] | type[FilterOptions]) -> None:
    names = kind.__annotations__
    for unknown in sorted(options.keys() - names.keys()):
        raise InvalidArgument(f"this read takes no {unknown}: it takes {', '.join(names)}")


def _index(index: int) -> int:
    if not isinstance(index, int) or index < 0:
        raise InvalidArgument(f"index is {index!r}: it takes the index of an earlier answer")
    return index


def held_back_s(options: ReadOptions | FilterOptions) -> float:
    """How long the cluster may hold the answer back: the wait and its jitter of one sixteenth."""
    if not options.get("index"):
        return 0.0
    return (seconds(options.get("wait", 0.0), "wait") or WAIT_S) * 17 / 16
