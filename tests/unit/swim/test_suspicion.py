from lictor_actors.swim.profile import LAN
from lictor_actors.swim.suspicion import Suspicion
from lictor_messages.swim import Dead

S = 1_000_000_000


def test_nobody_confirms_their_own_accusation():
    suspicion = Suspicion("a", LAN, 100, now=0)
    assert not suspicion.confirm("a")
    assert suspicion.deadline == 48 * S


def test_each_new_accuser_shortens_it_until_enough_have_confirmed():
    suspicion = Suspicion("a", LAN, 100, now=5 * S)
    assert suspicion.confirm("b")
    assert not suspicion.confirm("b")
    assert 5 * S + 22 * S < suspicion.deadline < 5 * S + 23 * S
    assert suspicion.confirm("c")
    assert suspicion.deadline == 5 * S + 8 * S
    assert not suspicion.confirm("d")


def test_own_lag_is_given_back_and_survives_confirmations():
    suspicion = Suspicion("a", LAN, 100, now=0)
    suspicion.postpone(3 * S)
    suspicion.confirm("b")
    suspicion.confirm("c")
    assert suspicion.deadline == 11 * S


def test_a_verdict_of_others_makes_it_the_shortest_and_nothing_makes_it_shorter():
    suspicion = Suspicion("a", LAN, 100, now=0)
    suspicion.convict(Dead(node="x.dc1", incarnation=1, accuser="b.dc1"))
    assert suspicion.deadline == 8 * S
    suspicion.confirm("b")
    suspicion.confirm("c")
    assert suspicion.deadline == 8 * S
