import pytest

from lictor_deploy.local.parent.convergence import Convergence
from lictor_deploy.local.progress import sentence

NODES = ["s1", "s2", "s3", "a1"]


@pytest.fixture
def whole():
    convergence = Convergence(NODES[:3], NODES[3:])
    convergence.report({node: [4, "h", "s1" if node != "a1" else "", 4 if node != "a1" else 0] for node in NODES})
    return convergence


def test_whole(whole):
    assert whole.summary().whole
    assert whole.leader == "s1"


@pytest.mark.parametrize(
    "view",
    [
        {"a1": [3, "h", "", 0]},
        {"a1": [4, "other", "", 0]},
        {"s2": [4, "h", "", 4]},
        {"s2": [4, "h", "s3", 4]},
        {"s3": [4, "h", "s1", 3]},
    ],
    ids=["one is missing", "another set of names", "no leader", "another leader", "catalog behind"],
)
def test_not_whole(whole, view):
    whole.report(view)
    assert not whole.summary().whole


def test_a_process_that_died_is_not_counted(whole):
    whole.forget(["a1"])
    assert not whole.summary().whole
    assert whole.summary().up == 3


def test_the_leader_for_selectors_is_the_majoritys(whole):
    whole.report({"s1": [1, "x", "s1", 4], "s2": [4, "h", "s3", 4], "s3": [4, "h", "s3", 4]})
    assert whole.leader == "s3"
    assert whole.summary().leader == ""
    whole.report({"s2": [4, "h", "", 4]})
    assert whole.leader == ""


def test_progress_in_words(whole):
    assert sentence(whole.summary()) == "4/4 nodes see all, leader s1, 4/4 in the catalog"
    assert "no leader yet" in sentence(Convergence(["s1"], []).summary())
