"""Timelines from files and from the logs of a running cluster, onto a terminal or into a page."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from lictor_actors.timeline import TimelineRecord, read
from lictor_actors.timeline.choose import STORY, choose, from_start, meant
from lictor_actors.timeline.diagram import page
from lictor_actors.timeline.draw import draw
from lictor_actors.timeline.notes import fault_of, kind_of
from lictor_actors.timeline.record import KINDS, NoTimeline
from lictor_actors.timeline.spans import nodes_of
from lictor_deploy.words.sentence import Failure
from lictor_deploy.words.terminal import painter
from lictor_messages.envelope import node_of, role_of

_LINE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3})Z \[\w+\] +(\S+) (.*)")
"""Time, who, what: an actor's note in a log, or ``!`` and what a fault did."""


@dataclass(frozen=True, slots=True)
class Window:
    """What to show; kinds "" means the story, node "" all of them, else names and globs, comma separated."""

    since_s: float
    until_s: float
    kinds: str
    node: str

    def shown(self, records: Sequence[TimelineRecord], default: Iterable[str]) -> list[TimelineRecord]:
        """The records within the window. Raises Failure for a kind that there is not."""
        kinds = [kind.strip() for kind in self.kinds.split(",") if kind.strip()] or list(default)
        for kind in kinds:
            if kind not in KINDS:
                raise Failure(f"There is no kind {kind!r}: there are {', '.join(KINDS)}.")
        return choose(records, kinds, self.since_s, self.until_s, self._who(records))

    def lanes(self, shown: Sequence[TimelineRecord], records: Sequence[TimelineRecord]) -> list[str]:
        """The nodes that get a lane: those asked for, and whoever the only one of them talks to."""
        who = self._who(records)
        return (nodes_of(shown) if len(who) == 1 else []) or who or nodes_of(records)

    def _who(self, records: Sequence[TimelineRecord]) -> list[str]:
        try:
            return meant(self.node, nodes_of(records))
        except LookupError as error:
            raise Failure(f"{error.args[0][:1].upper()}{error.args[0][1:]}.") from None


def show(
    file: Path | None,
    window: Window,
    *,
    live: bool = False,
    record_s: float = 0.0,
    html: Path | None = None,
    width: int = 0,
) -> int:
    """Draw a file, the running cluster's logs, or what it says for a while, on the terminal or into ``html``."""
    if record_s and not live:
        raise Failure("-record is for the cluster that runs: say -live too.")
    records = _recorded(record_s) if record_s else _live() if live else _from_file(file)
    if html is None:
        columns = width or shutil.get_terminal_size((100, 24)).columns
        shown = window.shown(records, STORY)
        for line in draw(shown, records, columns, painter(), window.lanes(shown, records)):
            print(line)
        return 0
    shown = window.shown(records, KINDS)
    title = "lictor dev" if live else file.name if file else ""
    with html.open("w", encoding="utf-8") as out:
        lanes = window.lanes(shown, records)
        out.writelines(page(shown, records, lanes, title=title, since=window.since_s, until=window.until_s))
    print(f"{html}: {len(shown)} records")
    return 0


def _from_file(file: Path | None) -> list[TimelineRecord]:
    if file is None:
        raise Failure("Name a file that `lictor sim -timeline FILE` wrote, or say -live.")
    try:
        with file.open(encoding="utf-8") as lines:
            return list(read(lines))
    except OSError as error:
        raise Failure(f"Cannot read {file}: {error.strerror}.") from None
    except (NoTimeline, UnicodeDecodeError) as error:
        raise Failure(f"{file}: {error}. `lictor sim -timeline FILE` writes files that can be drawn.") from None


def _recorded(seconds: float) -> list[TimelineRecord]:
    from lictor_deploy.local.handle import Cluster
    from lictor_deploy.timelines.live import recording

    with recording(Cluster.running()) as records:
        time.sleep(seconds)
    return records


def _live() -> list[TimelineRecord]:
    """Actors' notes are of level INFO, where a dev cluster's logs begin unless it was told otherwise."""
    from lictor_deploy.local.handle import Cluster

    logs = Path(Cluster.running().logs)
    found: list[TimelineRecord] = []
    for log in sorted(logs.glob("*.log")):
        with log.open(encoding="utf-8", errors="replace") as lines:
            found += from_log(lines)
    if all(record.kind == "fault" for record in found):
        raise Failure(f"The logs in {logs} hold no notes: use -record 5s, or a -log-level of INFO.")
    return from_start(with_ends(found))


def from_log(lines: Iterable[str]) -> Iterator[TimelineRecord]:
    """Records of a process's log, or of the log of faults; ``t`` in seconds of the day's clock."""
    for line in lines:
        match = _LINE.match(line)
        if match is None:
            continue
        t = datetime.fromisoformat(f"{match[1]}+00:00").timestamp()
        who, what = match[2], match[3]
        if who == "!":
            yield TimelineRecord(t, "", "fault", what)
        elif "@" in who and (kind := kind_of(what)) is not None:
            yield TimelineRecord(t, node_of(who), kind, what, role=role_of(who))


def with_ends(records: Iterable[TimelineRecord]) -> list[TimelineRecord]:
    """Faults that healed last until then; the lines that say so are no records of their own."""
    rows: list[TimelineRecord] = []
    places: dict[str, int] = {}
    for record in sorted(records, key=lambda record: record.t):
        name, healed, _ = fault_of(record.what) if record.kind == "fault" else ("", False, "")
        if not healed:
            if name:
                places[name] = len(rows)
            rows.append(record)
        elif name in places:
            place = places.pop(name)
            rows[place] = replace(rows[place], until=record.t)
    return rows
