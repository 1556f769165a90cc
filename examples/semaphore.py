"""A semaphore on keys and sessions: five workers, two slots (Consul's guide "Distributed semaphore").

Each worker holds a key of its own with a session; one more key lists those that hold a slot, and changes by
compare-and-set alone. A holder that dies loses its key with its session, and the next one strikes it off the list.
You see the workers begin and end, never more than two at once, although one of them dies with its slot.

    lictor dev -servers 3 -agents 3 -exec "python examples/semaphore.py"
"""

from __future__ import annotations

import asyncio
import json
import os

import lictor

BUS = os.environ.get("LICTOR_BUS", "tcp://127.0.0.1:8304")
PREFIX, SLOTS = "example/semaphore/", 2
LIST = f"{PREFIX}.holders"


class Semaphore:
    """One worker's hold on it."""

    def __init__(self, client: lictor.AsyncClient, name: str) -> None:
        self.client, self.name = client, name
        self.session = ""

    async def acquire(self) -> None:
        self.session = await self.client.session.create(ttl="10s", behavior="delete", lock_delay=0)
        assert await self.client.kv.acquire(f"{PREFIX}{self.session}", self.session, self.name)
        async for entries in self.client.watch(self.client.kv.list, PREFIX):
            found = {entry.key: entry for entry in entries}
            held = found.get(LIST)
            alive = {entry.session for entry in entries if entry.session}
            holders = [one for one in json.loads(held.value) if one in alive] if held else []
            index = held.modify_index if held else 0
            if len(holders) < SLOTS and await self._write([*holders, self.session], index):
                return

    async def release(self) -> None:
        while held := await self.client.kv.get(LIST):
            left = [one for one in json.loads(held.value) if one != self.session]
            if await self._write(left, held.modify_index):
                break
        await self.client.session.destroy(self.session)

    async def _write(self, holders: list[str], index: int) -> bool:
        return await self.client.kv.cas(LIST, json.dumps(holders), index=index)


async def worker(name: str, at_work: list[str], *, dies: bool = False) -> None:
    async with lictor.connect(BUS) as client:
        slot = Semaphore(client, name)
        await slot.acquire()
        at_work.append(name)
        print(f"{name} works, {len(at_work)} of {SLOTS} slots taken", flush=True)
        assert len(at_work) <= SLOTS, f"too many at once: {at_work}"
        await asyncio.sleep(0.1)
        at_work.remove(name)
        if dies:
            print(f"{name} dies with its slot", flush=True)
            await client.session.destroy(slot.session)  # what the end of a TTL does, sooner
        else:
            await slot.release()


async def main() -> None:
    async with lictor.connect(BUS) as client:
        await client.kv.delete(PREFIX, recurse=True)
    at_work: list[str] = []
    async with asyncio.TaskGroup() as workers:
        for number in range(1, 6):
            workers.create_task(worker(f"worker-{number}", at_work, dies=number == 1))
    print("all five have worked")


asyncio.run(main())
