"""Who belongs to the cluster and who votes: the latest configuration in the log, committed or not (D 4.1).

Servers are named by node and told apart by **identity**. A server whose disk was empty when it started draws an
identity and gives no votes until a configuration names it with that identity; the leader first makes it a non-voter,
and it votes again once it has caught up and is promoted. So a server that lost its disk, and with it its memory of
votes and acknowledgements, is to the others what a new server is (D 11.7.2), though it keeps its name. Servers that
bootstrapped a cluster together have no identity, "": before that there was nothing to forget.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import ormsgpack

from lictor_actors.raft.log import Entry

VOTER = "voter"
NONVOTER = "nonvoter"
_NAME_MOST = 600
"""Characters of a node's name and its datacenter's together."""


class ServerRow(NamedTuple):
    """One server of a configuration."""

    name: str
    voter: bool = True
    identity: str = ""


class ChangeRefused(Exception):
    """This configuration cannot follow the present one now; nothing was done."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """Servers in the order in which they were added."""

    rows: tuple[ServerRow, ...] = ()

    @property
    def voters(self) -> tuple[str, ...]:
        """Names of those that vote and count."""
        return tuple(row.name for row in self.rows if row.voter)

    @property
    def nonvoters(self) -> tuple[str, ...]:
        """Names of those that only receive the log."""
        return tuple(row.name for row in self.rows if not row.voter)

    @property
    def names(self) -> tuple[str, ...]:
        """All of them."""
        return tuple(row.name for row in self.rows)

    def row(self, name: str) -> ServerRow | None:
        """This server's row, None if it is no member."""
        return next((row for row in self.rows if row.name == name), None)

    def with_nonvoter(self, name: str, identity: str = "") -> Configuration:
        """``name`` receives the log but does not vote: a new server, a wiped one or a demoted one."""
        row = ServerRow(name, False, identity)
        if self.row(name) is None:
            return Configuration((*self.rows, row))
        return Configuration(tuple(row if known.name == name else known for known in self.rows))

    def promoted(self, name: str) -> Configuration:
        """``name`` votes."""
        return Configuration(tuple(r._replace(voter=True) if r.name == name else r for r in self.rows))

    def demoted(self, name: str) -> Configuration:
        """``name`` no longer votes."""
        return Configuration(tuple(r._replace(voter=False) if r.name == name else r for r in self.rows))

    def without(self, name: str) -> Configuration:
        """``name`` is no member any more."""
        return Configuration(tuple(r for r in self.rows if r.name != name))

    def pack(self) -> bytes:
        """The data of a configuration entry."""
        return ormsgpack.packb([_packed(row) for row in self.rows])


def of_voters(names: Iterable[str]) -> Configuration:
    """The configuration that a cluster is bootstrapped with."""
    return Configuration(tuple(ServerRow(name) for name in names))


def unpack_configuration(data: bytes) -> Configuration:
    """The reverse of ``Configuration.pack``."""
    rows = ormsgpack.unpackb(data)
    return Configuration(tuple(ServerRow(name, suffrage == VOTER, "".join(rest)) for name, suffrage, *rest in rows))


def read_configuration(data: bytes) -> Configuration | None:
    """The same for bytes that anybody may have written; None for what no leader would put into a log."""
    try:
        configuration = unpack_configuration(data)
    except (ValueError, TypeError):
        return None
    names = configuration.names
    sane = all(type(name) is str and 0 < len(name) <= _NAME_MOST and "@" not in name for name in names)
    return configuration if sane and configuration.voters and len(set(names)) == len(names) else None


def _packed(row: ServerRow) -> list[str]:
    suffrage = VOTER if row.voter else NONVOTER
    return [row.name, suffrage, row.identity] if row.identity else [row.name, suffrage]


def check_step(old: Configuration, new: Configuration) -> None:
    """Raise ChangeRefused unless any majority of one shares a voter with any majority of the other (D 4.1)."""
    changed = sorted({r for r in old.rows if r.voter} ^ {r for r in new.rows if r.voter})
    if len({row.name for row in changed}) > 1:
        raise ChangeRefused(f"only one voter may change at a time, not {', '.join(r.name for r in changed)}")
    if any(row in new.rows for row in changed) and any(row in old.rows for row in changed):
        raise ChangeRefused(f"{changed[0].name} has another identity: it has to be a non-voter first")
    if not new.voters:
        raise ChangeRefused("a cluster without voters could never decide anything again")


@dataclass(frozen=True, slots=True)
class Dated:
    """A configuration and the index of the entry that brought it."""

    index: int
    configuration: Configuration


_NONE = Dated(0, Configuration())


class Forced(NamedTuple):
    """A configuration that people put in force, because a majority of the servers is lost (see ``start_over``)."""

    term: int
    """The latest term that the server knew then."""
    configuration: Configuration

    def pack(self) -> bytes:
        """As the journal keeps it."""
        return ormsgpack.packb([self.term, self.configuration.pack()])


def unpack_forced(data: bytes) -> Forced | None:
    """The reverse; None for no bytes."""
    if not data:
        return None
    term, configuration = ormsgpack.unpackb(data)
    return Forced(term, unpack_configuration(configuration))


class Configurations:
    """The configurations that the log holds. One takes effect when it is appended and ends if it is truncated."""

    __slots__ = ("_history", "forced")

    def __init__(self) -> None:
        self._history: list[Dated] = []
        self.forced: Forced | None = None
        """In force before any that the log holds, until a leader that was elected by it has put it into the log."""

    @property
    def latest(self) -> Dated:
        """The configuration in force; index 0 and empty before bootstrap."""
        if self.forced:
            return Dated(0, self.forced.configuration)
        return self._history[-1] if self._history else _NONE

    def at(self, index: int) -> Dated:
        """The configuration that was in force after entry ``index``."""
        return next((dated for dated in reversed(self._history) if dated.index <= index), _NONE)

    def possible(self, commit_index: int) -> list[Configuration]:
        """The last committed configuration and the ones after it: any of them may turn out to be the cluster's."""
        if self.forced:
            return [self.forced.configuration]
        first = self.at(commit_index).index
        return [dated.configuration for dated in self._history if dated.index >= first]

    def appended(self, entry: Entry) -> None:
        """The log has grown by this entry."""
        if entry.type == "configuration":
            configuration = unpack_configuration(entry.data)
            self._history.append(Dated(entry.index, configuration))
            if self.forced and (entry.term > self.forced.term or configuration == self.forced.configuration):
                self.forced = None

    def truncated_from(self, index: int) -> None:
        """The log has lost everything from ``index`` on: the configuration before is in force again."""
        while self._history and self._history[-1].index >= index:
            self._history.pop()

    def begin_with(self, index: int, configuration: Configuration) -> None:
        """A snapshot says that this was in force; what came before is no longer of interest."""
        later = [dated for dated in self._history if dated.index > index]
        self._history = [Dated(index, configuration), *later] if index else later
