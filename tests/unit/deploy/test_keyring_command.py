"""``lictor keyring``: one action at a time, and no key of ours in what it says."""

import pytest

from lictor_deploy.cli.keyring import ONE_OF, keyring, pool
from lictor_deploy.words.sentence import Failure


@pytest.mark.parametrize(
    "flags", [{}, {"list": True, "install": "k"}, {"use": "a", "remove": "b"}, {"list": True, "list_primary": True}]
)
def test_one_action_at_a_time(flags):
    with pytest.raises(Failure, match="Give one of") as refused:
        keyring(**flags)
    assert str(refused.value) == ONE_OF


def test_only_lists_are_local():
    with pytest.raises(Failure, match="-local-only goes with"):
        keyring(use="k", local_only=True)


@pytest.mark.parametrize(
    ("row", "shown"),
    [
        ({"WAN": True, "Datacenter": "dc1", "NumNodes": 2}, "WAN:\n  k [1/2]"),
        ({"WAN": False, "Datacenter": "dc1", "NumNodes": 2}, "dc1 (LAN):\n  k [1/2]"),
    ],
)
def test_a_pool_as_it_is_shown(row, shown):
    assert pool(row, {"k": 1}) == shown
