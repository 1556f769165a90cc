"""Records as a small table of HTML, which notebooks show in place of ``repr``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any, TypeVar

from pydantic import BaseModel

T = TypeVar("T")
ROWS_MOST = 100
CELL_MOST = 80
"""Characters of a cell: a value may have half a million."""
LONELY = "value"
"""The column of what is no record, such as names of keys."""


class Listed(tuple[T, ...]):
    """A tuple of records that notebooks show as a table."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return table(self)


def table(records: Sequence[Any], caption: str = "") -> str:
    """A table with a line for each record, without columns in which all are empty; those too many are counted."""
    rows = [_cells(record) for record in records[:ROWS_MOST]]
    names = dict.fromkeys(name for row in rows for name, value in row.items() if value or value is False)
    lines = [_line("td", (_shown(row.get(name, "")) for name in names)) for row in rows]
    left_out = len(records) - len(rows)
    more = f"<p>and {left_out} more</p>" if left_out > 0 else ""
    head = f"<caption>{escape(caption)}</caption>" if caption else ""
    return f"<table>{head}<thead>{_line('th', names)}</thead><tbody>{''.join(lines)}</tbody></table>{more}"


def _cells(record: Any) -> Mapping[str, Any]:
    if isinstance(record, Mapping):
        return record
    if isinstance(record, BaseModel):
        return {name: getattr(record, name) for name in type(record).model_fields}
    return {LONELY: record}


def _line(tag: str, cells: Iterable[str]) -> str:
    return "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells) + "</tr>"


def _shown(value: Any) -> str:
    """As text: bytes as characters where they are some, records in short, pairs one behind the other."""
    if isinstance(value, bytes):
        text = value[: CELL_MOST * 4].decode("utf-8", "backslashreplace")
    elif isinstance(value, Mapping):
        text = ", ".join(f"{key}={item}" for key, item in value.items())
    elif isinstance(value, list | tuple):
        text = ", ".join(map(_shown, value))
    elif isinstance(value, BaseModel):
        text = " ".join(_shown(item) for item in _cells(value).values() if item)
    else:
        text = str(value)
    return text if len(text) <= CELL_MOST else f"{text[: CELL_MOST - 1]}…"
