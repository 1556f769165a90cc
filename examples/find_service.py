"""Find a service through any node: typed messages on the bus instead of HTTP.

Run it while own_service.py runs; the node that it asks need not be the one that the service registered with.

    python examples/find_service.py [BUS [NAME]]      # BUS like tcp://127.0.0.9:8304
"""

from __future__ import annotations

import asyncio
import os
import sys

import lictor

BUS = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("LICTOR_BUS", "tcp://127.0.0.1:8304")
NAME = sys.argv[2] if len(sys.argv) > 2 else "web"


async def main() -> None:
    async with lictor.connect(BUS) as client:
        instances = await client.health.service(NAME, passing=True)
        for one in instances:
            address = one.service.address or one.node.address
            print(f"{one.service.id} on {one.node.node}: http://{address}:{one.service.port}/")
        if not len(instances):
            print(f"no healthy instance of {NAME}: start one with examples/own_service.py")


asyncio.run(main())
