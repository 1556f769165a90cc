"""What a fault verb or a plan put in force, ended by a call or by the end of a block."""

from __future__ import annotations

from types import TracebackType
from typing import Self


class Heals:
    """Heals when told to, or at the end of a ``with`` or ``async with`` block. Healing twice does no harm."""

    def heal(self) -> None:
        """End it and undo what it did."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.heal()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.heal()
