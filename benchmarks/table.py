"""Tables that line up, for people."""

from __future__ import annotations

from collections.abc import Sequence


def show(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows under their heads; the first column is words, the others are figures."""
    table = [head, *rows]
    widths = [max(len(row[column]) for row in table) for column in range(len(head))]
    print(f"\n{title}")
    for row in table:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        print("  " + "  ".join(cells).rstrip())


def ratio(ours: float, theirs: float) -> str:
    """How ours compares, as a factor."""
    return f"{ours / theirs:.2f}x" if theirs else "-"
