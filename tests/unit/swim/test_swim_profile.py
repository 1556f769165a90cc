"""The formulas of Consul's gossip at the sizes that its documentation and papers quote."""

import pytest

from lictor_actors.swim.awareness import Awareness
from lictor_actors.swim.profile import LAN, LOCAL, PROFILES, WAN, suspicion_timeout
from lictor_messages.swim import ProberOptions

S = 1_000_000_000
MS = 1_000_000


@pytest.mark.parametrize(
    ("n", "least", "most", "retransmit", "push_pull"),
    [
        (1, 4.0, 24.0, 4, 30),
        (3, 4.0, 24.0, 4, 30),
        (9, 4.0, 24.0, 4, 30),
        (10, 4.0, 24.0, 8, 30),
        (11, 4.165, 24.99, 8, 30),
        (32, 6.02, 36.12, 8, 30),
        (33, 6.074, 36.444, 8, 60),
        (64, 7.224, 43.344, 8, 60),
        (65, 7.251, 43.506, 8, 90),
        (99, 7.982, 47.892, 8, 90),
        (100, 8.0, 48.0, 12, 90),
        (128, 8.428, 50.568, 12, 90),
        (1_000, 12.0, 72.0, 16, 180),
        (2_000, 13.204, 79.224, 16, 210),
        (5_000, 14.795, 88.77, 16, 270),
        (10_000, 16.0, 96.0, 20, 300),
        (66_000, 19.278, 115.668, 20, 390),
        (100_000, 20.0, 120.0, 24, 390),
    ],
)
def test_lan_formulas(n, least, most, retransmit, push_pull):
    assert LAN.suspicion_min(n) / S == pytest.approx(least, abs=0.001)
    assert LAN.suspicion_max(n) / S == pytest.approx(most, abs=0.006)
    assert LAN.suspicion_min(n) % MS == 0
    assert LAN.retransmit_limit(n) == retransmit
    assert LAN.push_pull_every(n) == push_pull * S


TABLE = {
    "probe_interval": (1 * S, 5 * S, 1 * S),
    "probe_timeout": (500 * MS, 3 * S, 200 * MS),
    "indirect_checks": (3, 3, 1),
    "suspicion_mult": (4, 6, 3),
    "suspicion_max_mult": (6, 6, 6),
    "awareness_max": (8, 8, 8),
    "gossip_interval": (200 * MS, 500 * MS, 100 * MS),
    "gossip_nodes": (3, 4, 3),
    "gossip_to_the_dead": (30 * S, 60 * S, 15 * S),
    "push_pull_interval": (30 * S, 60 * S, 15 * S),
    "retransmit_mult": (4, 4, 2),
    "dead_node_reclaim": (30 * S, 30 * S, 0),
    "event_bytes_max": (512, 512, 512),
    "reap_interval": (15 * S, 15 * S, 15 * S),
    "reconnect_interval": (30 * S, 30 * S, 30 * S),
}
"""memberlist's and Serf's defaults for LAN, WAN and local networks; reclaiming a dead node's name is Consul's."""


@pytest.mark.parametrize("constant", TABLE)
def test_profiles_are_memberlists(constant):
    assert tuple(getattr(profile, constant) for profile in (LAN, WAN, LOCAL)) == TABLE[constant]


def test_profiles_have_names():
    assert PROFILES == {"lan": LAN, "wan": WAN, "local": LOCAL}


def test_failed_and_left_members_are_kept_as_long_as_consul_keeps_them():
    kept = {name: ProberOptions.model_fields[name].default for name in ("reconnect_timeout_ns", "tombstone_timeout_ns")}
    assert kept == {"reconnect_timeout_ns": 72 * 3600 * S, "tombstone_timeout_ns": 24 * 3600 * S}


@pytest.mark.parametrize(
    ("profile", "n", "least", "retransmit", "push_pull"),
    [(WAN, 3, 30, 4, 60), (WAN, 100, 60, 12, 180), (LOCAL, 3, 3, 2, 15), (LOCAL, 1000, 9, 8, 90)],
)
def test_the_other_profiles_scale_by_the_same_formulas(profile, n, least, retransmit, push_pull):
    assert profile.suspicion_min(n) == least * S
    assert profile.suspicion_max(n) == 6 * least * S
    assert profile.retransmit_limit(n) == retransmit
    assert profile.push_pull_every(n) == push_pull * S


@pytest.mark.parametrize(
    ("profile", "n", "wanted"),
    [(LAN, 2, 0), (LAN, 3, 0), (LAN, 4, 2), (WAN, 5, 0), (WAN, 6, 4), (LOCAL, 2, 0), (LOCAL, 3, 1)],
)
def test_as_many_confirm_as_alpha_asks_for_or_none(profile, n, wanted):
    """alpha - 2, but only if so many could: the accuser and the accused are no confirmers."""
    assert profile.confirmations(n) == wanted


@pytest.mark.parametrize(
    ("wanted", "multiples"),
    [(1, [6.0, 1.0]), (2, [6.0, 2.845, 1.0]), (4, [6.0, 3.847, 2.587, 1.693, 1.0])],
)
def test_suspicion_decays_with_the_logarithm_of_confirmations(wanted, multiples):
    """max - (max - min) * ln(C + 1) / ln(k + 1); in whole milliseconds, so that no libm changes a run."""
    least = 8 * S
    times = [suspicion_timeout(confirmed, wanted, least, 6 * least) for confirmed in range(wanted + 1)]
    assert [time / least for time in times] == [pytest.approx(multiple, abs=0.001) for multiple in multiples]
    assert all(time % MS == 0 for time in times)


def test_without_enough_members_to_confirm_a_suspicion_starts_at_its_minimum():
    assert suspicion_timeout(0, 0, 4 * S, 24 * S) == 4 * S


def test_the_nack_arrives_before_the_round_ends():
    assert LAN.probe_timeout + LAN.nack_after < LAN.probe_interval


@pytest.mark.parametrize("score", range(8))
def test_a_node_that_doubts_itself_probes_up_to_eight_times_less_often(score):
    """ProbeInterval * (a + 1), a from 0 to 7; memberlist never scales the time-out, nor is it scaled here."""
    awareness = Awareness(LAN.awareness_max)
    awareness.add(score)
    assert awareness.scale(LAN.probe_interval) == (score + 1) * S
