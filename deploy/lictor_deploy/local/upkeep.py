"""Looks after a running cluster's directories in a shared temporary folder, where cleaners remove what looks old.

systemd-tmpfiles leaves alone what is locked, directories with all that is in them (tmpfiles.d(5)); others go by the
times of files, which are renewed. A run directory that is removed all the same is made again.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

LOOK_EVERY_S = 1.0
TOUCH_EVERY_S = 3600.0


def lock_against_cleaners(directory: Path) -> int:
    """A shared lock for as long as the descriptor that is returned stays open."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_CLOEXEC)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    return descriptor


class Upkeep:
    """What has to be there as long as the cluster runs."""

    def __init__(self, files: Iterable[Path], directories: Iterable[Path]) -> None:
        """``files`` are made again by the owner if one is gone; ``directories`` are kept young, with all below them."""
        self._files = tuple(files)
        self._directories = tuple(directories)
        self._looks = 0
        self._locks: list[int] = []
        self.lock()

    def lost(self) -> list[Path]:
        """The files that are gone."""
        return [file for file in self._files if not file.exists()]

    def lock(self) -> None:
        """Lock the directories, anew if they were made anew."""
        self.close()
        self._locks = [lock_against_cleaners(directory) for directory in self._directories]

    def touch(self) -> None:
        """To be called with every look: once in a while all of it is made to look new."""
        if self._looks % (TOUCH_EVERY_S // LOOK_EVERY_S) == 0:
            for path in self._everything():
                with suppress(OSError):  # it may end at any moment
                    os.utime(path, follow_symlinks=False)
        self._looks += 1

    def close(self) -> None:
        """Let go of the directories."""
        for descriptor in self._locks:
            os.close(descriptor)
        self._locks = []

    def _everything(self) -> Iterator[Path]:
        for directory in self._directories:
            yield directory
            yield from directory.rglob("*")
