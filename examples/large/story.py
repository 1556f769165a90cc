"""What happens to the cluster, from its start until it is whole again for the last time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count

from figures import Death, unaware
from grounds import Ground, Sent, say
from plot import NAMES, SERVICES_EACH, Cast, bound_s
from writing import Written, lost, write

import lictor

LOOK_S = 0.1
LONG_LOOK_S = 2.0
"""From one look at the whole timeline to the next."""
AT_ONCE = 20
"""Agents that register at the same time."""
REST_S = 15.0
ROLL_S = 25.0
"""One in ten fail within this time, one after the other."""
WHOLE_WITHIN_S = 180.0


@dataclass
class Told:
    """What the story has to tell; times are seconds since the start of the cluster began."""

    whole: float = 0.0
    registered: float = 0.0
    in_catalog: float = 0.0
    instances: int = 0
    rest: tuple[float, Sent, Sent] = (1.0, Sent(0, 0), Sent(0, 0))
    """Seconds, and what was said before and after them."""
    deaths: list[Death] = field(default_factory=list)
    healthy: int = 0
    """Instances that the catalog calls healthy while one in ten nodes are down."""
    leaders: tuple[str, str] = ("", "")
    leader_killed: float = 0.0
    cut: float = 0.0
    healed: float = 0.0
    parts_whole: float = 0.0
    pairs: int = 0
    """Of nodes in different parts, each way."""
    unaware: int = 0
    """Those of which the first did not hold the second for dead when they were healed."""
    writes: dict[str, Written] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    ended: float = 0.0
    failures: list[str] = field(default_factory=list)
    """What was expected and did not come about."""


async def tell(ground: Ground, cast: Cast) -> Told:
    """All of it."""
    told = Told()
    await _start(ground, cast, told)
    await _register(ground, cast, told)
    async with _writing(ground, cast, told):
        await _rest(ground, told)
        await _fail_rolling(ground, cast, told)
        await _kill_leader(ground, cast, told)
        await _part_racks(ground, cast, told)
    told.lost = await lost(ground, cast.others[0], told.writes)
    told.ended = ground.now()
    return told


async def _start(ground: Ground, cast: Cast, told: Told) -> None:
    await _whole(ground, told, "after the start")
    told.whole = ground.now()
    say(f"{len(cast.everyone)} nodes see each other after {told.whole:.1f} s")


async def _register(ground: Ground, cast: Cast, told: Told) -> None:
    """Five services at each agent; then until the catalog has them all."""
    numbers, turns, began = count(), asyncio.Semaphore(AT_ONCE), ground.now()

    async def register(node: str) -> None:
        async with turns, ground.client(node) as client:
            for number in (next(numbers) for _ in range(SERVICES_EACH)):
                name = f"service-{number % NAMES}"
                await client.agent.register_service(name, id=f"{name}-{number}", port=1024 + number)

    await asyncio.gather(*map(register, cast.agents))
    told.registered = ground.now() - began
    expected = SERVICES_EACH * len(cast.agents)
    async with ground.client(cast.others[0]) as client:
        told.instances = await _instances(client)
        while told.instances < expected and ground.now() - began < WHOLE_WITHIN_S:
            await asyncio.sleep(LOOK_S)
            told.instances = await _instances(client)
    told.in_catalog = ground.now() - began
    if told.instances != expected:
        told.failures.append(f"the catalog has {told.instances} instances of services, not {expected}")
    say(f"{told.instances} services are in the catalog after {told.in_catalog:.1f} s")


async def _rest(ground: Ground, told: Told) -> None:
    before = await ground.do(ground.sent)
    began = ground.now()
    await asyncio.sleep(REST_S)
    told.rest = ground.now() - began, before, await ground.do(ground.sent)


async def _fail_rolling(ground: Ground, cast: Cast, told: Told) -> None:
    """One in ten, one after the other; when all know, they start again."""
    crashes = []
    for node in cast.doomed:
        told.deaths.append(Death(node, ground.now()))
        crashes.append(await ground.do(ground.faults.crash, node))
        await asyncio.sleep(ROLL_S / len(cast.doomed))
    survivors = [node for node in cast.everyone if node not in cast.doomed]
    missing = await _known(
        ground, ((seer, death.node) for seer in survivors for death in told.deaths), told.deaths[0].at
    )
    if missing:
        told.failures.append(f"{missing} times a node did not learn of a failure within the bound of the formulas")
    async with ground.client(cast.others[0]) as client:
        told.healthy = await _instances(client, passing=True)
    expected = told.instances - SERVICES_EACH * len(cast.doomed)
    if told.healthy != expected:
        told.failures.append(f"{told.healthy} instances were healthy while one in ten were down, not {expected}")
    say(f"{len(cast.doomed)} nodes failed; after {ground.now() - told.deaths[-1].at:.1f} s more the rest know")
    for crash in crashes:
        await ground.do(crash.heal)
    told.deaths = [death._replace(until=ground.now()) for death in told.deaths]
    await _whole(ground, told, "after one in ten failed and came back")


async def _kill_leader(ground: Ground, cast: Cast, told: Told) -> None:
    old, told.leader_killed = await ground.do(ground.leader), ground.now()
    kill = await ground.do(ground.faults.kill, old)
    try:
        await _until(ground, lambda: ground.leader() not in ("", old), WHOLE_WITHIN_S)
    except TimeoutError:
        told.failures.append(f"no server led within {WHOLE_WITHIN_S:.0f} s after {old} was killed")
    told.leaders = old, await ground.do(ground.leader)
    say(f"{old} was killed; {told.leaders[1]} leads after {ground.now() - told.leader_killed:.1f} s")
    await ground.do(kill.heal)
    await _whole(ground, told, f"after {old} was killed and came back")
    told.deaths.append(Death(old, told.leader_killed, ground.now()))


async def _part_racks(ground: Ground, cast: Cast, told: Told) -> None:
    """Until each part holds the others for dead; then they are one again."""
    mainland = [node for node in cast.everyone if not cast.part(node)]
    told.cut = ground.now()
    cut = await ground.do(ground.faults.partition, mainland, *cast.racks)
    pairs = [(a, b) for a in cast.everyone for b in cast.everyone if cast.part(a) != cast.part(b)]
    told.pairs, told.unaware = len(pairs), await _known(ground, pairs, told.cut)
    told.healed = ground.now()
    await ground.do(cut.heal)
    say(f"two racks of {len(cast.racks[0])} were cut off for {told.healed - told.cut:.1f} s")
    await _whole(ground, told, "after the racks were healed")
    told.parts_whole = ground.now()
    say(f"they are one cluster again after {told.parts_whole - told.healed:.1f} s")


# -- waiting ---------------------------------------------------------------------


async def _whole(ground: Ground, told: Told, when: str) -> None:
    try:
        await _until(ground, ground.whole, WHOLE_WITHIN_S)
    except TimeoutError:
        told.failures.append(f"{when} not all saw all within {WHOLE_WITHIN_S:.0f} s")


async def _known(ground: Ground, pairs: Iterable[tuple[str, str]], since: float) -> int:
    """Wait until the first node of each pair has declared the second dead; how many had not within the bound."""
    left, until = set(pairs), ground.now() + bound_s(len(ground.nodes))
    while True:
        left = unaware(await ground.do(ground.records), left, since)
        if not left or ground.now() >= until:
            return len(left)
        await asyncio.sleep(LONG_LOOK_S)


async def _until(ground: Ground, true: Callable[[], bool], within_s: float) -> None:
    until = ground.now() + within_s
    while not await ground.do(true):
        if ground.now() > until:
            raise TimeoutError
        await asyncio.sleep(LOOK_S)


async def _instances(client: lictor.AsyncClient, *, passing: bool = False) -> int:
    found = [await client.health.service(f"service-{name}", passing=passing) for name in range(NAMES)]
    return sum(map(len, found))


@asynccontextmanager
async def _writing(ground: Ground, cast: Cast, told: Told) -> AsyncIterator[None]:
    told.writes = {where: Written() for where in cast.writers}
    tasks = [
        asyncio.create_task(write(ground, where, node, told.writes[where])) for where, node in cast.writers.items()
    ]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    for error in ended:
        if isinstance(error, Exception):
            raise error
