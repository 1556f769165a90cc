"""What a host on Ray is made of, without Ray: ports, the lease, and a node that leaves its process."""

from __future__ import annotations

import socket
from collections import Counter

import pytest

from lictor_actors.bus.listening import bound
from lictor_actors.hosts.ray.lease import LEASE_S, MOVE_AFTER_S, Lease
from lictor_actors.hosts.ray.ports import drawn_ports
from lictor_deploy.local.plan import DevOptions
from lictor_deploy.ray.spread import first_homes


def test_ports_are_different_and_a_listener_gets_them_while_they_are_kept() -> None:
    with drawn_ports("127.0.0.1", 3) as ports:
        assert len(set(ports)) == 3
        with bound("127.0.0.1", ports[0]) as listener:
            listener.listen()
            socket.create_connection(("127.0.0.1", ports[0])).close()


def test_a_lease_runs_from_the_answer_that_the_parent_had() -> None:
    lease = Lease(now=0.0)
    first, second = lease.answer(10.0), lease.answer(20.0)
    lease.confirmed(first)
    assert lease.until == 10.0 + LEASE_S
    lease.confirmed(second)
    assert lease.until == 20.0 + LEASE_S


def test_a_call_that_was_long_under_way_prolongs_no_lease() -> None:
    lease = Lease(now=0.0)
    first, second = lease.answer(10.0), lease.answer(20.0)
    lease.confirmed(second)
    lease.confirmed(first)
    lease.confirmed(99)
    assert lease.until == 20.0 + LEASE_S
    assert lease.left_s(60.0) < 0


@pytest.mark.parametrize("delay", [0.0, 1.0, 30.0])
def test_agents_end_before_the_parent_starts_them_elsewhere(delay: float) -> None:
    """However long the parent's calls take, one way or the other: it had the answer no earlier than it was given."""
    lease = Lease(now=0.0)
    given = 5.0
    number = lease.answer(given)
    had = given + delay
    lease.confirmed(number)
    assert lease.until < had + MOVE_AFTER_S


def test_nodes_are_spread_evenly_and_servers_are_apart() -> None:
    homes = first_homes(DevOptions(servers=3, agents=97), ["ray-1", "ray-2", "ray-3", "ray-4"])
    assert len({homes[f"server-{i}"] for i in (1, 2, 3)}) == 3
    assert set(Counter(homes.values()).values()) == {25}
