"""Who votes: the latest configuration in the log, committed or not (dissertation, section 4.1)."""

from __future__ import annotations

import ormsgpack

from lictor_actors.raft.log import Entry

VOTER = "voter"


def pack_configuration(servers: tuple[str, ...]) -> bytes:
    """The data of a configuration entry: each server with its suffrage."""
    return ormsgpack.packb([[server, VOTER] for server in servers])


def unpack_configuration(data: bytes) -> tuple[str, ...]:
    """The voters of a configuration entry."""
    return tuple(server for server, suffrage in ormsgpack.unpackb(data) if suffrage == VOTER)


class Membership:
    """The configurations that the log holds. One takes effect when it is appended and ends if it is truncated."""

    __slots__ = ("_history",)

    def __init__(self) -> None:
        self._history: list[tuple[int, tuple[str, ...]]] = []

    @property
    def servers(self) -> tuple[str, ...]:
        """The voters, () before bootstrap."""
        return self._history[-1][1] if self._history else ()

    def appended(self, entry: Entry) -> None:
        """The log has grown by this entry."""
        if entry.type == "configuration":
            self._history.append((entry.index, unpack_configuration(entry.data)))

    def truncated_from(self, index: int) -> None:
        """The log has lost everything from ``index`` on: the configuration before is in force again."""
        while self._history and self._history[-1][0] >= index:
            self._history.pop()
