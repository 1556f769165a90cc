"""A semaphore: five workers, two slots (Consul's guide "Distributed semaphore", which `client.semaphore` follows).

A holder that dies loses its slot with its session, and another worker takes it. You see the workers begin and end,
never more than two at once, although one of them dies with its slot.

    lictor dev -servers 3 -agents 3 -exec "python examples/semaphore.py"
"""

from __future__ import annotations

import asyncio
import os

import lictor

BUS = os.environ.get("LICTOR_BUS", "tcp://127.0.0.1:8304")
PREFIX, SLOTS = "example/semaphore", 2


async def worker(name: str, at_work: list[str], *, dies: bool = False) -> None:
    async with lictor.connect(BUS) as client, client.semaphore(PREFIX, SLOTS, name, ttl="10s") as slot:
        at_work.append(name)
        print(f"{name} works, {len(at_work)} of {SLOTS} slots taken", flush=True)
        assert len(at_work) <= SLOTS, f"too many at once: {at_work}"
        await asyncio.sleep(0.1)
        at_work.remove(name)
        if dies:
            print(f"{name} dies with its slot", flush=True)
            await client.session.destroy(slot.session)  # what the end of a TTL does, sooner
            await slot.lost()


async def main() -> None:
    async with lictor.connect(BUS) as client:
        await client.kv.delete(f"{PREFIX}/", recurse=True)
    at_work: list[str] = []
    async with asyncio.TaskGroup() as workers:
        for number in range(1, 6):
            workers.create_task(worker(f"worker-{number}", at_work, dies=number == 1))
    print("all five have worked")


asyncio.run(main())
