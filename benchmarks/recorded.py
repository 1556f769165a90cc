"""Clients whose every question and answer on single keys goes into one history, for the judge of linearizability.

All run in one event loop and take the time from one monotonic clock, so "returned before the other was called" is
exact. Reads in mode default and consistent belong to the history; stale reads promise less and are judged apart.
"""

from __future__ import annotations

import asyncio
import base64
import json
import secrets
import time
from collections import Counter
from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Protocol

from web import Broken, Web

import lictor
from lictor_actors.judges.history import ClientOperation, History

PER_KEY = 120
"""Operations on a key before the clients move on: the search for an order is cheap on short histories."""
KEYS_AT_A_TIME = 3
PACE_S = 0.004
"""A pause after each operation: clients that think leave the machine's cores to the servers."""


class Failed(Exception):
    """An operation without a result; ``definite`` if it did not happen and never will."""

    def __init__(self, definite: bool, why: str) -> None:
        super().__init__(why)
        self.definite = definite


class Store(Protocol):
    """A way to the keys. All raise Failed."""

    async def put(self, key: str, value: bytes, cas: int | None = None) -> bool:
        """Set a key; False if the compare-and-set lost."""

    async def delete(self, key: str) -> bool:
        """Remove a key."""

    async def get(self, key: str, mode: str) -> tuple[bytes | None, int]:
        """Value and ModifyIndex, ``(None, 0)`` if there is no such key."""


class HttpStore:
    """Over HTTP at one node."""

    def __init__(self, address: str, timeout_s: float = 15.0) -> None:
        self.web = Web(address, timeout_s)

    async def put(self, key: str, value: bytes, cas: int | None = None) -> bool:
        return await self._write("PUT", f"/v1/kv/{key}" + ("" if cas is None else f"?cas={cas}"), value)

    async def delete(self, key: str) -> bool:
        return await self._write("DELETE", f"/v1/kv/{key}")

    async def get(self, key: str, mode: str) -> tuple[bytes | None, int]:
        status, body = await self._ask("GET", f"/v1/kv/{key}" + ("?" + mode if mode != "default" else ""))
        if status == 404:
            return None, 0
        entry = json.loads(body)[0]
        return base64.b64decode(entry["Value"] or ""), entry["ModifyIndex"]

    async def _write(self, method: str, target: str, value: bytes = b"") -> bool:
        status, body = await self._ask(method, target, value)
        if status != 200:
            raise Failed(True, f"{status} {body!r}")
        return body.strip() == b"true"

    async def _ask(self, method: str, target: str, body: bytes = b"") -> tuple[int, bytes]:
        try:
            reply = await self.web.ask(method, target, body)
        except Broken as error:
            raise Failed(error.definite, f"connection: {error}") from None
        if reply.status not in (200, 404):
            raise Failed(reply.definite, f"{reply.status} {reply.body.decode(errors='replace')}")
        return reply.status, reply.body


class BusStore:
    """Over the bus, as a client actor."""

    def __init__(self, client: lictor.AsyncClient) -> None:
        self._client = client

    async def put(self, key: str, value: bytes, cas: int | None = None) -> bool:
        try:
            return await self._client.kv.put(key, value, cas=cas)
        except lictor.LictorError as error:
            raise Failed(error.definite, str(error)) from None

    async def delete(self, key: str) -> bool:
        try:
            return await self._client.kv.delete(key)
        except lictor.LictorError as error:
            raise Failed(error.definite, str(error)) from None

    async def get(self, key: str, mode: str) -> tuple[bytes | None, int]:
        try:
            entry = await self._client.kv.get(key, consistent=mode == "consistent")
        except lictor.LictorError as error:
            raise Failed(error.definite, str(error)) from None
        return (entry.value, entry.modify_index) if entry else (None, 0)


