from typing import Literal

import pytest

from lictor_actors.swim.border import Border
from lictor_messages.base import FrozenMap
from lictor_messages.swim import Alive


def alive(name: str, dc: str, role: str = "consul") -> Alive:
    return Alive(
        name=name,
        dc=dc,
        address="10.0.0.1",
        port=8301,
        gossip="g",
        rest="r",
        tags=FrozenMap({"role": role}),
        incarnation=1,
    )


@pytest.mark.parametrize(
    ("pool", "other", "words"),
    [
        ("lan", alive("a", "dc1", "node"), ""),
        ("lan", alive("a", "dc2"), "a.dc2 belongs to datacenter 'dc2' and me.dc1 to 'dc1'"),
        ("wan", alive("a", "dc2"), ""),
        ("wan", alive("a", "dc1"), ""),
        ("wan", alive("a", "dc2", "node"), "Member 'a.dc2' is not a server"),
    ],
)
def test_a_pool_is_of_one_datacenter_or_of_servers(pool, other, words):
    why = Border(pool).turns_away(other, alive("me", "dc1"))
    assert (why.words if why is not None else "").startswith(words)
    assert (why is None) == (words == "")


@pytest.mark.parametrize(
    ("address", "let_in"),
    [("10.0.0.1", True), ("fd00::9", True), ("11.0.0.1", False), ("fe80::1", False), ("a.host", False)],
)
@pytest.mark.parametrize("pool", ["lan", "wan"])
def test_members_live_in_the_networks_that_are_allowed(pool: Literal["lan", "wan"], address: str, let_in: bool) -> None:
    border, other = Border(pool, ["10.0.0.0/8", "fd00::/8"]), alive("other", "dc1")
    why = border.turns_away(other.model_copy(update={"address": address}), alive("me", "dc1"))
    assert (why is None) is let_in
    assert why is None or f"other.dc1 advertises {address}, which is in no network" in why.words


def test_a_node_hears_of_itself_wherever_it_lives() -> None:
    assert Border("lan", ["192.0.2.0/24"]).turns_away(alive("me", "dc1"), alive("me", "dc1")) is None
