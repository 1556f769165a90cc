"""Failing runs in a file, one JSON object a line: the whole plan, so that a run stays what it was when draws change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from lictor_actors.swarm.plan import Plan


class NotKept(ValueError):
    """A line that is no kept run; the text says which, and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A run that once failed."""

    until_s: float
    plan: Plan
    said: str
    """What was broken, in words."""

    def to_json(self) -> str:
        """One line, with its end."""
        return _KEPT.dump_json(self).decode() + "\n"


_KEPT = TypeAdapter(Kept)


def read(lines: Iterable[str]) -> Iterator[Kept]:
    """The runs of a file's lines; empty lines and those that begin with # are skipped. Raises NotKept."""
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.startswith("#"):
            try:
                yield _KEPT.validate_json(line)
            except ValidationError as error:
                first = error.errors()[0]
                where = ".".join(map(str, first["loc"])) or "the line"
                raise NotKept(f"line {number} is no kept run: {where}: {first['msg']}") from None
