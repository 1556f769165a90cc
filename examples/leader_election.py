"""Leader election: three candidates, one lock; the leader gives up its place, and one of the others takes it.

You see each of the three lead in turn, never two at once, each with a fence that is higher than the one before.

    lictor dev -servers 3 -agents 3 -exec "python examples/leader_election.py"
"""

from __future__ import annotations

import asyncio
import os

import lictor

BUS = os.environ.get("LICTOR_BUS", "tcp://127.0.0.1:8304")
KEY = "example/leader"


class Term:
    """Who leads now; what a leader writes elsewhere bears its fence, so that one who is late can be turned down."""

    def __init__(self) -> None:
        self.leaders: list[str] = []
        self.highest = 0

    async def serve(self, name: str, lock: lictor.Fence) -> None:
        self.leaders.append(name)
        assert self.leaders == [name], f"two lead at once: {self.leaders}"
        assert lock.lock_index > self.highest, "an older fence came after a newer one"
        self.highest = lock.lock_index
        print(f"{name} leads, fence {lock.lock_index}", flush=True)
        await asyncio.sleep(0.2)  # the leader's work
        self.leaders.remove(name)


async def candidate(name: str, term: Term) -> None:
    async with lictor.connect(BUS) as client:
        async with client.lock(KEY, name, ttl="10s", lock_delay="1s", timeout="30s") as lock:
            assert lock.fence is not None
            await term.serve(name, lock.fence)
            lock.check()  # LockLost, if another may lead by now
        print(f"{name} gave up its place", flush=True)


async def main() -> None:
    term = Term()
    async with asyncio.TaskGroup() as candidates:
        for name in ("anna", "ben", "cleo"):
            candidates.create_task(candidate(name, term))
    print("each has led once")


asyncio.run(main())
