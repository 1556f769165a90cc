"""Starting over with fewer servers, when so many are lost for good that no majority will ever answer again.

Every server that is left is stopped, told the new configuration, and started. The logs stay as they are, so that
whichever is most up-to-date wins the first election among those that are left, as always, and decides for all: only
what none of them has is lost. The leader then puts the configuration into the log; from there on it is one like any
other. Until then it is in force because a cell of the journal says so.

If the terms themselves are lost, driven to the last one there is by forged messages, one server alone starts over:
``node.term_reset`` puts what its log says into a snapshot of term 1, and the others come with empty disks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lictor_actors.raft.configuration import Configuration, Forced, ServerRow
from lictor_actors.raft.records import FORCED_CELL
from lictor_actors.raft.stable import Stable
from lictor_messages.journal import Cell, JournalRecord


class CannotStartOver(ValueError):
    """Nothing was done; the text says why."""


@dataclass(frozen=True, slots=True)
class StartOver:
    """What a server has, what it will have, and the records that make it so."""

    term: int
    last_index: int
    last_term: int
    snapshot_index: int
    before: Configuration
    after: Configuration
    records: tuple[JournalRecord, ...]
    folded: bool = False
    """True if the records replace all that the journal held of Raft by one snapshot of term 1."""
    skipped: tuple[str, ...] = ()
    """Entries that no server could ever apply, and that the snapshot is without."""


def start_over(journal: Iterable[JournalRecord], me: str, wanted: Sequence[ServerRow]) -> StartOver:
    """What to write to the journal of server ``me`` so that it starts with these servers. Raises CannotStartOver."""
    stable = what_is_left(journal, me, wanted)
    before = stable.configurations.latest.configuration
    after = Configuration(tuple(_with_identity(row, before, stable, me) for row in wanted))
    forced = Forced(max(stable.term, stable.log.last_term), after)
    snapshot_index = stable.snapshot.index if stable.snapshot else 0
    cell = Cell(name=FORCED_CELL, data=forced.pack())
    last_index, last_term = stable.log.last_index, stable.log.last_term
    return StartOver(stable.term, last_index, last_term, snapshot_index, before, after, (cell,))


def what_is_left(journal: Iterable[JournalRecord], me: str, wanted: Sequence[ServerRow]) -> Stable:
    """What the journal of server ``me`` says. Raises CannotStartOver if nothing can be begun with it."""
    stable = Stable()
    for record in journal:
        stable.recover(record)
    _refuse(stable, me, wanted)
    return stable


def _refuse(stable: Stable, me: str, wanted: Sequence[ServerRow]) -> None:
    names = [row.name for row in wanted]
    if not any(row.voter for row in wanted):
        raise CannotStartOver("at least one server has to vote")
    if len(set(names)) != len(names):
        raise CannotStartOver("a server is named twice")
    if me not in names:
        raise CannotStartOver(f"this is {me}, and the servers are to be {', '.join(names)}: it is not one of them")
    if not stable.log.last_index and stable.snapshot is None:
        raise CannotStartOver(f"{me} holds no log: a server that never was in a cluster has nothing to start over with")


def _with_identity(row: ServerRow, before: Configuration, stable: Stable, me: str) -> ServerRow:
    """Everyone is who he was: by his own disk, or by what this log knows of him."""
    known = before.row(row.name)
    identity = stable.identity if row.name == me else known.identity if known else ""
    return ServerRow(row.name, row.voter, identity)
