"""Plain aligned columns, as Consul prints them and as scripts parse them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

GAP = 2


def columns(head: Sequence[str], rows: Iterable[Sequence[str]], *, gap: int = GAP) -> str:
    """Lines with every column as wide as its widest cell and so many blanks between them."""
    table = [list(head), *(list(row) for row in rows)]
    widths = [max(len(row[i]) for row in table) + gap for i in range(len(head))]
    return "\n".join(line(row, widths) for row in table)


def line(row: Sequence[str], widths: Sequence[int]) -> str:
    """One padded line without trailing blanks."""
    return "".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def pairs(items: Iterable[tuple[str, str]]) -> str:
    """``a=1,b=2`` in the order of names, as the detailed listings show maps."""
    return ",".join(f"{key}={value}" for key, value in sorted(items))
