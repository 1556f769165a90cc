"""Setting a node's memory aside: journal and identity together, so that it starts blank, as a node that is new.

One without the other would be dangerous: a server that keeps its id and forgets its journal could vote twice in one
term. Nothing is deleted, and nothing leaves the directory, which may be a file system of its own.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from lictor_actors.hosts.disks.file import FileDisk
from lictor_actors.journal.segments import BEGUN, SPARE, segment_number

REST = ("peers.json", "raft/peers.json", "peers.json.applied", "node-id.new", "node-id", BEGUN)
"""What else makes a node who it is; ``peers.json`` would be applied to the empty journal."""


def remembered(directory: Path) -> list[str]:
    """The files that a node would remember something by, in the order in which they may go.

    A crash in between must leave a directory that is refused: without its first segments a journal is, and without
    any, by the mark, which therefore goes last.
    """
    return journal_files(directory) + [name for name in REST if (directory / name).is_file()]


def journal_files(directory: Path) -> list[str]:
    """The journal alone, oldest first."""
    names = [path.name for path in directory.iterdir() if path.is_file()]
    segments = sorted((n, name) for name in names if (n := segment_number(name)) is not None)
    return [name for _, name in segments] + [name for name in names if name == SPARE]


@contextmanager
def stopped(directory: Path) -> Iterator[FileDisk]:
    """Keep a node from starting there. Raises DirectoryInUse if one runs: it would go on writing."""
    disk = FileDisk(directory)
    try:
        yield disk
    finally:
        disk.close()


def set_aside(directory: Path, names: Sequence[str]) -> Path:
    """Move these files into a new directory within; returns it. The node is ``stopped``. Raises OSError."""
    place = next(p for n in count(1) if not (p := directory / f"set-aside-{n}").exists())
    place.mkdir(mode=0o700)
    for name in names:
        move(directory / name, place / name.replace("/", "-"))
    return place


def move(old: Path, new: Path) -> None:
    """Durably."""
    os.rename(old, new)
    for changed in (new.parent, old.parent):
        opened = os.open(changed, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
