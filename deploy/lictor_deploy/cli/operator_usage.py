"""``lictor operator usage instances``: how many services a datacenter has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cyclopts import App

from lictor_deploy.cli.http_api import expect
from lictor_deploy.cli.options import DEFAULT_REACH, Reach
from lictor_deploy.words.columns import columns
from lictor_deploy.words.sentence import Failure

app = App(name="usage", help="Count what is in use. Example: lictor operator usage instances")
GAP = 6
"""Blanks between the columns, as many as Consul prints."""


@app.command
def instances(
    *, billable: bool = False, connect: bool = False, all_datacenters: bool = False, reach: Reach = DEFAULT_REACH
) -> None:
    """Count the services and their instances.

    Example: lictor operator usage instances -billable

    Parameters
    ----------
    billable
        Show only instances of services that are no part of a mesh or of the servers.
    connect
        Show only instances of a mesh, by their kind.
    all_datacenters
        Count in all datacenters, not only in the agent's own.
    """
    if billable and connect:
        raise Failure("Only one of -billable and -connect may be given.")
    usage = expect(reach.api().get("/v1/operator/usage", **({"global": ""} if all_datacenters else {}))).fields()[
        "Usage"
    ]
    told = [] if connect else billable_lines(usage, all_datacenters)
    told += [] if billable else [*([""] if told else []), *connect_lines(usage, all_datacenters)]
    print("\n".join(told))


def billable_lines(usage: dict[str, Any], with_dc: bool) -> list[str]:
    """The totals, then a line a datacenter."""
    counts = {dc: usage[dc]["BillableServiceInstances"] for dc in sorted(usage)}
    rows = [(dc, str(usage[dc]["Services"]), str(count)) for dc, count in counts.items()]
    total = ("Total", str(sum(usage[dc]["Services"] for dc in usage)), str(sum(counts.values())))
    return [
        f"Billable Service Instances Total: {sum(counts.values())}",
        *(f"{dc} Billable Service Instances: {count}" for dc, count in counts.items()),
        "",
        "Billable Services",
        table(("Datacenter", "Services", "Service instances"), rows, total, with_dc),
    ]


def connect_lines(usage: dict[str, Any], with_dc: bool) -> list[str]:
    """A line for each kind of instance that a mesh has."""
    rows = [
        (dc, kind, str(count))
        for dc in sorted(usage)
        for kind, count in sorted(usage[dc]["ConnectServiceInstances"].items())
    ]
    total = ("Total", "", str(sum(int(row[2]) for row in rows)))
    return ["Connect Services", table(("Datacenter", "Type", "Service instances"), rows, total, with_dc)]


Row = tuple[str, ...]


def table(head: Row, rows: Sequence[Row], total: Row, with_dc: bool) -> str:
    """With the datacenter and a line of totals, or without both."""
    if with_dc:
        return columns(head, [*rows, ("", "", ""), total], gap=GAP)
    return columns(head[1:], [row[1:] for row in rows], gap=GAP)
