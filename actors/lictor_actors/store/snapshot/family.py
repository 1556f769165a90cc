"""The way back: a snapshot that a client brings replaces the store, part by part through the log."""

from __future__ import annotations

from typing import Any, Protocol

from lictor_actors.store.family import Family, Write
from lictor_actors.store.guard import Need, constant
from lictor_actors.store.snapshot.archive import STATE_MOST
from lictor_actors.store.snapshot.staged import Staged
from lictor_messages.base import Message
from lictor_messages.refusals import Refused
from lictor_messages.snapshots import RestoreStaged, StageRestore


class Restorable(Protocol):
    """A store, as far as it is needed here."""

    staged: Staged

    def restore(self, command: RestoreStaged, index: int) -> Message:
        """Become what is staged."""


def _stage(store: Restorable, command: StageRestore, index: int) -> Message:
    return store.staged.stage(command, index)


def _restore(store: Restorable, command: RestoreStaged, index: int) -> Message:
    return store.restore(command, index)


def _refuse(store: Restorable, command: StageRestore) -> Refused | None:
    if not command.id:
        return _invalid("id must name the restore: all its parts carry the same")
    if sum(map(len, store.staged.parts)) + len(command.data) > STATE_MOST:
        return Refused(code="TooLarge", text=f"a snapshot that is restored has {STATE_MOST} bytes at most")
    return _invalid(f"part counts from 0, it is {command.part}") if command.part < 0 else None


def _invalid(text: str) -> Refused:
    return Refused(code="Invalid", text=text)


management = constant(Need("acl", "write"))

RESTORES: Family[Any] = Family(
    name="restores",
    make=None,
    writes=(Write(StageRestore, _stage, management, _refuse), Write(RestoreStaged, _restore, management)),
    reads=(),
)
