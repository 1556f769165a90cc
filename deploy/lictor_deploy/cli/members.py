"""``members``, ``join``, ``leave`` and ``force-leave``: what one asks a node about its gossip pool."""

from __future__ import annotations

import re
import sys
from typing import Any

from lictor_deploy.cli.http_api import escaped, expect
from lictor_deploy.cli.options import DEFAULT_REACH, Reach
from lictor_deploy.words.columns import columns, pairs
from lictor_deploy.words.sentence import Failure
from lictor_messages.addresses import join_host_port

STATUS = {0: "none", 1: "alive", 2: "leaving", 3: "left", 4: "failed"}
"""Serf's numbers."""
HEAD = ("Node", "Address", "Status", "Type", "Build", "Protocol", "DC", "Segment")
NO_MATCH = 2
NO_ADDRESS = "it is no address: give an IP, or IP:PORT of a member's gossip"
Row = tuple[str, ...]


def members(
    *,
    status: str = ".*",
    detailed: bool = False,
    wan: bool = False,
    filter: str = "",
    segment: str = "",
    reach: Reach = DEFAULT_REACH,
) -> int:
    """List the members of the gossip pool as the agent sees them; exit code 2 if none match.

    Example: lictor members -status=failed -detailed

    Parameters
    ----------
    status
        Show members whose status matches this regular expression.
    detailed
        Show all tags, and of members that were suspected the accusers and the outcome.
    wan
        List the pool of servers of all datacenters.
    filter
        Show members for which this expression holds, for example 'Tags["role"] == "consul"'.
    segment
        Accepted and ignored: there is one segment.
    """
    wanted = pattern(status)
    query = ({"wan": "1"} if wan else {}) | ({"filter": filter} if filter else {})
    found = [m for m in expect(reach.api().get("/v1/agent/members", **query)).rows() if wanted.search(state(m))]
    if not found:
        return NO_MATCH
    found.sort(key=lambda member: member["Name"])
    if detailed:
        print(columns(*detailed_table(found, suspicions(reach) if not wan else {})))
        print(*encryption(reach, "serf_wan" if wan else "serf_lan"), sep="", end="")
    else:
        print(columns(HEAD, [brief(member) for member in found]))
    return 0


def join(*addresses: str, wan: bool = False, reach: Reach = DEFAULT_REACH) -> int:
    """Make the agent join a cluster through members of it; exit code 1 if none of them answered.

    Example: lictor join 10.0.0.5 10.0.0.6:8301

    Parameters
    ----------
    addresses
        IP, or IP:PORT of their gossip.
    wan
        Join the pool of servers of all datacenters.
    """
    if not addresses:
        raise Failure("At least one address to join must be specified. Example: lictor join 10.0.0.5")
    api = reach.api()
    query = {"wan": "1"} if wan else {}
    answers = [
        (address, api.put(f"/v1/agent/join/{escaped(address.removeprefix('tcp://'))}", b"", **query))
        for address in addresses
    ]
    refused = [(address, answer.text or NO_ADDRESS) for address, answer in answers if answer.status != 200]
    errors = "\n".join(f"Error joining address '{address}': {text}" for address, text in refused)
    if len(refused) == len(answers):
        raise Failure(f"{errors}\nFailed to join any nodes.")
    if errors:
        print(errors, file=sys.stderr)
    print(f"Successfully joined cluster by contacting {len(answers) - len(refused)} nodes.")
    return 0


def leave(*, reach: Reach = DEFAULT_REACH) -> None:
    """Make the agent leave the cluster gracefully and stop.

    Example: lictor leave -http-addr=127.0.0.5:8500
    """
    expect(reach.api().put("/v1/agent/leave"))
    print("Graceful leave complete")


def force_leave(node: str, /, *, prune: bool = False, wan: bool = False, reach: Reach = DEFAULT_REACH) -> None:
    """Turn a failed member into one that has left.

    Example: lictor force-leave -prune agent-7

    Parameters
    ----------
    node
        Name of the failed node.
    prune
        Forget it at once.
    wan
        In the pool of servers of all datacenters.
    """
    query = {name: "1" for name, given in (("prune", prune), ("wan", wan)) if given}
    expect(reach.api().put(f"/v1/agent/force-leave/{escaped(node)}", b"", **query))


def pattern(status: str) -> re.Pattern[str]:
    """The regular expression of -status."""
    try:
        return re.compile(status)
    except re.error as error:
        raise Failure(f"Failed to compile status regexp: {error}. Example: -status='alive|failed'") from None


def state(member: dict[str, Any]) -> str:
    """Serf's word for the member's status."""
    return STATUS.get(member["Status"], "unknown")


def address(member: dict[str, Any]) -> str:
    """``ip:port``."""
    return join_host_port(member["Addr"], member["Port"])


def brief(member: dict[str, Any]) -> tuple[str, ...]:
    """One line of the standard listing."""
    tags = member["Tags"]
    server = tags.get("role") == "consul"
    build = str(tags.get("build", "")).partition(":")[0] or "< 0.3"
    kind = "server" if server else "client" if tags.get("role") == "node" else "unknown"
    segment = "<all>" if server else tags.get("segment") or "<default>"
    about = kind, build, str(tags.get("vsn", "")), tags.get("dc", ""), segment
    return member["Name"], address(member), state(member), *about


def detailed_table(found: list[dict[str, Any]], suspected: dict[str, str]) -> tuple[Row, list[Row]]:
    """Head and lines of the detailed listing; it has a column more if one of these members was suspected."""
    head: Row = ("Node", "Address", "Status", "Tags")
    rows: list[Row] = [(m["Name"], address(m), state(m), pairs(m["Tags"].items())) for m in found]
    if not any(m["Name"] in suspected for m in found):
        return head, rows
    return (*head, "Suspicion"), [(*row, suspected.get(row[0], "-")) for row in rows]


def encryption(reach: Reach, pool: str) -> list[str]:
    """A line that says by which key the pool's gossip is encrypted, none if it is not."""
    answer = reach.api().get("/v1/agent/self")
    stats = answer.fields().get("Stats", {}).get(pool, {}) if answer.status == 200 else {}
    return [f"encrypted: yes, {stats['encrypted_by']}\n"] if "encrypted_by" in stats else []


def suspicions(reach: Reach) -> dict[str, str]:
    """By name, the latest suspicion of each member in words; none from an agent that does not keep them."""
    answer = reach.api().get("/v1/internal/lictor/suspicions")
    rows = answer.rows() if answer.status == 200 else []
    return {row["Node"]: suspicion(row) for row in reversed(rows)}


def suspicion(row: dict[str, Any]) -> str:
    """Who accused and confirmed, and what came of it."""
    confirmed = f", confirmed by {' and '.join(row['Confirmers'])}" if row["Confirmers"] else ""
    if row["Outcome"] == "open":
        return f"for {row['Age']} of at most {row['LastsAtMost']}, accused by {row['Accuser']}{confirmed}"
    return f"{row['Outcome']} after {row['Age']}, accused by {row['Accuser']}{confirmed}"
