"""Entries that come from another server: read before they are taken into the log, and read only once.

An entry that cannot be applied stops every server that has it, for good. A leader admits no such command; a
stranger who speaks in its name may send one all the same. So a follower reads an entry when it comes, refuses it if it
is none of this store's, and keeps what it has read until it is committed and applied: that costs nothing more.

A kind that is not known at all is let in, because a newer leader may well propose it. It stops the server when it is
applied, by name: a server that passed it over would have another state than the others from then on.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable

from lictor_actors.store.commands import unpack_command
from lictor_actors.store.errors import UnknownCommand
from lictor_messages.answers import Command
from lictor_messages.base import KINDS
from lictor_messages.bounds import HIGHEST

Read = tuple[int, str, str, Command]
"""When, who, under which request id, what."""
_NAME = re.compile(r"[a-z_]{1,64}\.[a-z0-9_]{1,64}")
MOST_BYTES = 8 * 1024 * 1024
"""Of entries that may wait with what was read of them; if they are more, all are read again."""


class EntryReader:
    """What was read of the entries that are not applied yet, in their order."""

    def __init__(self, applies: Callable[[Command], bool]) -> None:
        self._applies = applies
        self._applied: dict[type[Command], None] = {}
        """Kinds of which that is known."""
        self._waiting: deque[tuple[bytes, Read]] = deque()
        self._bytes = 0

    def fault(self, data: bytes) -> str:
        """Why this can be no entry of the store's, "" if it can."""
        try:
            read = unpack_command(data)
        except UnknownCommand as unknown:
            newer = _NAME.fullmatch(unknown.kind) and unknown.kind not in KINDS
            return "" if newer else f"{unknown.kind[:64]!r} is no command"
        except (ValueError, TypeError) as error:
            return f"it cannot be read: {type(error).__name__}"
        at_ns, asker, request, command = read
        if type(asker) is not str or type(request) is not str:
            return "it does not say who asked for it"
        if type(at_ns) is not int or not 0 <= at_ns <= HIGHEST:
            return "its time is none"
        if type(command) not in self._applied:
            if not self._applies(command):
                return f"{command.kind} is not for the log"
            self._applied[type(command)] = None
        self._bytes += len(data)
        if self._bytes > MOST_BYTES:
            self._waiting.clear()
            self._bytes = len(data)
        self._waiting.append((data, read))
        return ""

    def read(self, data: bytes) -> Read:
        """The entry, as ``unpack_command`` reads it. What waits before it came to nothing: its place is taken."""
        waiting = self._waiting
        while waiting:
            kept, read = waiting.popleft()
            if kept is data:  # the log holds the very bytes that were read
                return read
        self._bytes = 0
        return unpack_command(data)
