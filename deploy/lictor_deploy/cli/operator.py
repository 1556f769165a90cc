"""``lictor operator``: Raft's peers here, autopilot and recovery in modules of their own."""

from __future__ import annotations

from typing import Any

from cyclopts import App

from lictor_deploy.cli.http_api import expect
from lictor_deploy.cli.options import DEFAULT_REACH, Reach
from lictor_deploy.words.columns import columns
from lictor_deploy.words.sentence import Failure

app = App(name="operator", help="Look after the cluster. Example: lictor operator raft list-peers")
raft = App(name="raft", help="Look after the servers' consensus. Example: lictor operator raft list-peers")
app.command(raft)
app.command("lictor_deploy.cli.operator_autopilot:app", name="autopilot", help="Look after who may vote.")
RECOVER_HELP = "Start over with fewer servers. Example: lictor operator raft recover -data-dir=/var/lib/lictor -peer=s1"
raft.command("lictor_deploy.cli.operator_recover:recover", name="recover", help=RECOVER_HELP)
ASIDE_HELP = "Start a node over as a new one. Example: lictor operator set-aside -data-dir=/var/lib/lictor"
app.command("lictor_deploy.cli.operator_set_aside:aside", name="set-aside", help=ASIDE_HELP)
LOSS_HELP = "Go on with what can be read of a journal. Example: lictor operator accept-loss -data-dir=/var/lib/lictor"
app.command("lictor_deploy.cli.operator_set_aside:loss", name="accept-loss", help=LOSS_HELP)
HEAD = ("Node", "ID", "Address", "State", "Voter", "RaftProtocol", "Match Index", "Commit Index", "Trails Leader By")


@raft.command(name="list-peers")
def list_peers(*, detailed: bool = False, reach: Reach = DEFAULT_REACH) -> None:
    """List the servers of the Raft configuration: which one leads, which ones vote, how far each trails.

    Example: lictor operator raft list-peers

    Parameters
    ----------
    detailed
        Accepted: everything is always shown.
    """
    servers = expect(reach.api().get("/v1/operator/raft/configuration")).json()["Servers"]
    ahead = max((int(server.get("LastIndex") or 0) for server in servers if server["Leader"]), default=0)
    print(columns(HEAD, [peer(server, ahead) for server in servers]))


@raft.command(name="remove-peer")
def remove_peer(*, id: str = "", address: str = "", reach: Reach = DEFAULT_REACH) -> None:
    """Take a server out of the Raft configuration that failed and will not come back.

    Example: lictor operator raft remove-peer -address=10.0.0.3:8300

    Parameters
    ----------
    id
        Its id, as list-peers shows it.
    address
        Or its address.
    """
    if bool(id) == bool(address):
        raise Failure(
            "Give either -id or -address of the server to remove; `lictor operator raft list-peers` shows both."
        )
    by, value = ("id", id) if id else ("address", address)
    expect(reach.api().delete("/v1/operator/raft/peer", **{by: value}))
    print(f'Removed peer with {by} "{value}"')


@raft.command(name="transfer-leader")
def transfer_leader(*, id: str = "", reach: Reach = DEFAULT_REACH) -> None:
    """Hand leadership to another server.

    Example: lictor operator raft transfer-leader

    Parameters
    ----------
    id
        Who shall lead; by default the one that is furthest.
    """
    query = {"id": id} if id else {}
    expect(reach.api().ask("POST", "/v1/operator/raft/transfer-leader", query))
    print("Success")


def peer(server: dict[str, Any], ahead: int) -> tuple[str, ...]:
    """One server's line; the leader trails nobody, and only a leader knows by how much the others do (``-stale``)."""
    index = int(server.get("LastIndex") or 0)
    trails = "-" if server["Leader"] else f"{max(0, ahead - index)} commits" if ahead else "unknown"
    state = "leader" if server["Leader"] else "follower"
    voter = str(server["Voter"]).lower()
    who = server["Node"], server["ID"], server["Address"]
    committed = str(server.get("CommitIndex") or 0)
    return *who, state, voter, str(server["ProtocolVersion"]), str(index), committed, trails
