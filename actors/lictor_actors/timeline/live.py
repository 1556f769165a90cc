"""Records what the nodes of live processes say to each other: each process writes a file, all become one timeline.

A message is written down where it is sent and where it arrives; the two lines are brought together by a checksum of
what is on the wire, first come first served. All processes read the same machine's clock.
"""

from __future__ import annotations

import json
import time
from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from zlib import crc32

from lictor_actors.bus.rules import Impairment
from lictor_actors.timeline.notes import kind_of
from lictor_actors.timeline.record import Fate, TimelineRecord
from lictor_actors.timeline.recorder import ACTORS
from lictor_actors.timeline.words import describe
from lictor_messages.codec import pack
from lictor_messages.envelope import Envelope, node_of, role_of

LINES_MOST = 500_000
"""A recording that is not ended stops by itself here."""
ON_ITS_WAY_S = 0.25
"""What was sent so shortly before the end may well have arrived after it."""


class LiveRecorder:
    """Writes one process's part; implements ``hosts.live_faults.Tap``."""

    def __init__(self, path: Path) -> None:
        # Line by line: a process that is killed has written what it saw.
        self._file = path.open("a", buffering=1, encoding="utf-8")
        self._lines = 0

    def sent(self, envelope: Envelope, impairment: Impairment) -> None:
        """A message leaves, or a client asks or is answered."""
        if role_of(envelope.source) not in ACTORS:
            if envelope.request:
                self._write("asked", envelope.request, envelope.source, describe(envelope.body))
        elif role_of(envelope.target) not in ACTORS:
            self._write("answered", envelope.request, describe(envelope.body))
        elif node_of(envelope.source) != node_of(envelope.target):
            cause = envelope.cause or envelope.request
            route = envelope.source, envelope.target, envelope.body.kind
            self._write("sent", _number(envelope), *route, cause, _fate(impairment))

    def arrived(self, envelope: Envelope) -> None:
        """A message came over the wire."""
        self._write("arrived", _number(envelope), node_of(envelope.target))

    def refused(self, envelope: Envelope) -> None:
        """The bus knows that it did not send this."""
        self._write("refused", _number(envelope))

    def note(self, who: str, event: str) -> None:
        """An actor says something."""
        self._write("note", who, event)

    def close(self) -> None:
        """Nothing more is written."""
        self._file.close()

    def _write(self, *what: Any) -> None:
        if self._lines < LINES_MOST:
            self._lines += 1
            self._file.write(json.dumps([round(time.time(), 6), *what], separators=(",", ":")) + "\n")


def _number(envelope: Envelope) -> int:
    return crc32(pack(envelope))


def _fate(impairment: Impairment) -> Fate:
    if not impairment.copies:
        return "dropped"
    if impairment.held:
        return "held"
    if impairment.corrupt:
        return "corrupted"
    return "delayed" if impairment.delay_ns else "duplicated" if impairment.copies > 1 else ""


@dataclass
class _TraceReader:
    """What the lines so far amount to."""

    rows: list[TimelineRecord] = field(default_factory=list)
    under_way: dict[int, deque[int]] = field(default_factory=lambda: defaultdict(deque))
    """Checksum → places of messages that have not arrived."""
    last: dict[int, int] = field(default_factory=dict)
    """Checksum → place of the one that arrived last."""
    asked: dict[str, int] = field(default_factory=dict)

    def line(self, process: str, t: float, what: str, *rest: Any) -> None:
        """What the process of this name wrote down."""
        match what, rest:
            case "sent", (number, source, target, kind, cause, fate):
                if fate != "dropped":
                    self.under_way[number].append(len(self.rows))
                route = {"role": role_of(source), "to": node_of(target), "cause": cause}
                self.rows.append(
                    TimelineRecord(t, node_of(source), "message", kind, fate=fate, process=process, **route)
                )
            case "arrived", (number, node):
                self._arrived(t, number, node)
            case "refused", (number,):
                if self.under_way[number]:
                    place = self.under_way[number].popleft()
                    self.rows[place] = replace(self.rows[place], fate="refused")
            case "note", (who, event):
                kind_of_it = kind_of(event)
                if kind_of_it is not None:
                    said = TimelineRecord(t, node_of(who), kind_of_it, event, role=role_of(who), process=process)
                    self.rows.append(said)
            case "asked", (request, who, words):
                self.asked[request] = len(self.rows)
                self.rows.append(TimelineRecord(t, node_of(who), "operation", words, cause=request, role=role_of(who)))
            case "answered", (request, words):
                if request in self.asked:
                    place = self.asked.pop(request)
                    question = self.rows[place]
                    self.rows[place] = replace(question, what=f"{question.what} → {words}", until=t)

    def _arrived(self, t: float, number: int, node: str) -> None:
        waiting = self.under_way[number]
        if waiting:
            place = self.last[number] = waiting.popleft()
            self.rows[place] = replace(self.rows[place], until=t, to=node)
        elif number in self.last:
            again = self.rows[self.last[number]]
            self.rows.append(replace(again, until=t, to=node, fate="duplicated"))

    def over(self, t: float) -> list[TimelineRecord]:
        """Plain messages that never arrived are lost, unless the end came first."""
        for places in self.under_way.values():
            for place in places:
                if not self.rows[place].fate:
                    self.rows[place] = replace(self.rows[place], fate="lost")
        return [row for row in self.rows if row.fate != "lost" or row.t < t - ON_ITS_WAY_S]


def together(files: Iterable[Path]) -> list[TimelineRecord]:
    """The records of all processes, in the order of time; ``t`` is the day's clock."""
    lines: list[list[Any]] = []
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines(keepends=True):
            if line.endswith("\n"):  # the last one of a process that was killed may not be whole
                lines.append([file.stem, *json.loads(line)])
    # What arrives cannot have been sent later: at the same microsecond the sending comes first.
    lines.sort(key=lambda line: (line[1], line[2] == "arrived"))
    reading = _TraceReader()
    for process, t, *said in lines:
        reading.line(process, t, *said)
    return sorted(reading.over(lines[-1][1] if lines else 0.0), key=lambda row: row.t)
