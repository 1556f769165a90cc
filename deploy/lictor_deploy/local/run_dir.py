"""Where a local cluster keeps its sockets, and how the command line finds a running one."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import socket
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from lictor_deploy.private import OTHERS, write_private
from lictor_deploy.words.sentence import Failure

CONTROL = "control"
TOKEN = "fault-token"


@dataclass(frozen=True)
class FaultToken:
    """What those have to send who ask for faults over HTTP, and the file in which the cluster's user may read it."""

    secret: str = field(repr=False)
    file: Path

    def keep(self) -> None:
        """Write the file."""
        write_private(self.file, f"{self.secret}\n")


LOCK = "lock"
FOUND_BY = "dev.json"


def base_dir() -> Path:
    """``<runtime dir>/lictor-<uid>``: ours alone."""
    base = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()) / f"lictor-{os.getuid()}"
    try:
        base.mkdir(mode=0o700, exist_ok=True, parents=True)
        found, place = base.lstat(), base.parent.stat()
    except OSError as error:
        said = (error.strerror or str(error)).lower()
        raise Failure(f"Cannot use {base}: {said}. Set XDG_RUNTIME_DIR to a directory of yours.") from None
    if place.st_mode & stat.S_IWOTH and not place.st_mode & stat.S_ISVTX:
        raise Failure(
            f"Any user may replace what is in {base.parent}: it has no sticky bit. Give it one with "
            f"`chmod +t {base.parent}`, or set XDG_RUNTIME_DIR to a directory of yours."
        )
    if found.st_uid != os.getuid():
        raise Failure(f"{base} was made by another user ({found.st_uid}). Set XDG_RUNTIME_DIR to a directory of yours.")
    if not stat.S_ISDIR(found.st_mode) or found.st_mode & OTHERS:
        raise Failure(f"{base} must be a directory of yours with mode 0700. Remove it, or set XDG_RUNTIME_DIR.")
    return base


@contextmanager
def run_dir() -> Iterator[Path]:
    """A fresh directory for one cluster's sockets, removed at the end."""
    base = base_dir()
    path, lock = fresh_dir("dev-", base)
    try:
        yield path
    finally:
        if announced(base) == str(path / CONTROL):
            (base / FOUND_BY).unlink(missing_ok=True)
        remove(path)
        os.close(lock)


def hold(path: Path) -> int:
    """Lock this directory for as long as the cluster lives; the lock is held before anybody can see it."""
    unseen = path / f".{LOCK}"
    lock = os.open(unseen, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    os.rename(unseen, path / LOCK)
    return lock


def make_again(path: Path) -> int:
    """The run directory of a cluster that runs, with its lock, after it was removed. Raises Failure."""
    base_dir()
    path.mkdir(mode=0o700, exist_ok=True)
    return hold(path)


def announce(path: Path) -> bool:
    """Make this cluster the one that ``lictor fault`` finds by itself; False if another one that runs is it already."""
    file = base_dir() / FOUND_BY
    if answers(announced(file.parent)):
        return False
    new = file.with_suffix(f".{os.getpid()}")  # another cluster may be announcing itself right now
    write_private(new, json.dumps({"control": str(path / CONTROL), "pid": os.getpid()}))
    os.replace(new, file)
    return True


def announced(base: Path) -> str:
    """The control socket of the cluster announced last, "" if there is none."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        return str(json.loads((base / FOUND_BY).read_text())["control"])
    return ""


def find_control() -> str:
    """LICTOR_CONTROL, else the announced cluster; Failure if none runs."""
    path = os.environ.get("LICTOR_CONTROL", "") or announced(base_dir())
    if not path or not answers(path):
        raise Failure("No dev cluster is running. Start one with `lictor dev`, or point LICTOR_CONTROL at its socket.")
    return path


def answers(path: str) -> bool:
    """Whether this Unix socket is listened on."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(path)
        except OSError:
            return False
        return True


def fresh_dir(prefix: str, base: Path) -> tuple[Path, int]:
    """A new directory and its lock's descriptor. Earlier ones of this user whose cluster was killed go."""
    for old in sorted(base.glob(f"{prefix}*")):
        if abandoned(old):
            remove(old)
    path = Path(tempfile.mkdtemp(prefix=prefix, dir=base))
    return path, hold(path)


def remove(path: Path) -> None:
    """Remove a directory that was locked, its lock after all large parts: if we are killed meanwhile, the next cluster
    finds it."""
    for inside in path.glob("*"):
        if inside.is_dir():
            shutil.rmtree(inside, ignore_errors=True)
    shutil.rmtree(path, ignore_errors=True)


def abandoned(path: Path) -> bool:
    """Whether this directory of our user's is held no more; one without a lock is only just being made."""
    try:
        lock = os.open(path / LOCK, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    else:
        return os.fstat(lock).st_uid == os.getuid()
    finally:
        os.close(lock)
