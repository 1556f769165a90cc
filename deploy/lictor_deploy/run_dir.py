"""Where a local cluster keeps its sockets, and how the command line finds a running one."""

from __future__ import annotations

import json
import os
import shutil
import socket
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lictor_deploy.sentence import Failure

CONTROL = "control"
FOUND_BY = "dev.json"


def base_dir() -> Path:
    """``<runtime dir>/lictor-<uid>``: ours alone."""
    base = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()) / f"lictor-{os.getuid()}"
    try:
        base.mkdir(mode=0o700, exist_ok=True, parents=True)
        found = base.lstat()
    except OSError as error:
        said = (error.strerror or str(error)).lower()
        raise Failure(f"Cannot use {base}: {said}. Set XDG_RUNTIME_DIR to a directory of yours.") from None
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise Failure(f"{base} must be a directory of yours with mode 0700. Remove it, or set XDG_RUNTIME_DIR.")
    return base


@contextmanager
def run_dir() -> Iterator[Path]:
    """A fresh directory for one cluster's sockets, removed at the end."""
    base = base_dir()
    sweep(base)
    path = Path(tempfile.mkdtemp(prefix="dev-", dir=base))
    try:
        yield path
    finally:
        if announced(base) == str(path / CONTROL):
            (base / FOUND_BY).unlink(missing_ok=True)
        shutil.rmtree(path, ignore_errors=True)


def announce(path: Path) -> bool:
    """Make this cluster the one that ``lictor fault`` finds by itself; False if another one that runs is it already."""
    file = base_dir() / FOUND_BY
    if answers(announced(file.parent)):
        return False
    new = file.with_suffix(".new")
    new.write_text(json.dumps({"control": str(path / CONTROL), "pid": os.getpid()}))
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
    """Whether somebody listens on this Unix socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(path)
        except OSError:
            return False
        return True


def sweep(base: Path) -> None:
    """Remove what clusters left behind whose parent was killed."""
    for old in sorted(base.glob("dev-*")):
        control = old / CONTROL
        if control.exists() and not answers(str(control)):
            shutil.rmtree(old, ignore_errors=True)
