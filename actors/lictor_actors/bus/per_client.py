"""How many connections each client's address has, and whether it may have one more."""

from __future__ import annotations


class PerClient:
    """``most`` connections for each address; 0: any number."""

    __slots__ = ("_counts", "most")

    def __init__(self, most: int) -> None:
        self.most = most
        self._counts: dict[str, int] = {}

    def admit(self, address: str) -> bool:
        """Count one more, unless it is one too many."""
        count = self._counts.get(address, 0)
        if 0 < self.most <= count:
            return False
        self._counts[address] = count + 1
        return True

    def forget(self, address: str) -> None:
        """One of them is closed."""
        left = self._counts[address] - 1
        if left:
            self._counts[address] = left
        else:
            del self._counts[address]
