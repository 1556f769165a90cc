"""The log in files: a new one after so many bytes or so long, named after the time as Consul names them."""

from __future__ import annotations

import logging
import os
import sys
import time
from pathlib import Path

NAME = "lictor.log"
"""Of a file in a directory that is named alone."""


class LogFile(logging.Handler):
    """Writes ``DIR/NAME-<nanoseconds since 1970>.log``. A line that cannot be written is counted, and said once."""

    def __init__(self, path: str, *, most_bytes: int, most_ns: int, keep: int) -> None:
        """``keep``: older files that stay; 0 for all of them, -1 for none. Raises OSError."""
        super().__init__()
        given = Path(path) / NAME if path.endswith("/") else Path(path)
        self._directory, self._stem, self._ending = given.parent, given.stem, given.suffix or ".log"
        self._most_bytes = most_bytes
        self._most_ns = most_ns
        self._keep = keep
        self.lost = 0
        """Lines that could not be written."""
        self._open()

    def emit(self, record: logging.LogRecord) -> None:
        """Write what is logged."""
        self.write(self.format(record))

    def write(self, text: str) -> None:
        """Write a line, into a new file if that is due."""
        line = f"{text}\n"
        try:
            if self._is_full(len(line)):
                self._file.close()
                self._open()
            self._file.write(line)
            self._size += len(line)
        except OSError as error:
            self.lost += 1
            if self.lost == 1:
                print(f"The log file {self._file.name} cannot be written: {error.strerror}.", file=sys.stderr)

    def close(self) -> None:
        """Write no more."""
        self._file.close()
        super().close()

    def _is_full(self, more: int) -> bool:
        too_large = 0 < self._most_bytes < self._size + more and self._size
        return bool(too_large) or time.time_ns() - self._began >= self._most_ns

    def _open(self) -> None:
        self._prune()
        self._began, self._size = time.time_ns(), 0
        name = f"{self._stem}-{self._began}{self._ending}"
        file = os.open(self._directory / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._file = os.fdopen(file, "a", buffering=1, encoding="utf-8")

    def _prune(self) -> None:
        """Before a new one is begun."""
        if not self._keep:
            return
        numbered = sorted(self._directory.glob(f"{self._stem}-{'[0-9]' * 19}{self._ending}"))
        for old in numbered[: len(numbered) - max(self._keep, 0)]:
            old.unlink(missing_ok=True)
