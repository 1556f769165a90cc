"""What DNS names was healthy not long ago in the catalog of some server (Consul's promise of health-aware DNS)."""

from __future__ import annotations

from collections.abc import Collection

Address = bytes


class NamedTooLong(AssertionError):
    """An answer named an address that no server has held for healthy for too long."""


class ResolutionJudge:
    """Follows one service in the catalogs of all servers."""

    def __init__(self, late_ns: int) -> None:
        """``late_ns``: how long an answer may be on its way from a server to its asker."""
        self._late_ns = late_ns
        self._healthy: dict[str, frozenset[Address]] = {}
        """By server, what it holds now."""
        self._until: dict[Address, int] = {}
        """When a server last held it for healthy."""
        self.answers = 0

    def saw(self, server: str, healthy: frozenset[Address], now: int) -> None:
        """What a server holds after a turn."""
        before = self._healthy.get(server, frozenset())
        if healthy != before:
            self._healthy[server] = healthy
            self._until.update(dict.fromkeys(before - healthy, now))

    def gone(self, server: str, now: int) -> None:
        """A server is down."""
        self.saw(server, frozenset(), now)

    def answered(self, asker: str, named: Collection[Address], now: int) -> None:
        """An asker was told these addresses. Raises NamedTooLong."""
        self.answers += 1
        healthy = frozenset[Address]().union(*self._healthy.values())
        for address in named:
            if address not in healthy and now - self._until.get(address, now) > self._late_ns:
                since = (now - self._until[address]) / 1e6
                raise NamedTooLong(
                    f"{asker} was told {address.hex()} {since:.0f} ms after any server took it for healthy"
                )
