"""What a data directory holds is its owner's: directories 0700, files 0600, also those that were made otherwise."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from lictor_deploy.words.sentence import Failure

OTHERS = 0o077
PRIVATE = OTHERS
"""As a umask: files that are made from now on are closed to others. A journal holds all that the cluster was told."""
ROOT = 0
SHOWN = 3
OF_OURS = re.compile(r"logs|raft|lost\+found|readable|(server|agent|set-aside)-\d+")
"""Directories below the data directory of an agent or of a dev cluster. With any other in it, it is somebody's home or
a directory of the system, which must not be closed because of a mistyped flag."""


def close_to_others(top: Path, flag: str) -> str:
    """Take every right from group and others; what was open, in words, "" if nothing was. Raises Failure."""
    if is_shared(top):
        if top.stat().st_mode & OTHERS:
            raise Failure(
                f"{top} is open to other users and holds more than a node's data. Name a directory of its own with "
                f"{flag}, such as {top / 'lictor'}, or close it with `chmod 0700 {top}`."
            )
        return ""
    opened = [path for path in everything_in(top) if narrowed(path, top, flag)]
    shown = ", ".join("the directory itself" if path == top else f"{path.relative_to(top)}" for path in opened[:SHOWN])
    return f"{shown} and {len(opened) - SHOWN} more" if len(opened) > SHOWN else shown


def is_shared(top: Path) -> bool:
    """Whether it is used for other things too, or by everybody, as the system's directory for temporary files is."""
    folders = [path.name for path in top.iterdir() if path.is_dir() and not path.is_symlink()]
    return bool(top.stat().st_mode & stat.S_ISVTX) or not all(OF_OURS.fullmatch(name) for name in folders)


def everything_in(top: Path) -> Iterator[Path]:
    """The directory, its directories and their files; links are not followed."""
    yield top
    for folder, folders, files in os.walk(top):
        yield from (Path(folder) / name for name in sorted((*folders, *files)))


def narrowed(path: Path, top: Path, flag: str) -> bool:
    """Whether this had to be closed. Raises Failure if it is somebody else's, who could open it again."""
    found = path.stat() if path == top else path.lstat()
    if not (stat.S_ISDIR(found.st_mode) or stat.S_ISREG(found.st_mode)):
        return False
    me = os.geteuid()
    if found.st_uid not in (me, ROOT) and me != ROOT:
        raise Failure(f"{path} belongs to another user ({found.st_uid}): chown it to this one ({me}), or remove it.")
    if not found.st_mode & OTHERS:
        return False
    if found.st_uid != me != ROOT:
        if path != top:
            return False  # root's, in a directory that is closed
        raise Failure(
            f"The data directory {top} belongs to root and is open to others (mode {stat.S_IMODE(found.st_mode):04o}). "
            f"Name a directory below it, which is made for this user alone: {flag} {top / 'lictor'}."
        )
    path.chmod(stat.S_IMODE(found.st_mode) & ~OTHERS)
    return True
