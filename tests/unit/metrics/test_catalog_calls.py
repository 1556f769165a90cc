"""Consul's counters of what clients ask of the catalog are reckoned from the times of HTTP requests."""

from lictor_actors.consul.client_api import CALLS, CLIENT_API, call_of
from lictor_actors.hosts.live.metrics.catalog_calls import catalog_calls
from lictor_actors.roles.api.api import ROUTER

GET, HEAD, ELSE = (
    "api.http;method=GET;path=/v1/catalog/nodes",
    "api.http;method=HEAD;path=/v1/catalog/nodes",
    "api.http;method=GET;path=/v1/kv/",
)


def test_every_path_is_a_routes():
    method = {"/v1/catalog/register": "PUT", "/v1/catalog/deregister": "PUT"}
    assert {path: ROUTER.pattern(method.get(path, "GET"), path) for path in CALLS} == {path: path for path in CALLS}


def test_requests_of_all_methods_are_one_call_and_those_that_failed_did_not_succeed():
    counted = {"client.rpc.error.catalog_nodes;node=n1": 2.0}
    assert dict(catalog_calls({GET: 5, HEAD: 1, ELSE: 9}, counted, "n1")) == {
        "client.api.catalog_nodes;node=n1": 6.0,
        "client.api.success.catalog_nodes;node=n1": 4.0,
    }


def test_what_is_reckoned_is_declared():
    declared = {metric.name for metric in CLIENT_API}
    asked = {f"api.http;method=GET;path={path}": 1 for path in CALLS}
    assert {what.partition(";")[0] for what, _ in catalog_calls(asked, {}, "n1")} <= declared
    assert {f"client.rpc.error.{call_of(what)}" for what in asked} <= declared
