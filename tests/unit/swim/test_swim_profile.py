"""The formulas of Consul's gossip at the sizes that its documentation and papers quote."""

import pytest

from lictor_actors.swim.profile import LAN, LOCAL, PROFILES, WAN, suspicion_timeout

S = 1_000_000_000
MS = 1_000_000


@pytest.mark.parametrize(
    ("n", "least", "most", "retransmit", "push_pull"),
    [
        (1, 4.0, 24.0, 4, 30),
        (3, 4.0, 24.0, 4, 30),
        (32, 6.02, 36.12, 8, 30),
        (33, 6.074, 36.444, 8, 60),
        (99, 7.982, 47.892, 8, 90),
        (100, 8.0, 48.0, 12, 90),
        (128, 8.428, 50.568, 12, 90),
        (1_000, 12.0, 72.0, 16, 180),
        (5_000, 14.795, 88.77, 16, 270),
        (10_000, 16.0, 96.0, 20, 300),
        (100_000, 20.0, 120.0, 24, 390),
    ],
)
def test_lan_formulas(n, least, most, retransmit, push_pull):
    assert LAN.suspicion_min(n) / S == pytest.approx(least, abs=0.001)
    assert LAN.suspicion_max(n) / S == pytest.approx(most, abs=0.006)
    assert LAN.suspicion_min(n) % MS == 0
    assert LAN.retransmit_limit(n) == retransmit
    assert LAN.push_pull_every(n) == push_pull * S


def test_profiles_are_memberlists():
    assert (WAN.probe_interval, WAN.probe_timeout, WAN.gossip_interval) == (5 * S, 3 * S, 500 * MS)
    assert (WAN.suspicion_mult, WAN.gossip_nodes, WAN.push_pull_interval) == (6, 4, 60 * S)
    assert (LOCAL.probe_timeout, LOCAL.indirect_checks, LOCAL.retransmit_mult) == (200 * MS, 1, 2)
    assert sorted(PROFILES) == ["lan", "local", "wan"]


def test_suspicion_decays_with_the_logarithm_of_confirmations():
    times = [suspicion_timeout(c, 2, 8 * S, 48 * S) / S for c in (0, 1, 2)]
    assert times == [48.0, pytest.approx(2.845 * 8, abs=0.01), 8.0]


def test_without_enough_members_to_confirm_a_suspicion_starts_at_its_minimum():
    assert [LAN.confirmations(n) for n in (2, 3, 4, 100)] == [0, 0, 2, 2]
    assert suspicion_timeout(0, 0, 4 * S, 24 * S) == 4 * S


def test_the_nack_arrives_before_the_round_ends():
    assert LAN.probe_timeout + LAN.nack_after < LAN.probe_interval
