"""A disk in memory that forgets and tears what was not synced, as real ones do when the power fails."""

from __future__ import annotations

from collections.abc import Mapping
from errno import EIO, ENOENT, ENOSPC
from random import Random

from lictor_actors.journal.torn import surviving


class _File:
    """Zeros at the end are not stored: preallocation costs nothing here."""

    __slots__ = ("data", "named", "pending", "size", "synced", "synced_size")

    def __init__(self) -> None:
        self.data = bytearray()
        self.size = 0
        self.synced = bytearray()
        self.synced_size = 0
        self.named = False
        """True once the directory is known to name it, for good."""
        self.pending: list[tuple[int, bytes | None]] = []
        """Writes as (offset, bytes), truncations as (size, None), since the last sync."""

    def apply(self, offset: int, data: bytes | None) -> None:
        if data is None:
            self.size = offset
            del self.data[offset:]
            return
        if len(self.data) < offset:
            self.data.extend(bytes(offset - len(self.data)))
        self.data[offset : offset + len(data)] = data
        self.size = max(self.size, offset + len(data))

    def sync(self) -> None:
        for offset, data in self.pending:
            if data is None:
                del self.synced[offset:]
                self.synced_size = offset
            else:
                if len(self.synced) < offset:
                    self.synced.extend(bytes(offset - len(self.synced)))
                self.synced[offset : offset + len(data)] = data
                self.synced_size = max(self.synced_size, offset + len(data))
        self.pending.clear()
        self.named = True


class MemoryDisk:
    """A Disk whose files live in this object; the fields that follow make it fail on purpose."""

    def __init__(self, capacity: int | None = None) -> None:
        self._files: dict[str, _File] = {}
        self.capacity = capacity
        """Bytes for all files together; None for no limit."""
        self.sync_fails = False
        """True: every sync raises, as a dying disk's does."""
        self.syncs = 0
        """How many syncs there have been."""

    @property
    def where(self) -> str:
        """Nowhere."""
        return ""

    # -- the six verbs --------------------------------------------------------------------------------------------

    def read(self, name: str, offset: int, size: int | None = None) -> bytes:
        """Bytes of a file, zeros where nothing was written."""
        file = self._file(name)
        end = file.size if size is None else min(file.size, offset + size)
        stored = bytes(file.data[offset:end])
        return stored + bytes(max(0, end - offset) - len(stored))

    def write_at(self, name: str, offset: int, data: bytes) -> None:
        """Seen at once by ``read``, durable after ``sync``."""
        self._change(name, offset, bytes(data), offset + len(data))

    def sync(self, name: str) -> None:
        """What was written to this file will survive ``crash``."""
        if self.sync_fails:
            raise OSError(EIO, "cannot sync: the disk fails", name)
        self.syncs += 1
        self._file(name).sync()

    def truncate(self, name: str, size: int) -> None:
        """Cut the file or let it grow by zeros."""
        self._change(name, size, None, size)

    def rename(self, old: str, new: str) -> None:
        """Durable at once."""
        self._files[new] = self._file(old)
        self._files[new].named = True
        del self._files[old]

    def list(self) -> Mapping[str, int]:
        """All files with their sizes."""
        return {name: self._files[name].size for name in sorted(self._files)}

    # -- faults ---------------------------------------------------------------------------------------------------

    def crash(self, rng: Random, torn: bool = True) -> None:
        """The power fails: of what was not synced, any part may have reached the disk, in any order.

        Not ``torn``: nothing of it did. A new file of which nothing did is not there.
        """
        for name in sorted(self._files):
            file = self._files[name]
            file.data, file.size = bytearray(file.synced), file.synced_size
            for offset, data in file.pending if torn else ():
                for piece in surviving(offset, data, rng):
                    file.apply(*piece)
                    file.named = True
            file.pending.clear()
            file.synced, file.synced_size = bytearray(file.data), file.size
        self._files = {name: file for name, file in self._files.items() if file.named}

    def flip(self, name: str, offset: int, mask: int = 1) -> None:
        """Change bits of one byte behind everyone's back, durably."""
        file = self._file(name)
        file.sync()
        byte = self.read(name, offset, 1)[0] ^ mask
        file.pending.append((offset, bytes((byte,))))
        file.apply(offset, bytes((byte,)))
        file.sync()

    def copy(self) -> MemoryDisk:
        """Another disk with the same contents, all of them durable."""
        other = MemoryDisk(self.capacity)
        for name, file in self._files.items():
            twin = other._files[name] = _File()
            twin.data, twin.size = bytearray(file.data), file.size
            twin.synced, twin.synced_size, twin.named = bytearray(file.data), file.size, True
        return other

    def _change(self, name: str, offset: int, data: bytes | None, end: int) -> None:
        file = self._files.get(name) or _File()
        others = sum(f.size for n, f in self._files.items() if n != name) if self.capacity is not None else 0
        if self.capacity is not None and end > file.size and others + end > self.capacity:
            raise OSError(ENOSPC, "cannot write: the disk is full", name)
        self._files[name] = file
        file.pending.append((offset, data))
        file.apply(offset, data)

    def _file(self, name: str) -> _File:
        try:
            return self._files[name]
        except KeyError:
            raise OSError(ENOENT, "no such file", name) from None
