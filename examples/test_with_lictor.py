"""Testing your own service against a cluster that you can break: fixtures of Lictor's pytest plugin.

Nothing need be running. The plugin is there as soon as Lictor is installed beside pytest.

    pytest examples/test_with_lictor.py
"""

from __future__ import annotations

import json
from urllib.request import Request, urlopen

import pytest


class Cart:
    """The service under test: it keeps a shopper's cart in the key-value store."""

    def __init__(self, kv, prefix: str = "") -> None:
        self.kv = kv
        self.prefix = prefix

    def add(self, shopper: str, item: str) -> None:
        """Compare-and-set, so that two shop windows never overwrite each other."""
        while True:
            found = self.kv.get(self.prefix + shopper)
            items = json.loads(found.value) if found else []
            cas = found.modify_index if found else 0
            if self.kv.put(self.prefix + shopper, json.dumps([*items, item]), cas=cas):
                return

    def items(self, shopper: str) -> list[str]:
        found = self.kv.get(self.prefix + shopper)
        return json.loads(found.value) if found else []


@pytest.mark.cluster(kind="sim", seeds=5, faults="flaky-wifi")
def test_a_cart_outlives_its_leader(cluster):
    """Five seeds, virtual time: a second or two in all."""
    cart = Cart(cluster.kv)
    cart.add("ann", "tea")
    old = cluster.leader()
    with cluster.faults.isolate("leader"):
        cluster.wait_for_leader(other_than=old)
        cart.add("ann", "milk")
    assert cart.items("ann") == ["tea", "milk"]


@pytest.mark.cluster(kind="sim", servers=3, agents=2)
def test_a_power_cut_everywhere_loses_nothing(cluster):
    Cart(cluster.kv).add("ann", "tea")
    for name in cluster.nodes:
        cluster.crash(name)
    for name in cluster.nodes:
        cluster.restart(name)
    cluster.wait_whole()
    assert Cart(cluster.kv).items("ann") == ["tea"]


def test_carts_over_real_sockets(shared_cluster):
    """A real cluster of processes, started once for all tests; each test has a prefix of its own."""
    cart = Cart(shared_cluster.kv, shared_cluster.prefix)
    cart.add("bob", "coffee")
    assert cart.items("bob") == ["coffee"]


def test_any_consul_client_will_do(consul_url, shared_cluster):
    with urlopen(Request(f"{consul_url}/v1/kv/{shared_cluster.prefix}x", data=b"1", method="PUT")) as answer:
        assert answer.read() == b"true"
    assert shared_cluster.kv.get(f"{shared_cluster.prefix}x").value == b"1"
