"""One line of the timeline, and files of them: JSON, one object a line, in the order of time."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

Kind = Literal[
    "fault",
    "election",
    "leader",
    "suspicion",
    "refutation",
    "failure",
    "crash",
    "operation",
    "message",
    "verdict",
    "note",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
Fate = Literal["", "dropped", "lost", "delayed", "held", "duplicated", "corrupted", "refused"]


class NoTimeline(ValueError):
    """A line that is no record; the text says which."""


@dataclass(frozen=True, slots=True)
class TimelineRecord:
    """Something that happened at ``t``, in seconds since the run began."""

    t: float
    node: str
    """``name.dc``, "" for what concerns none or many."""
    kind: Kind
    what: str
    cause: str = ""
    """Id of the request that it belongs to."""
    role: str = ""
    """Of the actor, or the name of the client."""
    to: str = ""
    """message: the node that it was for."""
    until: float = 0.0
    """When it ended: a fault healed, an operation was answered, a message arrived; 0 if it did not, or at once."""
    fate: Fate = ""
    """message: what the network did to it."""
    process: str = ""
    """Of the node that did this, where it is live: a recording's file is named after it."""

    def to_json(self) -> str:
        """One line, without what is empty."""
        said = {name: value for name, value in asdict(self).items() if value not in ("", 0.0) or name == "t"}
        return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


def from_json(line: str, number: int = 0) -> TimelineRecord:
    """The reverse of ``TimelineRecord.to_json``. Unknown fields are ignored. Raises NoTimeline."""
    try:
        said: Any = json.loads(line)
        record = TimelineRecord(
            t=float(said["t"]),
            node=str(said.get("node", "")),
            kind=said["kind"],
            what=str(said["what"]),
            cause=str(said.get("cause", "")),
            role=str(said.get("role", "")),
            to=str(said.get("to", "")),
            until=float(said.get("until", 0.0)),
            fate=said.get("fate", ""),
            process=str(said.get("process", "")),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        why = f"{error.args[0]} is missing" if isinstance(error, KeyError) else "it is no JSON object of this form"
        raise NoTimeline(f"line {number} is no record of a timeline ({why}): {line.strip()[:80]!r}") from None
    if record.kind not in KINDS or record.fate not in get_args(Fate):
        raise NoTimeline(f"line {number} has a kind or a fate that this version does not know: {line.strip()[:80]}")
    return record


def read(lines: Iterable[str]) -> Iterator[TimelineRecord]:
    """Records of a file's lines; empty lines are skipped. Raises NoTimeline."""
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield from_json(line, number)


def write(records: Iterable[TimelineRecord]) -> Iterator[str]:
    """Lines for a file, each with its end, in the order of time."""
    for record in sorted(records, key=lambda record: record.t):
        yield record.to_json() + "\n"
