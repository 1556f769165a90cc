"""Coordinates in the store: whose they are, when they go, what they wake, and the order that they give."""

import pytest

from lictor_messages.catalog import ListNodeChecks, ListNodes, ListServiceChecks, ListServiceHealth, ListServiceNodes
from lictor_messages.coordinates import Coordinate, GetCoordinate, ListCoordinates, NodeCoordinate, PutCoordinates
from lictor_messages.queries import CreatePreparedQuery, ExecutePreparedQuery, PreparedQuery, ServiceQuery


def lies(node, ms):
    return NodeCoordinate(node=node, coord=Coordinate(vec=(ms / 1000, *(0.0,) * 7), height=1e-5))


@pytest.fixture
def spread(log):
    """a to e, at 0, 30, 10 and 20 ms; e has said none."""
    for node in "abcde":
        log.node(node, address=f"10.0.0.{ord(node)}")
        log.service(node, "web")
        log.check(node, "alive")
        log.check(node, "of-web", service_id="web")
    log.ok(PutCoordinates(coordinates=(lies("a", 0), lies("b", 30), lies("c", 10), lies("d", 20))))
    return log


def test_the_latest_of_each_node_is_kept_and_unknown_nodes_are_passed_over(spread):
    spread.ok(PutCoordinates(coordinates=(lies("A", 5), lies("nowhere", 1))))
    found = spread.ask(ListCoordinates()).coordinates
    assert [row.node for row in found] == ["A", "b", "c", "d"]
    assert spread.ask(GetCoordinate(node="a")).coordinates == (lies("A", 5),)
    assert spread.ask(GetCoordinate(node="e")).coordinates == ()


def test_the_index_moves_with_what_is_written_alone(spread):
    before = spread.at(ListCoordinates())
    spread.ok(PutCoordinates(coordinates=(lies("nowhere", 1),)))
    spread.node("f")
    assert spread.at(ListCoordinates()) == before
    spread.ok(PutCoordinates(coordinates=(lies("f", 1),)))
    assert spread.at(ListCoordinates()) == spread.index


def test_a_node_that_goes_takes_its_coordinate_along(spread):
    spread.deregister("b")
    assert [row.node for row in spread.ask(ListCoordinates()).coordinates] == ["a", "c", "d"]
    assert spread.at(ListCoordinates()) == spread.index
    spread.node("b")
    assert spread.ask(GetCoordinate(node="b")).coordinates == ()


@pytest.mark.parametrize(
    ("query", "nodes"),
    [
        (ListNodes(near="b"), lambda answer: [row.node for row in answer.nodes]),
        (ListServiceNodes(service="web", near="b"), lambda answer: [row.node.node for row in answer.placements]),
        (ListServiceHealth(service="web", near="b"), lambda answer: [row.node.node for row in answer.instances]),
        (ListServiceChecks(service="web", near="B"), lambda answer: [row.node for row in answer.checks]),
    ],
    ids=lambda it: getattr(it, "kind", ""),
)
def test_what_lies_nearest_comes_first_and_what_has_no_place_last(spread, query, nodes):
    assert nodes(spread.ask(query)) == ["b", "d", "c", "a", "e"]
    for near in ("", "e", "nowhere"):
        assert nodes(spread.ask(query.model_copy(update={"near": near}))) == ["a", "b", "c", "d", "e"]


def test_rows_of_one_node_stay_as_they_are(spread):
    assert spread.ask(ListNodeChecks(node="a", near="b")) == spread.ask(ListNodeChecks(node="a"))


@pytest.mark.parametrize(
    ("kept", "asked", "near"),
    [
        ("", "", ""),
        ("c", "", "c"),
        ("c", "b", "b"),
        ("_agent", "", "d"),
        ("", "_agent", "d"),
        ("_ip", "", "b"),
        ("a", "_ip", "b"),
    ],
)
def test_by_whose_distance_a_prepared_query_is_sorted(spread, kept, asked, near):
    query = PreparedQuery(id=f"{1:036}", name="q", service=ServiceQuery(service="web", near=kept))
    spread.ok(CreatePreparedQuery(query=query))
    run = ExecutePreparedQuery(name_or_id="q", near=asked, agent="d", source_ip=f"10.0.0.{ord('b')}")
    assert spread.ask(run).near == near
    assert spread.ask(run.model_copy(update={"source_ip": "192.0.2.1"})).near == ("" if near == "b" != asked else near)
