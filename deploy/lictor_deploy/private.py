"""What a data directory holds is its owner's: directories 0700, files 0600, also those that were made otherwise.

In a directory that all users share, one of them may have made a directory or a link of the expected name beforehand.
Neither is used: what is written there would be read, or go to a file of that user's choice.
"""

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
OF_OURS = re.compile(r"logs|raft|secure|lost\+found|readable|(server|agent|set-aside)-\d+")
"""Directories below the data directory of an agent or of a dev cluster. With any other in it, it is somebody's home or
a directory of the system, which must not be closed because of a mistyped flag."""


def private_file(path: Path, *, new: bool = False) -> int:
    """The descriptor of an emptied file that is ours alone from the first moment; a link is not followed.

    ``new``: it must not be there yet. Raises OSError.
    """
    file = os.open(path, os.O_WRONLY | os.O_CREAT | (os.O_EXCL if new else os.O_TRUNC) | os.O_NOFOLLOW, 0o600)
    os.fchmod(file, 0o600)  # an older one may have been open to others
    return file


def write_private(path: Path, text: str) -> None:
    """The whole of such a file. Raises OSError."""
    with open(private_file(path), "w", encoding="utf-8") as file:
        file.write(text)


def refuse_planted(path: Path, remedy: str) -> None:
    """Raises Failure if another user made this directory, or a link of this name, where every user may make some."""
    shared, found = path.absolute().parent, path.lstat()
    if shared.stat().st_mode & stat.S_IWOTH and found.st_uid not in (os.geteuid(), ROOT):
        what = "link" if stat.S_ISLNK(found.st_mode) else "directory"
        raise Failure(
            f"The {what} {path} was made by another user ({found.st_uid}) in {shared}, which all share: {remedy}"
        )


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
