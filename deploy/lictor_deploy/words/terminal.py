"""Colours, where somebody sees them."""

from __future__ import annotations

import os
import sys
from typing import TextIO

from lictor_actors.timeline.draw import Paint, plain

CODES = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "magenta": "35",
    "cyan": "36",
}


def painter(stream: TextIO | None = None) -> Paint:
    """Paints on a terminal, and nothing anywhere else or where NO_COLOR is set (no-color.org)."""
    stream = stream or sys.stdout
    return _paint if stream.isatty() and not os.environ.get("NO_COLOR") else plain


def _paint(text: str, style: str) -> str:
    codes = ";".join(CODES[word] for word in style.split())
    return f"\x1b[{codes}m{text}\x1b[0m" if codes else text
