"""Consul's counters of what clients ask of the catalog: three for each endpoint, labelled with the agent's node."""

from __future__ import annotations

from lictor_actors.consul.metric import listed

CALLS = {
    "/v1/catalog/register": "catalog_register",
    "/v1/catalog/deregister": "catalog_deregister",
    "/v1/catalog/datacenters": "catalog_datacenters",
    "/v1/catalog/nodes": "catalog_nodes",
    "/v1/catalog/services": "catalog_services",
    "/v1/catalog/service/": "catalog_service_nodes",
    "/v1/catalog/node/": "catalog_node_services",
    "/v1/catalog/node-services/": "catalog_node_service_list",
}
"""Path of a route → Consul's word for it."""
CLIENT_API = listed(
    "counter",
    "requests",
    *((f"client.api.{call}", f"Requests for `{path}`.", "node") for path, call in CALLS.items()),
    *((f"client.api.success.{call}", "Those of them that did not fail.", "node") for call in CALLS.values()),
    *(
        (f"client.rpc.error.{call}", "Those that no server could answer: their client heard 5xx.", "node")
        for call in CALLS.values()
    ),
)


def call_of(route: str) -> str:
    """The call that is counted under this metric of ``api.http``, "" for an endpoint that is not counted."""
    return CALLS.get(route.rpartition("path=")[2], "")
