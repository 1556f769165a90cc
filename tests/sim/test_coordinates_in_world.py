"""Coordinates through whole clusters in the world: from round trips of pings to the order of an answer."""

from statistics import mean

import pytest
from coordinates import missed, spread

from lictor_actors.hosts.world import World
from lictor_actors.node.in_world import add_node, cluster_specs
from lictor_messages.catalog import ListNodes
from lictor_messages.coordinates import GetCoordinate, ListCoordinates, distance_s
from lictor_messages.queries import CreatePreparedQuery, ExecutePreparedQuery, PreparedQuery, ServiceQuery


@pytest.mark.slow
def test_estimates_over_four_regions_come_near_the_truth_and_answers_are_sorted_by_them():
    cluster, where = spread(nodes=12, seed=1)
    cluster.run(180)
    assert mean(missed(cluster, where)) < 0.12
    world, agent = cluster.world, "agent-1.dc1"
    listed = world.ask(agent, "agent", ListNodes(near="agent-1"))
    assert {where[f"{row.node}.dc1"] for row in listed.nodes[:3]} == {where[agent]}
    written = {row.node: row.coord for row in world.ask(agent, "agent", ListCoordinates()).coordinates}
    assert sorted(written) == sorted(name.partition(".")[0] for name in where)
    here = [distance_s(written["agent-1"], written[row.node]) for row in listed.nodes]
    assert here == sorted(here)


def test_a_prepared_query_answers_with_the_nearest_and_a_reader_of_one_wakes():
    cluster, _ = spread(nodes=8, seed=2)
    world, agent = cluster.world, "agent-1.dc1"
    query = PreparedQuery(id=f"{1:036}", name="q", service=ServiceQuery(service="consul", near="_agent"))
    world.ask(agent, "agent", CreatePreparedQuery(query=query))
    cluster.run(90)
    for node in ("server-1", "server-2", "server-3"):
        run = ExecutePreparedQuery(name_or_id="q", agent=node)
        assert world.ask(agent, "agent", run).instances[0].node.node == node
    woken = []
    known = world.ask(agent, "agent", GetCoordinate(node="agent-1"))
    blocked = GetCoordinate(node="agent-1", min_index=known.index)
    world.door(agent, "watcher").ask("agent", blocked, woken.append, within_s=60)
    cluster.run(40)
    assert woken
    assert woken[0].index > known.index


def test_where_coordinates_are_off_none_is_said_or_written():
    world = World(seed=3)
    for spec in cluster_specs(3, 1, 2):
        add_node(world, spec.having({f"{role}.disable_coordinates": True for role in ("prober", "agent", "gateway")}))
    world.run(60)
    assert world.actor("prober@agent-1.dc1").pool.coordinate is None
    assert world.ask("agent-1.dc1", "agent", ListCoordinates()).coordinates == ()
