"""What a leader may do to Raft's configuration, checked where it appends the change.

Ongaro, dissertation, section 4.1: one server at a time, so that old and new majorities overlap. And his message to
raft-dev of July 2015: not before the configuration before it is committed, and an entry of the leader's own term;
otherwise two leaders may each change the configuration that they know, to majorities that do not overlap.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lictor_actors.judges.raft import PromiseBroken
from lictor_actors.raft import Configuration, Raft, Role
from lictor_actors.raft.configuration import Dated, ServerRow, unpack_configuration
from lictor_actors.raft.log import Entry


@dataclass(frozen=True, slots=True)
class MemberChange:
    """From one configuration to the next, by this leader."""

    leader: str
    term: int
    before: Configuration
    after: Configuration

    @property
    def kinds(self) -> tuple[str, ...]:
        """What it does, in a word for each server that it touches."""
        return tuple(self._kinds())

    @property
    def removed(self) -> tuple[str, ...]:
        """Who is no member any more."""
        return tuple(name for name in self.before.names if self.after.row(name) is None)

    def _kinds(self) -> Iterator[str]:
        for name in dict.fromkeys((*self.before.names, *self.after.names)):
            old, new = self.before.row(name), self.after.row(name)
            if old != new:
                yield "leader_removed_itself" if new is None and name == self.leader else _kind(old, new)


def _kind(old: ServerRow | None, new: ServerRow | None) -> str:
    if old is None or new is None:
        return "nonvoter_added" if old is None else "server_removed"
    if old.identity != new.identity:
        return "wiped_server_readmitted"
    return "voter_added" if new.voter else "voter_demoted"


class MembershipJudge:
    """Feed it with ``saw`` after each turn of a server; ``committed`` is called with every change, once."""

    def __init__(self, committed: Callable[[MemberChange], None] = lambda _: None) -> None:
        self._committed = committed
        self._looked: dict[str, tuple[Raft, int, int]] = {}
        """Of each leader: its life, its term, and how far its log was looked at."""
        self._open: dict[int, MemberChange] = {}
        """By index."""

    def saw(self, node: str, raft: Raft) -> None:
        """A server after a turn. Raises PromiseBroken."""
        if raft.role is Role.LEADER:
            for entry in raft.entries(self._look_from(node, raft), raft.last_index + 1):
                if entry.type == "configuration":
                    self._changed(node, raft, entry)
            self._looked[node] = (raft, raft.term, raft.last_index)
        if self._open:
            self._settle(raft)

    def _look_from(self, node: str, raft: Raft) -> int:
        """A leader that is new to its term has appended whatever is of that term."""
        life, term, upto = self._looked.get(node, (None, 0, 0))
        if life is raft and term == raft.term:
            return max(upto + 1, raft.first_index)
        first = raft.last_index + 1
        while first > raft.first_index and raft.term_at(first - 1) == raft.term:
            first -= 1
        return first

    def _changed(self, node: str, raft: Raft, entry: Entry) -> None:
        before, after = raft.members_at(entry.index - 1), unpack_configuration(entry.data)
        if not before.index:
            return
        where = f"{node} in term {raft.term}, entry {entry.index}"
        if raft.term_at(raft.commit_index) != raft.term:
            raise PromiseBroken(f"{where}: changes the configuration before a commit in its own term")
        if before.index > raft.commit_index:
            raise PromiseBroken(f"{where}: a second change, and that of entry {before.index} is not committed")
        _one_at_a_time(where, before, after)
        self._open[entry.index] = MemberChange(node, raft.term, before.configuration, after)

    def _settle(self, raft: Raft) -> None:
        for index, change in list(self._open.items()):
            if index <= raft.commit_index:
                del self._open[index]
                if raft.term_at(index) == change.term:
                    self._committed(change)


def _one_at_a_time(where: str, before: Dated, after: Configuration) -> None:
    old, new = before.configuration.voters, after.voters
    moved = [name for name in dict.fromkeys((*old, *new)) if (name in old) != (name in new)]
    if len(moved) > 1:
        raise PromiseBroken(f"{where}: changes the votes of {' and '.join(moved)} at once")
