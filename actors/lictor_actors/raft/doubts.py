"""What no server that keeps Raft's rules would ever say: refused before anything changes, and counted by name.

Peers are not known by keys, so anybody who reaches the port may speak in a peer's name. Raft's arithmetic takes each
number at its word: a term beyond all others ends elections for good, an answer to a round that was never sent proves
a lease, an entry that cannot be applied stops every server that applies it. What is refused here can do none of that;
what a liar may still say, because an honest server might, is listed in ``docs/forged-messages.md``.

A term far above the own one may be true: a server that was away for long, or is new, sees it. It is approached and not
believed: see ``FARTHEST``.
"""

from __future__ import annotations

from collections.abc import Callable

from lictor_actors.raft.configuration import read_configuration
from lictor_actors.raft.log import Entry, UnknownEntryType, from_packed
from lictor_messages.base import Message
from lictor_messages.bounds import HIGHEST
from lictor_messages.raft import AppendEntries, InstallSnapshot, RequestVote

CEILING = HIGHEST
"""The last term there can be. No server stands for one beyond it, so a cluster that is there never elects again."""
FARTHEST = 2**20
"""How far above the own term another's is believed. One further away raises the own term by so much and no more, and
the message is dropped: raising one's own term is always safe, and heartbeats, a few of them, close an honest gap. From
term 1 a liar would have to say it 2^42 times to reach the ceiling."""

EntryFault = Callable[[bytes], str]
"""Why the data of a command entry could never be applied, "" if it can."""


class Implausible(ValueError):
    """``name`` is what it is counted as, the text what is wrong."""

    def __init__(self, name: str, what: str) -> None:
        super().__init__(what)
        self.name = name


def plausible(message: Message, fault: EntryFault) -> list[Entry]:
    """The entries that it brings, [] if it is of a kind that brings none. Raises Implausible."""
    if isinstance(message, AppendEntries):
        if message.prev_term > message.term:
            raise Implausible("prev_term", f"the entry before is of term {message.prev_term}, above its own")
        return _entries_of(message, fault) if message.entries else []
    if isinstance(message, InstallSnapshot):
        _doubt_snapshot(message)
    elif isinstance(message, RequestVote):
        _doubt_candidate(message)
    return []


def _entries_of(message: AppendEntries, fault: EntryFault) -> list[Entry]:
    entries: list[Entry] = []
    term, index, highest = message.prev_term, message.prev_index, message.term
    if index + len(message.entries) > HIGHEST:
        raise Implausible(
            "entry_index", f"{len(message.entries)} entries after {index}, beyond the last one there can be"
        )
    for packed in message.entries:
        index += 1
        try:
            entry = from_packed(index, packed)
        except UnknownEntryType as unknown:
            raise Implausible("entry_type", str(unknown)) from unknown
        if not term <= entry.term <= highest or not entry.term:
            raise Implausible("entry_term", f"entry {index} of term {entry.term} between {term} and {highest}")
        term = entry.term
        if entry.type == "command":
            if why := fault(entry.data):
                raise Implausible("entry_data", f"entry {index}: {why}")
        elif entry.type == "configuration" and read_configuration(entry.data) is None:
            raise Implausible("entry_configuration", f"entry {index} is no configuration")
        entries.append(entry)
    return entries


def _doubt_snapshot(message: InstallSnapshot) -> None:
    """A chunk of a snapshot that no server can have taken."""
    if not 0 < message.last_term <= message.term or not message.index:
        what = f"the snapshot of entry {message.index} of term {message.last_term} in term {message.term}"
        raise Implausible("snapshot_place", what)
    if not message.size or message.offset + len(message.data) > message.size:
        what = f"{len(message.data)} bytes at {message.offset} of a snapshot of {message.size}"
        raise Implausible("snapshot_size", what)
    if not 0 < message.configuration_index <= message.index or read_configuration(message.configuration) is None:
        raise Implausible("snapshot_configuration", f"the snapshot of entry {message.index} has no servers")


def _doubt_candidate(message: RequestVote) -> None:
    """A log that no candidate for this term can have."""
    if message.last_term >= message.term or bool(message.last_term) != bool(message.last_index):
        what = f"a log up to entry {message.last_index} of term {message.last_term} stands for term {message.term}"
        raise Implausible("candidate_log", what)
