"""A semaphore: at most ``limit`` holders at once, laid out as in Consul's guide on semaphores and in its Go client.

Under the prefix each contender holds a key named after its session, and ``PREFIX/.lock`` lists the sessions that hold a
place, changed by compare-and-set alone. A session that ends takes its contender's key with it; the next
contender to look strikes it off the list.

The place is given on without a lock-delay. So the session does not end with its node's health, only with its TTL: trust
in a place always ends before another client may have it.
"""

from __future__ import annotations

from typing import NamedTuple

import orjson

from lictor_actors.client.durations import Duration
from lictor_actors.client.errors import InvalidArgument, Unexpected
from lictor_actors.client.holding import WATCH_S, Fence, Holding
from lictor_actors.client.results import Rows
from lictor_actors.client.spawning import Spawning
from lictor_messages.kv import Entry

FLAGS = 0xE0F69A2BAA414DE0
"""By which Consul's Go client knows the keys of a semaphore (``SemaphoreFlagValue``)."""


class HolderList(NamedTuple):
    """Who holds a place, without those whose session has ended."""

    holders: frozenset[str]
    modify_index: int
    """Of the list, 0 if there is none yet."""


class AsyncSemaphore(Holding):
    """One place among ``limit``; ``fence.lock_index`` is that of the list when the place was taken."""

    behavior = "delete"
    node_checks = ()

    def __init__(
        self,
        client: Spawning,
        prefix: str,
        limit: int,
        value: bytes | str,
        *,
        ttl: Duration,
        timeout: Duration | None,
    ) -> None:
        if not isinstance(limit, int) or limit < 1:
            raise InvalidArgument(f"limit is {limit!r}: it takes how many may hold the semaphore at once, at least 1")
        prefix = prefix.rstrip("/")
        words = f"a place in the semaphore {prefix}"
        super().__init__(client, prefix, words, value, ttl=ttl, lock_delay=0.0, timeout=timeout)
        self._limit = limit
        self._list = f"{prefix}/.lock"

    async def _contend(self) -> Fence | None:
        await self._client.kv.acquire(f"{self.key}/{self.session}", self.session, self._value, flags=FLAGS)
        rows = await self._look()
        listed = self._listed(rows)
        if self.session in listed.holders:
            return Fence(self.key, listed.modify_index, self.session)
        if len(listed.holders) < self._limit:
            await self._write(listed.holders | {self.session}, listed.modify_index)
        else:
            await self._look(rows.index, self._ttl)
        return None

    async def _still_held(self, fence: Fence, index: int) -> tuple[bool, int]:
        rows = await self._look(index, WATCH_S)
        return fence.session in self._listed(rows).holders, rows.index

    async def _give_back(self, fence: Fence) -> None:
        written = False
        while not written:
            listed = self._listed(await self._look())
            without = listed.holders - {fence.session}
            written = without == listed.holders or await self._write(without, listed.modify_index)

    async def _look(self, index: int = 0, wait_s: float = 0.0) -> Rows[Entry]:
        return await self._client.kv.list(f"{self.key}/", index=index, wait=wait_s)

    async def _write(self, holders: frozenset[str], index: int) -> bool:
        said = {"Limit": self._limit, "Holders": dict.fromkeys(sorted(holders), True)}
        return await self._client.kv.cas(self._list, orjson.dumps(said), index, flags=FLAGS)

    def _listed(self, rows: Rows[Entry]) -> HolderList:
        contenders = {row.session for row in rows if row.session and row.key == f"{self.key}/{row.session}"}
        found = next((row for row in rows if row.key == self._list), None)
        if found is None:
            return HolderList(frozenset(), 0)
        limit, listed = _read(found)
        holders = listed & contenders
        if holders and limit != self._limit:
            raise InvalidArgument(f"limit is {self._limit}: the semaphore {self.key} is held with a limit of {limit}")
        return HolderList(holders, found.modify_index)


def _read(entry: Entry) -> tuple[object, frozenset[str]]:
    """The limit and the sessions that the list names."""
    try:
        said = orjson.loads(entry.value)
        return said["Limit"], frozenset(said["Holders"])
    except (ValueError, TypeError, KeyError):
        raise Unexpected(f"{entry.key} is not the list of a semaphore: it holds {entry.value[:80]!r}") from None
