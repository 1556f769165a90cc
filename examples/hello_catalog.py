"""Hello, catalog: a service with two instances; one turns ill, and who asks for healthy ones no longer gets it.

You see both addresses, then one. One command starts a cluster, runs this and ends it:

    lictor dev -servers 3 -agents 2 -exec "python examples/hello_catalog.py"
"""

from __future__ import annotations

import os

import lictor

BUS = os.environ.get("LICTOR_BUS", "tcp://127.0.0.1:8304")
NAME = "hello"


def healthy(client: lictor.Client) -> list[str]:
    return [f"{one.service.id} at port {one.service.port}" for one in client.health.service(NAME, passing=True)]


def follow(client: lictor.Client, count: int) -> None:
    """Say what the catalog has as soon as it has so many: it follows the agent within moments."""
    for instances in client.watch(client.health.service, NAME, passing=True):
        if len(instances) == count:
            print(f"healthy: {', '.join(healthy(client))}", flush=True)
            return


def main() -> None:
    with lictor.Client(BUS) as client:
        for port in (8081, 8082):
            check = lictor.CheckSpec(id=f"alive-{port}", ttl="30s", status="passing")
            client.agent.register_service(NAME, id=f"{NAME}-{port}", port=port, checks=[check])
        try:
            follow(client, 2)
            client.agent.fail("alive-8081", "the disk is full")
            follow(client, 1)
            (ill,) = client.health.state("critical")
            print(f"critical: {ill.service_id} says {ill.output!r}")
        finally:
            for port in (8081, 8082):
                client.agent.deregister_service(f"{NAME}-{port}")


main()
