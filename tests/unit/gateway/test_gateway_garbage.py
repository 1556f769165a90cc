"""A client may send anything: it gets an answer or a place in the queue, and the gateway lives on."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lictor_actors.roles.api.api import ROUTER
from lictor_messages.answers import Rendered

PATHS = sorted({route.path for route in ROUTER.table})
NAMES = ["Name", "Node", "Service", "Check", "Checks", "Port", "Tags", "TTL", "Meta", "Weights", "Header", "Status"]
NAMES += ["TaggedAddresses", "Definition", "Interval", "Address", "Output", "ID", "Datacenter", "Passing"]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=12,
)
PARAMS = st.lists(
    st.tuples(
        st.sampled_from(
            ["index", "wait", "cas", "flags", "dc", "raw", "keys", "pretty", "tag", "node-meta", "passing"]
        ),
        st.text(st.characters(codec="ascii", exclude_characters="# "), max_size=6),
    ),
    max_size=3,
)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "POST"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.sampled_from(PATHS),
    rest=st.text(st.characters(codec="ascii", exclude_characters="?# "), max_size=8),
    params=PARAMS,
    body=VALUES,
)
@example(path="/v1/catalog/node-services/", rest="5", params=[("index", "5")], body=None)
def test_any_request_is_answered_or_asked(new_desk, method, path, rest, params, body):
    desk = new_desk()
    query = "&".join(f"{name}={value}" for name, value in params)
    before = len(desk.asked)
    request = desk.http(method, f"{path}{rest}?{query}", json.dumps(body).encode())
    desk.pass_time(0)  # equal reads are asked for together, at the end of the moment
    assert (request in desk.answers) != (len(desk.asked) > before or bool(desk.jobs))
    if request in desk.answers:
        assert desk.answers[request].status != 500 or desk.answers[request].body


@pytest.mark.parametrize("path", ["/v1/catalog/node-services/5", "/v1/kv/a", "/v1/health/service/web"])
def test_a_blocking_question_that_comes_again_joins_the_first_and_both_are_answered(desk, path):
    first, second = (desk.http("GET", f"{path}?index=5") for _ in range(2))
    assert len(desk.asked) == 1
    desk.answer(Rendered(index=6, body=b"[]"))
    assert desk.answers[first] == desk.answers[second]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=60))
def test_any_bytes_as_a_body_are_answered(new_desk, body):
    assert new_desk().put("/v1/agent/service/register", b'{"Name":' + body).status in (400, 500)
