"""Clients that write all the while, each a key of its own every time, and remember what they were told."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from grounds import Ground

import lictor

PREFIX = "large/"
EVERY_S = 0.5
TIMEOUT_S = 3.0
"""A write that is refused for now is tried again for so long."""


@dataclass
class Written:
    """What became of one client's writes: when each was answered, and what."""

    acknowledged: dict[str, float] = field(default_factory=dict)
    """Key → when."""
    refused: list[float] = field(default_factory=list)
    """It certainly did not happen."""
    unknown: list[float] = field(default_factory=list)
    """It may have happened: no answer came in time."""


async def write(ground: Ground, where: str, node: str, told: Written) -> None:
    """Through this node's agent, until it is cancelled."""
    async with ground.client(node) as client:
        while True:
            key = f"{PREFIX}{where}/{len(told.acknowledged) + len(told.refused) + len(told.unknown)}"
            try:
                await client.kv.put(key, b"1", timeout=TIMEOUT_S)
                told.acknowledged[key] = ground.now()
            except lictor.LictorError as error:
                (told.refused if error.definite else told.unknown).append(ground.now())
            await asyncio.sleep(EVERY_S)


async def lost(ground: Ground, node: str, everyone: dict[str, Written]) -> list[str]:
    """Keys whose writes were acknowledged and that are not there."""
    async with ground.client(node) as client:
        there = set(await client.kv.keys(PREFIX, consistency="consistent"))
    return [key for told in everyone.values() for key in told.acknowledged if key not in there]
