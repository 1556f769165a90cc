"""Write keys through one node and watch them through the same bus: an answer comes when something changes.

python examples/kv_and_watch.py [BUS]
"""

from __future__ import annotations

import asyncio
import os
import sys

import lictor

BUS = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("LICTOR_BUS", "tcp://127.0.0.1:8304")
PREFIX = "example/colour/"


async def write(client: lictor.AsyncClient) -> None:
    for number, colour in enumerate(("red", "green", "blue"), 1):
        await client.kv.put(f"{PREFIX}{number}", colour)
        print(f"wrote {colour}")


async def watch(client: lictor.AsyncClient) -> None:
    async for entries in client.watch(client.kv.list, PREFIX):
        seen = [entry.value.decode() for entry in entries]
        print(f"index {entries.index}: {seen}")
        if "blue" in seen:
            return


async def main() -> None:
    async with lictor.connect(BUS) as client:
        await client.kv.delete(PREFIX, recurse=True)
        async with asyncio.TaskGroup() as both:
            both.create_task(watch(client))
            both.create_task(write(client))
        entry = await client.kv.get(f"{PREFIX}3")
        assert entry is not None
        lost = await client.kv.cas(f"{PREFIX}3", "violet", index=entry.modify_index - 1)
        won = await client.kv.cas(f"{PREFIX}3", "violet", index=entry.modify_index)
        print(f"compare-and-set with an old index: {lost}, with the right one: {won}")


asyncio.run(main())
