"""What an agent says of itself (Consul's /v1/agent/self)."""

from __future__ import annotations

from lictor_actors.kernel.turn import Turn
from lictor_actors.roles.agent.local_state import LocalState
from lictor_actors.roles.agent.own_writes import OwnWrites
from lictor_actors.roles.agent.server_routes import ServerRoutes
from lictor_messages.agent import AgentDescription, AgentOptions, DescribeAgent
from lictor_messages.base import FrozenMap
from lictor_messages.members import Member


class Description:
    """Puts it together from what the agent was told and what it knows."""

    def __init__(self, options: AgentOptions, local: LocalState, routes: ServerRoutes, written: OwnWrites) -> None:
        self._options = options
        self._written = written
        self._local = local
        self._routes = routes
        self.member = _first_idea_of_self(options)
        """This node as its prober sees it."""

    def asked(self, _: DescribeAgent, turn: Turn) -> None:
        """Answer AgentDescription."""
        o, checks = self._options, self._local.checks
        ttls = sum(check.spec.type == "ttl" for check in checks.values())
        stats = {"check_monitors": str(len(checks) - ttls), "check_ttls": str(ttls)}
        turn.reply(
            AgentDescription(
                node=o.name,
                node_id=o.node_id,
                dc=o.dc,
                server=o.server,
                version=o.version,
                member=self.member,
                known_servers=len(self._routes),
                services=len(self._local.services),
                checks=len(checks),
                stats=FrozenMap(stats),
                meta=self._written.node.meta,  # a reload may have changed it
            )
        )


def _first_idea_of_self(o: AgentOptions) -> Member:
    """Until the prober tells: enough to answer who this is."""
    tags = FrozenMap({"role": "consul" if o.server else "node", "dc": o.dc, "id": o.node_id})
    return Member(name=o.name, dc=o.dc, address=o.address, port=8301, gossip="", rest="", tags=tags)
