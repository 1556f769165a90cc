"""A bug for a while: a patch of our own code that is undone at its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class Patch:
    """Changes attributes of classes and modules, and puts them back."""

    def __init__(self) -> None:
        self._before: list[tuple[object, str, Any]] = []

    def set(self, owner: object, name: str, value: Any) -> None:
        """From now on the owner has this instead."""
        self._before.append((owner, name, owner.__dict__[name]))
        setattr(owner, name, value)

    def undo(self) -> None:
        """Put everything back, the last change first."""
        while self._before:
            owner, name, value = self._before.pop()
            setattr(owner, name, value)


Bug = Callable[[Patch], None]


@contextmanager
def planted(bug: Bug) -> Iterator[None]:
    """Our code with this bug."""
    patch = Patch()
    try:
        bug(patch)
        yield
    finally:
        patch.undo()
