"""Going on with what is left of a journal, under the same identity: for a node that no other counts on.

What can be read is written to a journal of its own, which then takes the old one's place. A crash in between leaves
either no journal, which the mark makes a node refuse, or the first segments of the new one, which are refused as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lictor_actors.hosts.disks.file import FileDisk, ReadOnlyDisk
from lictor_actors.journal.journal import Journal
from lictor_actors.journal.recovery import OWN, JournalCorrupt, Recovery, readable, recover
from lictor_actors.journal.segments import BEGUN
from lictor_actors.raft.stable import Stable
from lictor_deploy.agent.set_aside import journal_files, move, set_aside
from lictor_deploy.words.sentence import Failure

NEW = "readable"
STREAM = "server"


@dataclass(frozen=True, slots=True)
class JournalLoss:
    """What is left."""

    refused: str
    """Why the node would not start."""
    found: Recovery
    last_index: int
    """Of Raft's log; 0 for an agent."""
    last_term: int


def plan_loss(directory: Path) -> JournalLoss:
    """What accepting the loss would leave. Raises Failure if that must not be, JournalTooNew, OSError."""
    disk = ReadOnlyDisk(directory)
    if (directory / NEW).exists():
        raise Failure(
            f"{directory / NEW} is left of an earlier time that ended midway. Put the files back that it moved into "
            f"the last directory set-aside-…, remove {directory / NEW}, and run this again."
        )
    try:
        recover(disk)
    except JournalCorrupt as refused:
        found = readable(disk)
        if not found.last:
            raise Failure("Nothing can be read: `lictor operator set-aside` lets the node start over.") from None
        return _judged(str(refused).partition(". ")[0], found)
    raise Failure("A node would accept this journal: there is no loss to accept.")


def accept_loss(directory: Path, loss: JournalLoss) -> Path:
    """Put what can be read in the journal's place; returns where the old files are. The node is ``stopped``."""
    disk = FileDisk(directory / NEW)
    journal = Journal.open(disk)
    for stream, records in loss.found.streams.items():
        if stream != OWN:
            journal.write(stream, records)
    journal.sync()
    disk.close()
    (directory / BEGUN).touch()
    place = set_aside(directory, journal_files(directory))
    for name in journal_files(directory / NEW):
        move(directory / NEW / name, directory / name)
    (directory / NEW / BEGUN).unlink()
    (directory / NEW).rmdir()
    return place


def _judged(refused: str, found: Recovery) -> JournalLoss:
    """A server has to be alone: others may count on a vote, or on an entry, that is lost."""
    if STREAM not in found.streams:
        return JournalLoss(refused, found, 0, 0)
    stable = Stable()
    for record in found.streams[STREAM]:
        stable.recover(record)
    voters = stable.configurations.latest.configuration.voters
    if len(voters) != 1:
        whose = f"one of {len(voters)} that vote ({', '.join(voters)})" if voters else "perhaps one of several"
        raise Failure(
            f"This server is {whose}, and others may count on what is lost: "
            "`lictor operator set-aside` makes it a new one, which fetches everything from them."
        )
    if stable.log.offset > (stable.snapshot.index if stable.snapshot else 0):
        raise Failure(
            "The beginning of the log is missing, so that what follows cannot be used: `lictor operator set-aside`, "
            "and `lictor snapshot restore` for what was saved."
        )
    return JournalLoss(refused, found, stable.log.last_index, stable.log.last_term)
