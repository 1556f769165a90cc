"""A cluster whose nodes move from machine to machine: where they are now, and clients that follow them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from http.client import HTTPConnection, HTTPException
from random import Random
from typing import TypeVar

from recorded import Failed, HttpStore

from lictor_deploy.local.handle import Cluster, NodePlace

ANSWER_WITHIN_S = 4.0
Said = TypeVar("Said")


def places(cluster: Cluster) -> dict[str, NodePlace]:
    """Where every node is at this moment, by name."""
    cluster.look_again()
    return cluster.nodes


def agents_answer_away_from(cluster: Cluster, ip: str) -> bool:
    """Whether every agent answers over HTTP, and none of them at this address."""
    agents = [place for name, place in places(cluster).items() if name.startswith("agent-")]
    return all(place.ip != ip for place in agents) and all(map(answers, agents))


def answers(place: NodePlace) -> bool:
    """Whether this node answers over HTTP."""
    connection = HTTPConnection(place.http, timeout=ANSWER_WITHIN_S)
    try:
        connection.request("GET", "/v1/agent/self")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


class FollowingStore:
    """A way to the keys through one node, and after a failure through another, of those that the cluster has then."""

    def __init__(self, cluster: Cluster, seed: int) -> None:
        self._cluster = cluster
        self._rng = Random(seed)
        self._store: HttpStore | None = None

    async def put(self, key: str, value: bytes, cas: int | None = None) -> bool:
        return await self._ask(lambda store: store.put(key, value, cas))

    async def delete(self, key: str) -> bool:
        return await self._ask(lambda store: store.delete(key))

    async def get(self, key: str, mode: str) -> tuple[bytes | None, int]:
        return await self._ask(lambda store: store.get(key, mode))

    async def _ask(self, question: Callable[[HttpStore], Awaitable[Said]]) -> Said:
        if self._store is None:
            now = await asyncio.to_thread(places, self._cluster)
            self._store = HttpStore(self._rng.choice(list(now.values())).http, ANSWER_WITHIN_S)
        try:
            return await question(self._store)
        except Failed:
            self.close()
            raise

    def close(self) -> None:
        """Hang up."""
        if self._store is not None:
            self._store.web.close()
        self._store = None
