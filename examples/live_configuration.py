"""Configuration from the key-value store, with live reload: a running program follows its keys, no restart.

You see the program start with its defaults, take each new value as it is written, and refuse one that makes no sense.

    lictor dev -servers 3 -agents 2 -exec "python examples/live_configuration.py"
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass, fields, replace

import lictor

BUS = os.environ.get("LICTOR_BUS", "tcp://127.0.0.1:8304")
PREFIX = "example/shop/config/"


@dataclass(frozen=True)
class Config:
    """What the shop can be told; each field is a key."""

    greeting: str = "welcome"
    discount: int = 0


def changed(before: Config, said: dict[str, str]) -> Config:
    """Raises ValueError for what is no configuration: then the program keeps the one that it has."""
    config = replace(before, **{f.name: type(f.default)(said[f.name]) for f in fields(Config) if f.name in said})
    if not 0 <= config.discount <= 90:
        raise ValueError(f"discount is {config.discount}: it takes 0 to 90")
    return config


async def shop(client: lictor.AsyncClient, seen: asyncio.Queue[str]) -> None:
    """The program: one line for each configuration that it hears of."""
    config = Config()
    async for entries in client.watch(client.kv.list, PREFIX):
        said = {entry.key.removeprefix(PREFIX): entry.value.decode() for entry in entries}
        try:
            config = changed(config, said)
            line = f"runs with {config}"
        except ValueError as error:
            line = f"keeps {config}: {error}"
        print(line, flush=True)
        seen.put_nowait(line)


async def operator(client: lictor.AsyncClient, seen: asyncio.Queue[str]) -> None:
    """A person at a terminal: the next value comes when the last one has been taken."""
    await seen.get()
    for key, value in (("greeting", "hello"), ("discount", "20"), ("discount", "200"), ("discount", "30")):
        await client.kv.put(f"{PREFIX}{key}", value)
        await seen.get()


async def main() -> None:
    seen: asyncio.Queue[str] = asyncio.Queue()
    async with lictor.connect(BUS) as client:
        await client.kv.delete(PREFIX, recurse=True)
        running = asyncio.create_task(shop(client, seen))
        await operator(client, seen)
        running.cancel()


asyncio.run(main())
