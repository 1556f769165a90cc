"""Standard streams that were closed before the command began, as by ``<&-`` or a service manager that gives none.

Their numbers would go to the next file or socket that is opened, and what is printed would go there too. So they are
taken: what is written is lost, as was wanted, and reading is an error, for no input is not the same as an empty one.
"""

from __future__ import annotations

import os
import sys

STREAMS = ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w"))


def take() -> None:
    """Take the numbers of closed streams, from the lowest on: each gets the lowest number that is free."""
    for number, name, mode in STREAMS:
        if getattr(sys, name) is None and _is_closed(number):
            os.open(os.devnull, os.O_WRONLY)
            setattr(sys, name, os.fdopen(number, mode, closefd=False))


def _is_closed(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return True
    return False
