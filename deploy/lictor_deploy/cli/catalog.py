"""``lictor catalog nodes|services|datacenters``."""

from __future__ import annotations

import sys
from typing import Any

from cyclopts import App

from lictor_deploy.cli.http_api import HttpApi, escaped, expect
from lictor_deploy.cli.options import DEFAULT_REACH, Reach
from lictor_deploy.words.columns import columns, pairs
from lictor_deploy.words.sentence import Failure

app = App(name="catalog", help="Look into the catalog. Example: lictor catalog nodes -service=web")


@app.command
def nodes(
    *,
    service: str = "",
    node_meta: tuple[str, ...] = (),
    near: str = "",
    filter: str = "",
    detailed: bool = False,
    reach: Reach = DEFAULT_REACH,
) -> None:
    """List nodes, all or those that have a service.

    Example: lictor catalog nodes -service=web -detailed

    Parameters
    ----------
    service
        Only nodes with an instance of this service.
    node_meta
        Only nodes with this key=value; may be given several times.
    near
        Sort by the distance to this node.
    filter
        Only nodes for which this expression holds, for example 'Node == "web-1"'.
    detailed
        Show the whole id, tagged addresses and meta data.
    """
    path = f"/v1/catalog/service/{escaped(service)}" if service else "/v1/catalog/nodes"
    query = ({"near": near} if near else {}) | ({"filter": filter} if filter else {})
    rows = [row for row in expect(reach.api().get(path, **query)).rows() if has_meta(row, node_meta)]
    unique = {row["Node"]: row for row in rows}
    if not unique:
        print("No nodes match the given query - try expanding your search", file=sys.stderr)
    elif detailed:
        head = ("Node", "ID", "Address", "DC", "TaggedAddresses", "Meta")
        print(columns(head, [detail(row) for row in unique.values()]))
    else:
        print(columns(("Node", "ID", "Address", "DC"), [brief(row) for row in unique.values()]))


@app.command
def services(
    *, node: str = "", node_meta: tuple[str, ...] = (), tags: bool = False, reach: Reach = DEFAULT_REACH
) -> None:
    """List service names, all or those on a node.

    Example: lictor catalog services -tags

    Parameters
    ----------
    node
        Only services on this node.
    node_meta
        Only services on nodes with this key=value.
    tags
        Show tags too.
    """
    found = on_node(reach.api(), node) if node else everywhere(reach.api(), node_meta)
    if not found:
        print("No services match the given query - try expanding your search", file=sys.stderr)
    for name in sorted(found):
        print(f"{name:<{width(found)}}{','.join(sorted(found[name]))}".rstrip() if tags else name)


@app.command
def datacenters(*, reach: Reach = DEFAULT_REACH) -> None:
    """List the datacenters that are known.

    Example: lictor catalog datacenters
    """
    for name in expect(reach.api().get("/v1/catalog/datacenters")).names():
        print(name)


def has_meta(row: dict[str, Any], wanted: tuple[str, ...]) -> bool:
    """Whether a node has all the given ``key=value`` (``key`` alone means an empty value)."""
    meta = row.get("NodeMeta", row.get("Meta")) or {}
    return all(meta.get(pair.partition("=")[0]) == pair.partition("=")[2] for pair in wanted)


def brief(row: dict[str, Any]) -> tuple[str, ...]:
    """A node in short."""
    return row["Node"], str(row.get("ID", "")).partition("-")[0], row["Address"], row.get("Datacenter", "")


def detail(row: dict[str, Any]) -> tuple[str, ...]:
    """A node in full."""
    addresses, meta = row.get("TaggedAddresses") or {}, row.get("NodeMeta", row.get("Meta")) or {}
    whole = row["Node"], row.get("ID", ""), row["Address"], row.get("Datacenter", "")
    return *whole, pairs(addresses.items()), pairs(meta.items())


def on_node(api: HttpApi, node: str) -> dict[str, list[str]]:
    """Service names and tags of one node."""
    answer = expect(api.get(f"/v1/catalog/node/{escaped(node)}"))
    if answer.json() is None:
        raise Failure(f"No node is named {node}. `lictor catalog nodes` lists them.")
    found: dict[str, list[str]] = {}
    for service in answer.fields()["Services"].values():
        found.setdefault(service["Service"], []).extend(service.get("Tags") or [])
    return found


def everywhere(api: HttpApi, node_meta: tuple[str, ...]) -> dict[str, list[str]]:
    """Service names and tags of the datacenter; the API takes ``key:value``, the flag ``key=value``."""
    query = {"node-meta": node_meta[0].replace("=", ":", 1)} if node_meta else {}
    return expect(api.get("/v1/catalog/services", **query)).fields_of(list)


def width(found: dict[str, list[str]]) -> int:
    """Of the column of names."""
    return max(len(name) for name in found) + 4
