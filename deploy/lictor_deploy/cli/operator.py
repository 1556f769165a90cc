"""``lictor operator raft list-peers``."""

from __future__ import annotations

from typing import Any

from cyclopts import App

from lictor_deploy.cli.columns import columns
from lictor_deploy.cli.http_api import expect
from lictor_deploy.cli.options import DEFAULT_REACH, Reach

app = App(name="operator", help="Look after the cluster. Example: lictor operator raft list-peers")
raft = App(name="raft", help="Look after the servers' consensus. Example: lictor operator raft list-peers")
app.command(raft)
HEAD = ("Node", "ID", "Address", "State", "Voter", "RaftProtocol", "Commit Index", "Trails Leader By")


@raft.command(name="list-peers")
def list_peers(*, detailed: bool = False, reach: Reach = DEFAULT_REACH) -> None:
    """List the servers of the Raft configuration and say which one leads.

    Example: lictor operator raft list-peers -stale

    Parameters
    ----------
    detailed
        Accepted: everything is always shown.
    """
    servers = expect(reach.api().get("/v1/operator/raft/configuration")).json()["Servers"]
    ahead = max((int(server.get("LastIndex") or 0) for server in servers if server["Leader"]), default=0)
    print(columns(HEAD, [peer(server, ahead) for server in servers]))


def peer(server: dict[str, Any], ahead: int) -> tuple[str, ...]:
    """One server's line; the leader trails nobody."""
    index = int(server.get("LastIndex") or 0)
    trails = "-" if server["Leader"] else f"{max(0, ahead - index)} commits"
    state = "leader" if server["Leader"] else "follower"
    voter = str(server["Voter"]).lower()
    who = server["Node"], server["ID"], server["Address"]
    return *who, state, voter, str(server["ProtocolVersion"]), str(index), trails
