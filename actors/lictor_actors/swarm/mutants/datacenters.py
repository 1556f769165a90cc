"""Bugs of several datacenters: what crosses, and where a prepared query is answered."""

from __future__ import annotations

from lictor_actors.roles.server.elsewhere import Elsewhere
from lictor_actors.roles.wan import failover
from lictor_actors.roles.wan.remote_servers import RemoteServers
from lictor_actors.swarm.patch import Patch
from lictor_actors.swim.border import Border
from lictor_messages.queries import QueryFailover


def keeps_what_is_for_another(patch: Patch) -> None:
    """A server does what was asked of another datacenter."""
    patch.set(Elsewhere, "takes", lambda self, message, turn: False)


def lets_strangers_in(patch: Patch) -> None:
    """A pool takes members of every datacenter."""
    patch.set(Border, "turns_away", lambda self, other, me: None)


def begins_at_the_end_of_the_list(patch: Patch) -> None:
    """A prepared query that found nothing is run in the last of its datacenters first."""

    def backwards(listed: QueryFailover, others: list[str]) -> list[str]:
        return order(listed, others)[::-1]

    order = failover.order
    patch.set(failover, "order", backwards)


def sends_to_any_server(patch: Patch) -> None:
    """A request for one datacenter goes to a server of whichever is known."""

    def of(self: RemoteServers, dc: str) -> list[str]:
        return [server for order in self._order.values() for server in order]

    patch.set(RemoteServers, "of", of)
