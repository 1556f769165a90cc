"""Every endpoint that Consul 1.22 registers, and what Lictor answers under those that it has not built yet.

Where a cluster of Consul may lack a part as well (ACLs, coordinates) the answer is the one that it gives then.
"""

from __future__ import annotations

from typing import NamedTuple

from lictor_actors.roles.api.question import text
from lictor_actors.roles.api.request import HttpRequest
from lictor_actors.roles.api.routes import Endpoint, Route
from lictor_messages.web import HttpAnswered

ACLS_OFF = (401, "ACL support disabled")
NO_COORDINATES = (401, "Coordinate support disabled")
NOT_YET = (404, "")


class ConsulEndpoint(NamedTuple):
    """``methods`` with blanks between them; a path that ends in a slash stands for all below it."""

    methods: str
    path: str
    instead: tuple[int, str] = NOT_YET
    """Status and text where Lictor lacks it; "" for a text that says so."""


def _under(prefix: str, *endpoints: tuple[str, str], instead: tuple[int, str] = NOT_YET) -> tuple[ConsulEndpoint, ...]:
    return tuple(ConsulEndpoint(methods, f"/v1/{prefix}{rest}", instead) for methods, rest in endpoints)


CRUD = "GET PUT DELETE"
CONSUL_ENDPOINTS = (
    *_under(
        "acl/",
        ("PUT", "bootstrap"),
        ("POST", "login"),
        ("POST", "logout"),
        ("GET", "replication"),
        ("GET", "policies"),
        ("PUT", "policy"),
        (CRUD, "policy/"),
        ("GET", "policy/name/"),
        ("GET", "roles"),
        ("PUT", "role"),
        (CRUD, "role/"),
        ("GET", "role/name/"),
        ("GET", "binding-rules"),
        ("PUT", "binding-rule"),
        (CRUD, "binding-rule/"),
        ("GET", "auth-methods"),
        ("PUT", "auth-method"),
        (CRUD, "auth-method/"),
        ("GET", "tokens"),
        ("PUT", "token"),
        (CRUD, "token/"),
        ("GET", "token/self"),
        ("GET", "templated-policies"),
        ("GET", "templated-policy/name/"),
        ("POST", "templated-policy/preview/"),
        instead=ACLS_OFF,
    ),
    *_under("agent/", ("PUT", "token/"), instead=ACLS_OFF),
    *_under(
        "agent/",
        *(("GET", name) for name in ("self", "host", "version", "monitor", "metrics", "metrics/stream", "members")),
        *(("GET", name) for name in ("services", "service/", "checks", "health/service/id/", "health/service/name/")),
        *(("PUT", name) for name in ("maintenance", "reload", "join/", "leave", "force-leave/")),
        *(("PUT", f"check/{name}") for name in ("register", "deregister/", "pass/", "warn/", "fail/", "update/")),
        *(("PUT", f"service/{name}") for name in ("register", "deregister/", "maintenance/")),
        ("POST", "connect/authorize"),
        ("GET", "connect/ca/roots"),
        ("GET", "connect/ca/leaf/"),
    ),
    *_under(
        "catalog/",
        ("PUT", "register"),
        ("PUT", "deregister"),
        *(("GET", name) for name in ("datacenters", "nodes", "services", "service/", "connect/", "node/")),
        *(("GET", name) for name in ("node-services/", "gateway-services/")),
    ),
    *_under("config", ("PUT", ""), ("GET DELETE", "/")),
    *_under(
        "connect/",
        ("GET PUT", "ca/configuration"),
        ("GET", "ca/roots"),
        ("GET POST", "intentions"),
        ("GET", "intentions/match"),
        ("GET", "intentions/check"),
        (CRUD, "intentions/exact"),
        (CRUD, "intentions/"),
    ),
    *_under(
        "coordinate/",
        *(("GET", name) for name in ("datacenters", "nodes", "node/")),
        ("PUT", "update"),
        instead=NO_COORDINATES,
    ),
    *_under("", ("GET POST", "discovery-chain/"), ("GET", "exported-services")),
    *_under("event/", ("PUT", "fire/"), ("GET", "list")),
    *_under("health/", *(("GET", name) for name in ("node/", "checks/", "state/", "service/", "connect/", "ingress/"))),
    *_under("internal/", ("POST", "acl/authorize"), instead=ACLS_OFF),
    *_under(
        "internal/",
        ("GET", "federation-states"),
        ("GET", "federation-states/mesh-gateways"),
        ("GET", "federation-state/"),
        ("PUT", "service-virtual-ip"),
        *(("GET", f"ui/{name}") for name in ("metrics-proxy/", "nodes", "node/", "services", "exported-services")),
        *(("GET", f"ui/{name}") for name in ("catalog-overview", "gateway-services-nodes/", "gateway-intentions/")),
        ("GET", "ui/service-topology/"),
    ),
    *_under("", (CRUD, "kv/")),
    *_under(
        "operator/",
        ("GET", "raft/configuration"),
        ("POST", "raft/transfer-leader"),
        ("DELETE", "raft/peer"),
        ("GET", "usage"),
        ("GET", "utilization"),
        ("GET PUT", "autopilot/configuration"),
        ("GET", "autopilot/health"),
        ("GET", "autopilot/state"),
    ),
    *_under("operator/", ("GET POST PUT DELETE", "keyring")),
    *_under("peering", ("POST", "/token"), ("POST", "/establish"), ("GET DELETE", "/"), ("GET", "s")),
    *_under("query", ("GET POST", ""), (CRUD, "/")),
    *_under("session/", *(("PUT", name) for name in ("create", "destroy/", "renew/"))),
    *_under("session/", *(("GET", name) for name in ("info/", "node/", "list"))),
    *_under("status/", ("GET", "leader"), ("GET", "peers")),
    *_under("", ("GET PUT", "snapshot"), ("PUT", "txn")),
    *(ConsulEndpoint("GET", f"/debug/pprof/{name}") for name in ("", "cmdline", "heap", "profile", "trace")),
)


def lacking(built: tuple[Route, ...]) -> tuple[Route, ...]:
    """Routes for what Consul has and ``built`` has not, each with its refusal."""
    here = {(route.method, route.path) for route in built}
    return tuple(
        Route(method, endpoint.path, _refusal(method, endpoint))
        for endpoint in CONSUL_ENDPOINTS
        for method in endpoint.methods.split()
        if (method, endpoint.path) not in here
    )


def _refusal(method: str, endpoint: ConsulEndpoint) -> Endpoint:
    status, words = endpoint.instead
    words = words or f"Consul has {method} {endpoint.path}, Lictor not yet"

    def refused(_: HttpRequest) -> HttpAnswered:
        return text(status, words)

    return refused
