"""The disk of a live node: a directory, locked against a second process."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Mapping
from errno import EROFS
from pathlib import Path

_sync: Callable[[int], None] = getattr(os, "fdatasync", os.fsync)
"""fdatasync where there is one: the size of a preallocated file does not change, so its metadata need no write."""
FILL_BYTES = 128 * 1024
"""Reserved room is only marked as such, and the first write into each block of it changes metadata that the next sync
has to write too: a third of what a sync costs. So zeros are laid this far ahead, for many syncs at a time."""


class DirectoryInUse(RuntimeError):
    """Another process keeps its journal in this directory."""


class FileDisk:
    """The six verbs as system calls. Every OSError says what failed and names the path."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._open: dict[str, int] = {}
        self._unnamed: dict[str, None] = {}
        """Files whose names may not be durable: a process that was killed may have left them so."""
        self._unfilled: dict[str, tuple[int, int]] = {}
        """Of files that were given room: from where to where nothing was written since."""
        with _Doing("create the directory", directory):
            directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _Doing("open the directory", directory):
            self._lock = os.open(directory, os.O_RDONLY)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            raise DirectoryInUse(f"{directory} is in use by another process: give each node its own data-dir") from None

    @property
    def where(self) -> str:
        """The directory."""
        return str(self._directory)

    def read(self, name: str, offset: int, size: int | None = None) -> bytes:
        """Bytes of a file from ``offset`` on."""
        with _Doing("read", self._directory, name):
            file = self._file(name, create=False)
            left = os.fstat(file).st_size - offset if size is None else size
            parts = []
            while left > 0 and (part := os.pread(file, left, offset)):
                parts.append(part)
                offset, left = offset + len(part), left - len(part)
            return b"".join(parts)

    def write_at(self, name: str, offset: int, data: bytes) -> None:
        """Hand ``data`` to the operating system."""
        with _Doing("write", self._directory, name):
            file = self._file(name, create=True)
            data += self._fill(name, offset + len(data))
            written = os.pwrite(file, data, offset)
            while written < len(data):
                written += os.pwrite(file, data[written:], offset + written)

    def _fill(self, name: str, end: int) -> bytes:
        """Zeros to be written behind ``end``, mostly none."""
        filled, size = self._unfilled.get(name, (end, end))
        if end <= filled:
            return b""
        upto = max(end, min(end + FILL_BYTES, size))
        self._unfilled[name] = upto, size
        return bytes(upto - end)

    def sync(self, name: str) -> None:
        """Wait for the disk; the first time also for the directory that names the file."""
        with _Doing("sync", self._directory, name):
            _sync(self._file(name, create=False))
            if name in self._unnamed:
                os.fsync(self._lock)
                self._unnamed.pop(name, None)

    def truncate(self, name: str, size: int) -> None:
        """Cut, or reserve room: a full disk is noticed here and not in the middle of a record."""
        with _Doing("resize", self._directory, name):
            file = self._file(name, create=True)
            grows = size > os.fstat(file).st_size
            if grows and hasattr(os, "posix_fallocate"):
                self._unfilled[name] = os.fstat(file).st_size, size
                os.posix_fallocate(file, 0, size)
            else:
                self._unfilled.pop(name, None)
                os.ftruncate(file, size)

    def rename(self, old: str, new: str) -> None:
        """Rename and sync the directory."""
        with _Doing("rename", self._directory, old):
            os.rename(self._directory / old, self._directory / new)
            os.fsync(self._lock)
        self._close(new)
        self._unfilled.pop(old, None)
        self._unnamed.pop(old, None)
        if old in self._open:
            self._open[new] = self._open.pop(old)

    def list(self) -> Mapping[str, int]:
        """Plain files of the directory with their sizes."""
        with _Doing("list", self._directory), os.scandir(self._directory) as found:
            sizes = {entry.name: entry.stat().st_size for entry in found if entry.is_file()}
        return dict(sorted(sizes.items()))

    def close(self) -> None:
        """Close all files and release the directory."""
        for name in list(self._open):
            self._close(name)
        os.close(self._lock)

    def _file(self, name: str, *, create: bool) -> int:
        file = self._open.get(name)
        if file is None:
            file = os.open(self._directory / name, os.O_RDWR | os.O_NOFOLLOW | (os.O_CREAT if create else 0), 0o600)
            self._open[name] = file
            self._unnamed[name] = None
        return file

    def _close(self, name: str) -> None:
        self._unfilled.pop(name, None)
        if name in self._open:
            os.close(self._open.pop(name))


class ReadOnlyDisk:
    """A directory for looking, without a lock: another process may be writing to it."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    @property
    def where(self) -> str:
        """The directory."""
        return str(self._directory)

    def read(self, name: str, offset: int, size: int | None = None) -> bytes:
        """Bytes of a file from ``offset`` on."""
        with _Doing("read", self._directory, name), open(self._directory / name, "rb") as file:
            file.seek(offset)
            return file.read(-1 if size is None else size)

    def list(self) -> Mapping[str, int]:
        """Plain files of the directory with their sizes."""
        return {path.name: path.stat().st_size for path in sorted(self._directory.iterdir()) if path.is_file()}

    def write_at(self, name: str, offset: int, data: bytes) -> None:
        """Refused."""
        raise OSError(EROFS, "cannot write: opened for reading", str(self._directory / name))

    def sync(self, name: str) -> None:
        """Refused."""
        raise OSError(EROFS, "cannot sync: opened for reading", str(self._directory / name))

    def truncate(self, name: str, size: int) -> None:
        """Refused."""
        raise OSError(EROFS, "cannot resize: opened for reading", str(self._directory / name))

    def rename(self, old: str, new: str) -> None:
        """Refused."""
        raise OSError(EROFS, "cannot rename: opened for reading", str(self._directory / old))


class _Doing:
    """Words for an OSError: what could not be done with which file. It is entered at every write and every sync."""

    __slots__ = ("_directory", "_name", "_verb")

    def __init__(self, verb: str, directory: Path, name: str = "") -> None:
        self._verb = verb
        self._directory = directory
        self._name = name

    def __enter__(self) -> None:
        return

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, OSError):
            why = f"cannot {self._verb}: {error.strerror or error}"
            raise OSError(error.errno, why, str(self._directory / self._name)) from error
