"""``lictor debug journal``: what is on a node's disk, for a person."""

from __future__ import annotations

from pathlib import Path

from lictor_actors.hosts.disks.file import ReadOnlyDisk
from lictor_actors.journal.inspection import Line, inspect, verdict
from lictor_actors.journal.segments import segment_number
from lictor_deploy.words.sentence import Failure


def journal(path: str, /, *, stream: str = "", summary: bool = False) -> int:
    """Show the records of a journal, and whether a node would accept it (status 1: no). Only reads; it may be in use.

    Example: lictor debug journal /var/lib/lictor -stream=server

    Parameters
    ----------
    path
        A data directory, or one segment of it, such as journal-00000001.
    stream
        Show the records of one actor only, such as server or agent.
    summary
        Show the verdict only.
    """
    directory, only = place(path)
    disk = ReadOnlyDisk(directory)
    if not summary:
        for line in inspect(disk, only):
            if not stream or line.stream in ("", stream):
                print(shown(line))
    said = verdict(disk)
    print(f"The journal is {said}.")
    return int(said.startswith("refused"))


def place(path: str) -> tuple[Path, str]:
    """The directory, and the segment if the path names one."""
    found = Path(path)
    if found.is_dir():
        return found, ""
    if found.is_file() and segment_number(found.name) is not None:
        return found.parent, found.name
    if found.is_file():
        raise Failure(f"{path} is no journal: its files are called journal-00000001 and so on, in a data directory.")
    raise Failure(f"There is no journal at {path}. Give a data directory or one of its journal files.")


def shown(line: Line) -> str:
    """One line: where, which record, whose, what."""
    if not line.number:
        return f"{line.segment}:{line.offset}  {line.what}"
    return f"{line.segment}:{line.offset}  {line.number}  {line.stream}  {line.what}"
