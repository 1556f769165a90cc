"""``lictor operator autopilot``: show and change who is promoted and who is cleared away, and see how all are."""

from __future__ import annotations

import json
from typing import Any, Literal

from cyclopts import App

from lictor_deploy.cli.http_api import expect
from lictor_deploy.cli.options import DEFAULT_REACH, Reach
from lictor_deploy.cli.values import Whole
from lictor_deploy.words.sentence import Failure

app = App(name="autopilot", help="Look after who may vote. Example: lictor operator autopilot state")
CONFIGURATION = "/v1/operator/autopilot/configuration"
SHOWN = (
    "CleanupDeadServers",
    "LastContactThreshold",
    "MaxTrailingLogs",
    "MinQuorum",
    "ServerStabilizationTime",
    "RedundancyZoneTag",
    "DisableUpgradeMigration",
    "UpgradeVersionTag",
)


@app.command(name="get-config")
def get_config(*, reach: Reach = DEFAULT_REACH) -> None:
    """Show autopilot's configuration.

    Example: lictor operator autopilot get-config
    """
    configuration = expect(reach.api().get(CONFIGURATION)).fields()
    for name in SHOWN:
        print(f"{name} = {shown(configuration[name], quoted=name.endswith('Tag'))}")


@app.command(name="set-config")
def set_config(
    *,
    cleanup_dead_servers: bool | None = None,
    last_contact_threshold: str = "",
    max_trailing_logs: Whole | None = None,
    min_quorum: Whole | None = None,
    server_stabilization_time: str = "",
    redundancy_zone_tag: str | None = None,
    disable_upgrade_migration: bool | None = None,
    upgrade_version_tag: str | None = None,
    reach: Reach = DEFAULT_REACH,
) -> None:
    """Change autopilot's configuration; what is not given stays as it is.

    Example: lictor operator autopilot set-config -min-quorum=3

    Parameters
    ----------
    cleanup_dead_servers
        Take servers out of the Raft configuration that have failed, as long as most are left.
    last_contact_threshold
        A server that has not answered for so long is unhealthy, such as 200ms.
    max_trailing_logs
        A server that trails by more entries is unhealthy.
    min_quorum
        Never clear away so many that fewer voters are left.
    server_stabilization_time
        How long a new server is watched before it votes, and a failed one before it goes, such as 10s.
    redundancy_zone_tag
        Kept for Consul Enterprise, without effect.
    disable_upgrade_migration
        Kept for Consul Enterprise, without effect.
    upgrade_version_tag
        Kept for Consul Enterprise, without effect.
    """
    api = reach.api()
    configuration = expect(api.get(CONFIGURATION)).fields()
    given = {
        "CleanupDeadServers": cleanup_dead_servers,
        "LastContactThreshold": last_contact_threshold or None,
        "MaxTrailingLogs": max_trailing_logs,
        "MinQuorum": min_quorum,
        "ServerStabilizationTime": server_stabilization_time or None,
        "RedundancyZoneTag": redundancy_zone_tag,
        "DisableUpgradeMigration": disable_upgrade_migration,
        "UpgradeVersionTag": upgrade_version_tag,
    }
    wanted = configuration | {name: value for name, value in given.items() if value is not None}
    body = json.dumps(wanted).encode()
    if not expect(api.put(CONFIGURATION, body, cas=str(configuration["ModifyIndex"]))).json():
        raise Failure("Configuration could not be atomically updated, please try again")
    print("Configuration updated!")


@app.command
def state(*, format: Literal["pretty", "json"] = "pretty", reach: Reach = DEFAULT_REACH) -> None:
    """Show every server as its leader sees it: how far its log is, how long ago it answered, whether it votes.

    Example: lictor operator autopilot state -format=json

    Parameters
    ----------
    format
        pretty or json.
    """
    found = expect(reach.api().get("/v1/operator/autopilot/state")).fields()
    print(json.dumps(found, indent=4) if format == "json" else pretty(found))


def pretty(state: dict[str, Any]) -> str:
    """The whole state, one fact a line."""
    ahead = state["Servers"].get(state["Leader"], {}).get("LastIndex", 0)
    lines = [
        f"Healthy:                      {shown(state['Healthy'])}",
        f"Failure Tolerance:            {state['FailureTolerance']}",
        f"Optimistic Failure Tolerance: {state['OptimisticFailureTolerance']}",
        f"Leader:                       {state['Leader']}",
        "Voters:",
        *(f"   {voter}" for voter in state["Voters"]),
        "Servers:",
    ]
    for server in state["Servers"].values():
        lines += server_lines(server, ahead)
    return "\n".join(lines)


def server_lines(server: dict[str, Any], ahead: int) -> list[str]:
    """One server."""
    return [
        f"   {server['ID']}",
        f"      Name:            {server['Name']}",
        f"      Address:         {server['Address']}",
        f"      Version:         {server['Version']}",
        f"      Status:          {server['Status']}",
        f"      Node Type:       {server['NodeType']}",
        f"      Node Status:     {server['NodeStatus']}",
        f"      Healthy:         {shown(server['Healthy'])}",
        f"      Last Contact:    {server['LastContact']}",
        f"      Last Term:       {server['LastTerm']}",
        f"      Last Index:      {server['LastIndex']}",
        f"      Commit Index:    {server['CommitIndex']}",
        f"      Trails By:       {max(0, ahead - server['LastIndex'])}",
    ]


def shown(value: Any, *, quoted: bool = False) -> str:
    """Go's way of printing a value."""
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value) if quoted else str(value)
