"""Flags of the common forms, read without cyclopts, which explains everything and takes long to import.

``None`` is the answer to all that is not plain: help, a flag that does not exist, a value that is missing, of another
type or begins with a dash. cyclopts then reads it all again, and accepts or refuses it with its own words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

FLAG = re.compile(r"--?([a-z][a-z-]+)(?:=(.+))?", re.DOTALL)
NUMBER = re.compile(r"0|-?[1-9][0-9]{0,8}")

Plain = dict[str, Any] | None
"""Arguments of the command by name."""


def read_plain(command: Callable[..., int], words: Sequence[str]) -> Plain:
    """The keyword arguments that these words stand for, if they are plain."""
    types: dict[str, str] = command.__annotations__  # texts: its module postpones them
    found: dict[str, Any] = {}
    left = list(reversed(words))
    while left:
        flag = FLAG.fullmatch(left.pop())
        if flag is None:
            return None
        name, value = flag[1].replace("-", "_"), flag[2]
        takes = types.get(name, "") if name != "return" else ""
        if takes.startswith("bool"):
            if value is not None:
                return None
            found[name] = True
            continue
        if value is None and left and not left[-1].startswith("-"):
            value = left.pop()
        if not value or not _take(found, name, takes, value):
            return None
    return found


def _take(found: dict[str, Any], name: str, takes: str, value: str) -> bool:
    """Of a flag that is given twice the last one wins, unless it collects values; False if the value does not fit."""
    match takes:
        case "str | None":
            found[name] = value
        case "int | None" if NUMBER.fullmatch(value):
            found[name] = int(value)
        case "tuple[str, ...]":
            found[name] = (*found.get(name, ()), value)
        case _:
            return False
    return True
