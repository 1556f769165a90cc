"""What the journal asks of a disk: six verbs. Live they are system calls, in the world a model that may fail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Disk(Protocol):
    """A flat directory of files. Every verb raises OSError with a text that names the file."""

    @property
    def where(self) -> str:
        """The directory, for messages to a person; "" if there is none."""
        ...

    def read(self, name: str, offset: int, size: int | None = None) -> bytes:
        """Bytes from ``offset`` on, to the end without a size; fewer than asked for at the end of the file."""
        ...

    def write_at(self, name: str, offset: int, data: bytes) -> None:
        """Write all of ``data``; creates the file. Durable only after ``sync``."""
        ...

    def sync(self, name: str) -> None:
        """Return when everything written to this file, and its name, would survive a loss of power."""
        ...

    def truncate(self, name: str, size: int) -> None:
        """Cut the file, or grow it by zeros for which room is reserved; creates it. Durable only after ``sync``."""
        ...

    def rename(self, old: str, new: str) -> None:
        """Give a file another name, durably, in place of any file of that name."""
        ...

    def list(self) -> Mapping[str, int]:
        """All files with their sizes, in the order of their names."""
        ...
