"""``lictor operator``: Raft's peers here, autopilot and recovery in modules of their own."""

from __future__ import annotations

import shutil
import sys
from typing import Any, NamedTuple

from cyclopts import App

from lictor_deploy.cli.http_api import HttpApi, expect
from lictor_deploy.cli.options import DEFAULT_REACH, Reach
from lictor_deploy.words.columns import columns
from lictor_deploy.words.sentence import Failure

app = App(name="operator", help="Look after the cluster. Example: lictor operator raft list-peers")
raft = App(name="raft", help="Look after the servers' consensus. Example: lictor operator raft list-peers")
app.command(raft)
app.command("lictor_deploy.cli.operator_autopilot:app", name="autopilot", help="Look after who may vote.")
app.command("lictor_deploy.cli.operator_usage:app", name="usage", help="Count what is in use.")
RECOVER_HELP = "Start over with fewer servers. Example: lictor operator raft recover -data-dir=/var/lib/lictor -peer=s1"
raft.command("lictor_deploy.cli.operator_recover:recover", name="recover", help=RECOVER_HELP)
ASIDE_HELP = "Start a node over as a new one. Example: lictor operator set-aside -data-dir=/var/lib/lictor"
app.command("lictor_deploy.cli.operator_set_aside:aside", name="set-aside", help=ASIDE_HELP)
LOSS_HELP = "Go on with what can be read of a journal. Example: lictor operator accept-loss -data-dir=/var/lib/lictor"
app.command("lictor_deploy.cli.operator_set_aside:loss", name="accept-loss", help=LOSS_HELP)
HEAD = ("Node", "ID", "Address", "State", "Voter", "RaftProtocol", "Commit Index", "Trails Leader By")
"""Consul's columns, for scripts."""
WHOLE_HEAD = (*HEAD[:6], "Match Index", *HEAD[6:])
NARROW_HEAD = ("Node", "ID", "Address", "State", "Voter", "Match", "Trails By")
ID_SHOWN = 8
HEALTHY, UNHEALTHY = 200, 429
"""How /v1/operator/autopilot/health answers: with the same body."""


class PeerRow(NamedTuple):
    """One server's cells."""

    node: str
    id: str
    address: str
    state: str
    voter: str
    protocol: str
    match: str
    commit: str
    trails: str

    def plain(self) -> tuple[str, ...]:
        """What Consul shows. Its column of commits is what the server has in its log."""
        return *self[:6], self.match, self.trails

    def narrow(self) -> tuple[str, ...]:
        """What a small terminal has room for."""
        return self.node, self.id[:ID_SHOWN], self.address, self.state, self.voter, self.match, self.trails


@raft.command(name="list-peers")
def list_peers(*, detailed: bool = False, reach: Reach = DEFAULT_REACH) -> None:
    """List the servers of the Raft configuration: which one leads, which ones vote, how far each trails.

    A terminal that is too narrow gets shortened ids and fewer columns, and a pipe those that Consul prints.

    Example: lictor operator raft list-peers

    Parameters
    ----------
    detailed
        Show everything, however wide it is.
    """
    api = reach.api()
    servers = expect(api.get("/v1/operator/raft/configuration")).fields()["Servers"]
    ahead = max((int(server.get("LastIndex") or 0) for server in servers if server["Leader"]), default=0)
    lost = unreachable(api) if ahead else frozenset()
    peers = [peer(server, ahead, server["ID"] in lost) for server in servers]
    print(columns(WHOLE_HEAD, peers) if detailed else fitting(peers))


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


def fitting(peers: list[PeerRow]) -> str:
    """For scripts what Consul prints, for a person as much as the terminal has room for."""
    if not sys.stdout.isatty():
        return columns(HEAD, [one.plain() for one in peers])
    whole = columns(WHOLE_HEAD, peers)
    narrow = len(whole.partition("\n")[0]) > shutil.get_terminal_size().columns
    return columns(NARROW_HEAD, [one.narrow() for one in peers]) if narrow else whole


def peer(server: dict[str, Any], ahead: int, lost: bool) -> PeerRow:
    """One server's line. The leader does not trail, and only a leader knows by how much the others do (``-stale``)."""
    index, committed = (int(server.get(name) or 0) for name in ("LastIndex", "CommitIndex"))
    trails = f"{max(0, ahead - index)} commits"
    if server["Leader"]:
        trails = "-"
    elif not ahead:
        trails = "unknown"
    elif lost or not index:
        trails = "unreachable"
    return PeerRow(
        server["Node"],
        server["ID"],
        server["Address"],
        "leader" if server["Leader"] else "follower",
        str(server["Voter"]).lower(),
        str(server["ProtocolVersion"]),
        str(index) if index else "-",
        str(committed) if index else "-",
        trails,
    )


def unreachable(api: HttpApi) -> frozenset[str]:
    """Ids of the servers that the leader's members do not see alive; none if that cannot be had."""
    answer = api.get("/v1/operator/autopilot/health")
    if answer.status not in (HEALTHY, UNHEALTHY):
        return frozenset()
    return frozenset(server["ID"] for server in answer.fields()["Servers"] if server["SerfStatus"] != "alive")
