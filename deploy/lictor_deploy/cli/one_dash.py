"""Flags in help as everything else writes them: with one dash, as Consul does. cyclopts knows only two."""

from __future__ import annotations

import re
import sys
from typing import IO, TYPE_CHECKING, TextIO, cast

if TYPE_CHECKING:
    from rich.console import Console

FLAG = re.compile(r"(?<![\w-])--(?=[a-z])")
GAP = re.compile(r"  |$")


def one_dash(line: str) -> str:
    """``--name TEXT  What it is.`` with one dash; what stands to the right of the flags stays in its column."""
    found = list(FLAG.finditer(line))
    if not found:
        return line
    gap = cast("re.Match[str]", GAP.search(line, found[-1].end())).start()
    flags, count = FLAG.subn("-", line[:gap])
    return f"{flags}{' ' * count if line[gap:].strip() else ''}{line[gap:]}"


class OneDash:
    """A stream that writes to another one."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def write(self, text: str) -> int:
        """Line by line."""
        self._out.write("\n".join(map(one_dash, text.split("\n"))))
        return len(text)

    def flush(self) -> None:
        """Pass it on."""
        self._out.flush()

    def isatty(self) -> bool:
        """Colours are for terminals."""
        return self._out.isatty()

    def fileno(self) -> int:
        """Its width is asked for."""
        return self._out.fileno()


def console() -> Console:
    """Where help is printed."""
    from rich.console import Console

    return Console(file=cast("IO[str]", OneDash(sys.stdout)))
