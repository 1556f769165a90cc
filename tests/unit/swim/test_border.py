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