@dataclass
class Recorder:
    """The history of all clients, what became of each question, and the acknowledged writes of the ledger."""

    history: History = field(default_factory=History)
    outcomes: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    """Why questions failed."""
    ledger: dict[str, bytes] = field(default_factory=dict)
    """Acknowledged writes to keys that are written once."""
    refused: list[str] = field(default_factory=list)
    """Keys of the ledger whose only write was definitely refused."""
    acknowledged: list[tuple[int, int]] = field(default_factory=list)
    """Call and return of every acknowledged write."""
    over: asyncio.Event = field(default_factory=asyncio.Event)
    run: str = field(default_factory=lambda: secrets.token_hex(3))
    """In all keys and values: a history begins with keys that do not exist."""
    _count: int = 0

    def key(self, rng: Random) -> str:
        """One of the keys of the moment."""
        epoch = len(self.history.operations) // (PER_KEY * KEYS_AT_A_TIME)
        return f"history/{self.run}/{epoch}/{rng.randrange(KEYS_AT_A_TIME)}"

    async def work(self, name: str, store: Store, seed: int) -> None:
        """One client: asks, records, thinks, until it is over."""
        rng = Random(seed)
        seen: dict[str, int] = {}
        while not self.over.is_set():
            draw = rng.random()
            if draw < 0.2:
                await self._note(name, store)
            elif draw < 0.6:
                await self.get(name, store, self.key(rng), rng.choice(("default", "consistent")), seen)
            else:
                await self._change(name, store, self.key(rng), rng, seen)
            await asyncio.sleep(PACE_S)

    async def get(self, name: str, store: Store, key: str, mode: str, seen: dict[str, int] | None = None) -> None:
        """A read that belongs to the history."""
        operation = self.history.call(name, key, "get", now())
        try:
            value, index = await store.get(key, mode)
        except Failed as failed:
            self._failed(operation, failed)
            return
        self.history.answer_get(operation, now(), value, index)
        self.outcomes[f"get {mode}"] += 1
        if seen is not None:
            seen[key] = index

    async def _change(self, name: str, store: Store, key: str, rng: Random, seen: dict[str, int]) -> None:
        value = self._unique(name)
        action = rng.choice(("put", "put", "cas", "delete")) if key in seen else "put"
        if action == "put":
            operation = self.history.call(name, key, "put", now(), value)
            await self._write(operation, store.put(key, value))
        elif action == "cas":
            operation = self.history.call(name, key, "cas", now(), value, seen[key])
            await self._write(operation, store.put(key, value, seen[key]))
        else:
            await self._write(self.history.call(name, key, "delete", now()), store.delete(key))

    async def _write(self, operation: ClientOperation, asked: Awaitable[bool]) -> None:
        try:
            ok = await asked
        except Failed as failed:
            self._failed(operation, failed)
            return
        self.history.answer(operation, now(), ok=ok)
        self.acknowledged.append((operation.called, operation.returned))
        self.outcomes[operation.action if ok else "cas lost"] += 1

    def _failed(self, operation: ClientOperation, failed: Failed) -> None:
        self._count_failure(operation.action, failed)
        if failed.definite:
            self.history.refuse(operation)

    def _count_failure(self, action: str, failed: Failed) -> None:
        self.outcomes[f"{action} {'refused' if failed.definite else 'unknown'}"] += 1
        self.reasons[f"{action}: {failed}"[:90]] += 1

    async def _note(self, name: str, store: Store) -> None:
        """A write to a key of its own: it must be there at the end, or must not if it was definitely refused."""
        value = self._unique(name)
        key, called = f"ledger/{value.decode()}", now()
        try:
            await store.put(key, value)
        except Failed as failed:
            self._count_failure("note", failed)
            if failed.definite:
                self.refused.append(key)
            return
        self.acknowledged.append((called, now()))
        self.ledger[key] = value
        self.outcomes["note"] += 1

    def _unique(self, name: str) -> bytes:
        self._count += 1
        return f"{self.run}-{name}-{self._count}".encode()


class StaleReader:
    """Reads one server in mode stale: what it shows was written by somebody, and a key never goes back in time.

    A server that was killed may begin its next life a little before where it ended: that is another connection.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self.reads = 0
        self.wrong: list[str] = []
        self._newest: dict[tuple[int, str], int] = {}
        """ModifyIndex last seen, by connection and key."""
        self._values: dict[tuple[str, bytes], int] = {}
        """When a value was first seen."""

    async def work(self, recorder: Recorder) -> None:
        """Read until it is over."""
        store, rng = HttpStore(self.address), Random(self.address)
        while not recorder.over.is_set():
            key = recorder.key(rng)
            with suppress(Failed):
                value, index = await store.get(key, "stale")
                self._saw((store.web.connects, key), value, index)
            await asyncio.sleep(5 * PACE_S)
        store.web.close()

    def _saw(self, place: tuple[int, str], value: bytes | None, index: int) -> None:
        self.reads += 1
        if value is None:
            return
        before = self._newest.setdefault(place, index)
        if index < before:
            self.wrong.append(f"{self.address}: {place[1]} went back from index {before} to {index}")
        self._newest[place] = index
        self._values.setdefault((place[1], value), now())

    def verdict(self, history: History) -> list[str]:
        """What was wrong: also values that nobody had begun to write when they were read."""
        begun = {(o.key, o.value): o.called for o in history.operations if o.action in ("put", "cas")}
        early = (pair for pair, at in self._values.items() if pair not in begun or begun[pair] > at)
        return [*self.wrong, *(f"{self.address}: {key} held {value!r} from nowhere" for key, value in early)]


def now() -> int:
    """The clock of all histories, in nanoseconds."""
    return time.monotonic_ns()
