from __future__ import annotations

from collections import Counter

import pytest

from lictor_actors.roles.api.api import ROUTER
from lictor_messages.refusals import Refused


@pytest.mark.parametrize(
    ("target", "location"),
    [
        ("/v1/kv", "/v1/kv/"),
        ("/v1/kv?recurse", "/v1/kv/?recurse"),
        ("/v1/kv//a", "/v1/kv/a"),
        ("/v1/kv/a/../b?raw", "/v1/kv/b?raw"),
        ("/v1/kv/a%2F%2Fb", "/v1/kv/a/b"),
        ("/v1/kv/a%2F..%2Fb%20c", "/v1/kv/b%20c"),
        ("//v1/status/leader", "/v1/status/leader"),
        ("/v1/catalog/node", "/v1/catalog/node/"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_unclean_paths_are_moved(desk, header, method, target, location):
    answer = desk.answers[desk.http(method, target)]
    assert (answer.status, header(answer, "Location")) == (301, location)


@pytest.mark.parametrize(
    "target", ["/v1/nope", "/v2/kv/x", "/v1/status/leader/x", "/favicon.ico", "/v1", "/v1/", "/v1/kvx"]
)
def test_unknown_paths_are_404_and_empty(desk, target):
    answer = desk.get(target)
    assert (answer.status, answer.body) == (404, b"")


@pytest.mark.parametrize("target", ["http://n1:8500", "HTTPS://[::1]/?a=b?"])
def test_a_whole_url_is_taken_as_its_path(desk, target):
    assert desk.get(target).body == b"Consul Agent"


def test_the_root_page_is_a_line_of_text(desk):
    assert desk.get("/").body == b"Consul Agent"


@pytest.mark.parametrize("target", ["/v1/kv/%zz", "/v1/kv/a%0Ab", "/v1/kv/%ff", "/v1/kv/a%", "/v1/kv/%E2%80%A8"])
def test_what_nobody_can_see_or_decode_is_400(desk, target):
    assert desk.get(target).status == 400


def test_the_wrong_method_is_405_and_says_which_are_right(desk, header):
    answer = desk.answers[desk.http("POST", "/v1/kv/x")]
    assert (answer.status, answer.body) == (405, b"method POST not allowed")
    assert header(answer, "Allow") == "OPTIONS,GET,PUT,DELETE"


def test_head_is_not_get(desk):
    assert desk.answers[desk.http("HEAD", "/v1/status/leader")].status == 405


def test_options_lists_the_methods(desk, header):
    answer = desk.answers[desk.http("OPTIONS", "/v1/catalog/register")]
    assert (answer.status, answer.body, header(answer, "Allow")) == (200, b"", "OPTIONS,PUT")


def test_asterisk_form_is_answered(desk):
    assert desk.answers[desk.http("OPTIONS", "*")].status == 200
    assert desk.answers[desk.http("GET", "*")].status == 400


def test_no_two_routes_are_the_same():
    lines = Counter((route.method, route.path) for route in ROUTER.table)
    assert max(lines.values()) == 1


@pytest.mark.parametrize("path", sorted({route.path for route in ROUTER.table}))
def test_every_route_of_the_table_is_found_and_no_other_method(desk, header, path):
    methods = [route.method for route in ROUTER.table if route.path == path]
    target = path + "x" if path.endswith("/") and path != "/" else path
    options, trace = (desk.answers[desk.http(method, target)] for method in ("OPTIONS", "TRACE"))
    assert (options.status, trace.status) == (200, 405)
    assert header(options, "Allow") == header(trace, "Allow") == ",".join(("OPTIONS", *methods))


@pytest.mark.parametrize(
    ("method", "target", "status", "words"),
    [
        ("GET", "/v1/agent/metrics/stream", 404, "Consul has GET /v1/agent/metrics/stream, Lictor not yet"),
        ("GET", "/v1/connect/ca/configuration", 404, "Consul has GET /v1/connect/ca/configuration, Lictor not yet"),
        ("GET", "/v1/config/service-defaults/web", 404, "Consul has GET /v1/config/, Lictor not yet"),
        ("PUT", "/v1/config", 404, "Consul has PUT /v1/config, Lictor not yet"),
        ("GET", "/v1/acl/token/self", 401, "ACL support disabled"),
        ("PUT", "/v1/acl/bootstrap", 401, "ACL support disabled"),
        ("PUT", "/v1/agent/token/default", 401, "ACL support disabled"),
        ("POST", "/v1/config", 405, "method POST not allowed"),
        ("GET", "/v1/acl/bootstrap", 405, "method GET not allowed"),
        ("GET", "/v1/nonsense", 404, ""),
        ("GET", "/v1/acl/nonsense", 404, ""),
        ("GET", "/v2/kv/a", 404, ""),
        ("GET", "/v1/acl/policy", 405, "method GET not allowed"),
        ("GET", "/v1/peering", 301, ""),
    ],
)
def test_what_consul_has_and_lictor_lacks_is_refused_by_name(desk, method, target, status, words):
    answer = desk.answers[desk.http(method, target)]
    assert (answer.status, answer.body.decode()) == (status, words)


def test_a_call_of_the_catalog_that_no_server_could_answer_is_counted_as_consul_does(desk):
    for target in ("/v1/catalog/nodes", "/v1/health/state/any"):
        desk.http("GET", target)
        desk.answer(Refused(code="JournalFailed"))
    failed = {what: count for what, count in desk.counted.items() if what.startswith("client.rpc.error.")}
    assert failed == {"client.rpc.error.catalog_nodes;node=n1": 1}
