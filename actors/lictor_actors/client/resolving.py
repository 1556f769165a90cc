"""From a service's name to one instance that passes.

Each call reads the passing instances, at any server (``stale``) unless told otherwise, and picks one: no list is kept
that could be out of date, and no watch runs for names that are not asked for any more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import Literal, NamedTuple, TypedDict, Unpack, get_args

from lictor_actors.client.api import Everything
from lictor_actors.client.both import Async
from lictor_actors.client.durations import Duration
from lictor_actors.client.errors import InvalidArgument, LictorError
from lictor_messages.answers import Consistency
from lictor_messages.catalog import Instance

Pick = Literal["round_robin", "nearest", "weighted"]


class NoInstances(LictorError):
    """No instance of the service passes at the moment."""

    passing = True


class Resolved(NamedTuple):
    """Where an instance is reached."""

    address: str
    """Its own, else its node's."""
    port: int
    instance: Instance


class ResolveOptions(TypedDict, total=False):
    """What narrows the choice, and how it is read."""

    tags: Sequence[str]
    """All of these must be present."""
    filter: str
    dc: str
    consistency: Consistency
    """``stale`` if left out."""
    timeout: Duration


class Resolver:
    """Picks instances for one client."""

    def __init__(self, client: Everything[Async], rng: Random) -> None:
        self._client = client
        self._rng = rng
        self._turns: Counter[str] = Counter()
        """How often each name was resolved in turn."""
        self._node = ""
        """The agent's, once it was asked for."""

    async def resolve(self, service: str, pick: Pick, options: ResolveOptions) -> Resolved:
        """One instance that passes; raises NoInstances if there is none."""
        if pick not in get_args(Pick):
            raise InvalidArgument(f"pick is {pick!r}: it takes {', '.join(get_args(Pick))}")
        near = await self._own_node() if pick == "nearest" else ""
        chosen = self._chosen(service, pick, await self._passing(service, near, **options))
        if chosen is None:
            raise NoInstances(f"no instance of {service} passes")
        return Resolved(chosen.service.address or chosen.node.address, chosen.service.port, chosen)

    async def _passing(self, service: str, near: str, **options: Unpack[ResolveOptions]) -> Sequence[Instance]:
        options.setdefault("consistency", "stale")
        return (await self._client.health.service(service, passing=True, near=near, **options)).rows

    def _chosen(self, service: str, pick: Pick, found: Sequence[Instance]) -> Instance | None:
        if pick == "nearest":
            return found[0] if found else None
        weights = [instance.service.weights.passing if pick == "weighted" else 1 for instance in found]
        if not any(weights):
            return None
        if pick == "weighted":
            return self._rng.choices(found, weights)[0]
        self._turns[service] += 1
        in_order = sorted(found, key=lambda instance: (instance.node.node, instance.service.id))
        return in_order[self._turns[service] % len(in_order)]

    async def _own_node(self) -> str:
        if not self._node:
            self._node = (await self._client.agent.self()).node
        return self._node
