"""The file that holds the number of the process while it runs, for scripts that signal it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lictor_deploy.private import write_private
from lictor_deploy.words.sentence import Failure


@contextmanager
def pid_file(path: str) -> Iterator[None]:
    """Write it, and remove it at the end; "" for none. Raises Failure if it cannot be written."""
    try:
        if path:
            write_private(Path(path), f"{os.getpid()}\n")
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise Failure(f"Cannot write pid_file {path}: {why}. Name another with -pid-file.") from None
    try:
        yield
    finally:
        if path:
            Path(path).unlink(missing_ok=True)
