"""/v1/coordinate/ and ?near over HTTP."""

import pytest

from lictor_messages.answers import Rendered, Written
from lictor_messages.catalog import ListServiceHealth
from lictor_messages.coordinates import Coordinate, GetCoordinate, ListCoordinates, NodeCoordinate, UpdateCoordinate
from lictor_messages.web import GatewayOptions
from tests.unit.gateway.conftest import Desk

GIVEN = {"Node": "n1", "Coord": {"Vec": [0.5, *[0] * 7], "Error": 1, "Adjustment": 0, "Height": 0.001}}


def test_all_and_one_and_one_that_is_not_there(desk):
    desk.http("GET", "/v1/coordinate/nodes?index=7&wait=10s")
    assert desk.upstream() == ListCoordinates(rendered=True, min_index=7, wait_ns=10_000_000_000)
    request = desk.http("GET", "/v1/coordinate/node/n1")
    assert desk.upstream() == GetCoordinate(node="n1", rendered=True)
    desk.answer(Rendered(index=9, body=b'[{"Node":"n1"}]'))
    assert (desk.answers[request].status, desk.answers[request].body) == (200, b'[{"Node":"n1"}]')
    request = desk.http("GET", "/v1/coordinate/node/n2")
    desk.answer(Rendered(index=9, body=b"[]"))
    assert (desk.answers[request].status, desk.answers[request].body) == (404, b"")
    assert ("X-Consul-Index", "9") in desk.answers[request].headers


def test_an_update_is_passed_on(desk):
    request = desk.http("PUT", "/v1/coordinate/update", GIVEN)
    coordinate = Coordinate(vec=(0.5, *(0.0,) * 7), error=1.0, height=0.001)
    assert desk.upstream() == UpdateCoordinate(coordinate=NodeCoordinate(node="n1", coord=coordinate))
    desk.answer(Written())
    assert (desk.answers[request].status, desk.answers[request].body) == (200, b"")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"Node": ""}, b"Missing node name"),
        ({"Coord": {"Vec": [1, 2]}}, b"Invalid coordinate: Vec takes 8 numbers"),
        ({"Coord": {"Vec": ["x"] * 8}}, b"cannot unmarshal string into Go struct field Coordinate.Vec"),
        ({"Coord": {"Error": -1}}, b"Invalid coordinate"),
        ({"Coord": {"Height": 1e300}}, b"Invalid coordinate"),
        ({"Coord": {"Depth": 1}}, b'unknown field "Depth"'),
    ],
)
def test_what_is_no_coordinate_is_refused(desk, change, words):
    answer = desk.put("/v1/coordinate/update", GIVEN | change)
    assert answer.status == 400
    assert words in answer.body


@pytest.mark.parametrize("path", ["nodes", "node/n1"])
def test_where_coordinates_are_off_that_is_said(path):
    desk = Desk(GatewayOptions(node="n1.dc1", name="n1", disable_coordinates=True))
    assert desk.get(f"/v1/coordinate/{path}").status == 401
    assert desk.put("/v1/coordinate/update", GIVEN).body == b"Coordinate support disabled"


@pytest.mark.parametrize(("near", "node"), [("_agent", "n1"), ("n7", "n7"), ("", "")])
def test_near_names_a_node_or_this_one(desk, near, node):
    desk.http("GET", f"/v1/health/service/web?near={near}")
    assert desk.upstream() == ListServiceHealth(service="web", near=node, rendered=True)
