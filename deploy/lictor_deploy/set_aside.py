"""Setting a node's memory aside: journal and identity together, so that it starts blank, as a node that is new.

One without the other would be dangerous: a server that keeps its id and forgets its journal could vote twice in one
term. Nothing is deleted, and nothing leaves the directory, which may be a file system of its own.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import count
from pathlib import Path

from lictor_actors.hosts.disks import FileDisk
from lictor_actors.journal.segments import BEGUN, SPARE, segment_number

REST = (SPARE, "peers.json", "raft/peers.json", "peers.json.applied", "node-id.new", "node-id")
"""What else makes a node who it is; ``peers.json`` would be applied to the empty journal."""


def remembered(directory: Path) -> list[str]:
    """The files that a node would remember something by, in the order in which they may go.

    A crash in between must leave a directory that is refused: without its first segments a journal is, and without
    any, by the mark, which therefore goes last.
    """
    names = [path.name for path in directory.iterdir() if path.is_file()]
    segments = sorted((n, name) for name in names if (n := segment_number(name)) is not None)
    return [name for _, name in segments] + [name for name in (*REST, BEGUN) if (directory / name).is_file()]


def set_aside(directory: Path, names: Sequence[str]) -> Path:
    """Move these files into a new directory within; returns it. Raises DirectoryInUse, OSError."""
    disk = FileDisk(directory)  # its lock: a node that runs would go on writing
    try:
        place = next(p for n in count(1) if not (p := directory / f"set-aside-{n}").exists())
        place.mkdir(mode=0o700)
        for name in names:
            os.rename(directory / name, place / name.replace("/", "-"))
            for changed in (place, (directory / name).parent):
                _sync(changed)
        return place
    finally:
        disk.close()


def _sync(directory: Path) -> None:
    opened = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
