"""A command as a log entry's bytes: who asked, under which request id, when, and what."""

from __future__ import annotations

import ormsgpack

from lictor_actors.store.errors import UnknownCommand
from lictor_messages import every as every  # a command that was never imported would be unknown
from lictor_messages.answers import Command
from lictor_messages.base import KINDS_ON, STORED, read

__all__ = ["pack_command", "stamp_of", "unpack_command"]

_KINDS = KINDS_ON[STORED]


def pack_command(at_ns: int, asker: str, request: str, command: Command) -> bytes:
    """The bytes of a log entry. ``at_ns`` is the leader's wall clock, in nanoseconds: the log's own time."""
    fields = (at_ns, asker, request, command.kind, command)
    return ormsgpack.packb(fields, option=ormsgpack.OPT_SERIALIZE_PYDANTIC)


def unpack_command(data: bytes) -> tuple[int, str, str, Command]:
    """The reverse: ``(at_ns, asker, request, command)``. Fields that are not known are ignored.

    Raises UnknownCommand for a kind that is no command here; ValueError for bytes that are no entry.
    """
    try:
        at_ns, asker, request, kind, fields = ormsgpack.unpackb(data)
    except (ValueError, TypeError) as e:
        raise ValueError(f"not a log entry of the store: {e}") from e
    known = _KINDS.get(kind) if isinstance(kind, str) else None
    if known is None or not issubclass(known, Command):
        raise UnknownCommand(str(kind))
    return at_ns, asker, request, read(known, fields)


def stamp_of(data: bytes) -> int:
    """When this entry was proposed, as its leader stamped it: nanoseconds of the log's own time."""
    at_ns: int = ormsgpack.unpackb(data)[0]
    return at_ns
