"""The probe cycle: direct, indirect, nacks, the local health score, the buddy system."""

from itertools import pairwise

import pytest

from lictor_actors.swim.profile import LAN
from lictor_messages.codec import unpack_body
from lictor_messages.host import LoopLagged, Redial
from lictor_messages.members import MemberFailed
from lictor_messages.swim import Ack, AckDue, Gossip, IndirectPing, Nack, Ping, ProbeDue

MS = 1_000_000


def to(name, *kinds):
    """A loss rule: messages of these kinds to this node."""
    return lambda e: e.target == f"prober@{name}.dc1" and isinstance(e.body, kinds)


def between(a, b):
    ends = {f"prober@{a}.dc1", f"prober@{b}.dc1"}
    return lambda e: {e.source, e.target} == ends


@pytest.fixture
def quiet(cluster):
    """Five nodes at rest, nothing recorded yet."""
    net = cluster(5)
    net.sent.clear()
    return net


def test_at_rest_each_round_is_one_ping_and_one_ack(quiet):
    quiet.run(10)
    assert {e.body.kind for _, e in quiet.sent} == {"swim.ping", "swim.ack"}
    assert all(abs(len(quiet.sent_by(f"n{i}", Ping)) - 10) <= 1 for i in range(5))
    assert all(e.body.updates == () for _, e in quiet.sent)


def test_a_lone_node_sets_no_probe_timer(net):
    net.add("n0")
    net.run(100)
    assert net.sent == []
    assert set(net.nodes["n0.dc1"].timers) == {"push-pull", "remember"}


def test_helpers_reach_a_target_that_the_prober_cannot(quiet):
    quiet.drops.append(between("n0", "n1"))
    quiet.run(20)
    assert quiet.sent_by("n0", IndirectPing)
    assert quiet.prober("n2").members.get("n1.dc1").state.value == "alive"
    assert quiet.told("n2", MemberFailed) == []
    assert quiet.prober("n0").pool.awareness.score == 0


def test_each_round_without_a_direct_ack_has_the_pipe_dialled_afresh_once(quiet):
    quiet.drops.append(between("n0", "n1"))
    before = len(quiet.sent_to("n1", Ping))
    quiet.run(20)
    direct = [e for _, e in quiet.sent if e.source.endswith("@n0.dc1") and e.target.endswith("@n1.dc1")]
    rounds = len([e for e in direct if isinstance(e.body, Ping)])
    assert before == 0
    assert rounds >= 3
    redials = quiet.hosted("n0", Redial)
    assert {r.node for r in redials} == {"n1.dc1"}
    assert rounds - 1 <= len(redials) <= rounds + 1


def test_nacks_tell_a_prober_that_it_is_not_to_blame(quiet):
    quiet.crash("n4")
    scores = set()
    for _ in range(90):
        quiet.run(0.1)
        scores |= {quiet.prober(f"n{i}").pool.awareness.score for i in range(4)}
    assert scores == {0}
    asked = [e.source for _, e in quiet.sent if isinstance(e.body, IndirectPing)]
    nacked = [e.target for _, e in quiet.sent if isinstance(e.body, Nack)]
    assert asked
    assert len(asked) - 3 <= len(nacked) <= len(asked)
    assert {quiet.prober(f"n{i}").members.get("n4.dc1").state.value for i in range(4)} <= {"suspect", "dead"}


@pytest.fixture
def mute(net):
    """n0 and four members that never say anything; its first round has just begun."""
    net.add("n0")
    net.gossip("n0", *(net.alive(name, 1) for name in "abcd"))
    net.until(lambda: net.sent_by("n0", Ping), within=1.1, step=0.01)
    return net


def state_of_probed(net):
    target = next(e.target for _, e in net.sent if isinstance(e.body, Ping))
    return net.prober("n0").members.get(target.partition("@")[2]).state.value


def test_every_missing_nack_counts_against_the_prober(mute):
    mute.run(1.01)
    assert mute.prober("n0").pool.awareness.score == 3


def test_helpers_that_say_nack_do_not(mute):
    mute.run(0.6)
    seq = mute.sent_by("n0", IndirectPing)[0].seq
    for helper in "abc":
        mute.hear("n0", Nack(seq=seq), f"prober@{helper}.dc1")
    mute.run(0.41)
    assert mute.prober("n0").pool.awareness.score == 0
    assert state_of_probed(mute) == "suspect"


def test_the_accused_is_told_by_its_accuser_who_introduces_itself(mute):
    assert state_of_probed(mute) == "alive"
    mute.run(1.01)
    assert state_of_probed(mute) == "suspect"
    target = next(e.target for _, e in mute.sent if isinstance(e.body, Ping))
    told = [e.body.updates for _, e in mute.sent if e.target == target and isinstance(e.body, Gossip)]
    assert ["swim.suspect", "swim.alive"] in [[unpack_body(u).kind for u in updates] for updates in told]


def test_a_round_in_which_the_host_was_late_accuses_nobody(mute):
    mute.hear("n0", LoopLagged(lag_ns=200 * MS), "host@n0.dc1")
    mute.run(1.01)
    assert state_of_probed(mute) == "alive"
    assert mute.prober("n0").pool.awareness.score == 2


@pytest.mark.parametrize("lead", [0.1, 0.7])
def test_a_round_whose_own_timers_were_late_accuses_nobody(mute, lead):
    mute.run(lead)
    mute.pause("n0")
    mute.run(2)
    mute.resume("n0")
    mute.run(0.01)
    assert state_of_probed(mute) == "alive"
    mute.until(lambda: state_of_probed(mute) in ("suspect", "dead"), within=120)


def test_a_node_that_hears_nobody_blames_itself_and_probes_more_slowly(quiet):
    quiet.drops.append(lambda e: e.target == "prober@n0.dc1")
    quiet.run(60)
    assert quiet.prober("n0").pool.awareness.score == 7
    quiet.sent.clear()
    quiet.run(40)
    assert len(quiet.sent_by("n0", Ping)) <= 6


def test_a_round_lasts_as_long_as_its_nodes_health_says(quiet):
    """Awareness + 1 probe intervals; each good round takes one off."""
    quiet.prober("n0").pool.awareness.add(3)
    quiet.run(14)
    pings = [when for when, e in quiet.sent if e.source == "prober@n0.dc1" and isinstance(e.body, Ping)]
    gaps = [round((after - before) / (1000 * MS)) for before, after in pairwise(pings)]
    assert gaps[:4] == [4, 3, 2, 1]


def test_with_nobody_to_help_a_failed_round_counts_against_the_prober(cluster):
    net = cluster(2)
    net.drops.append(lambda e: True)
    prober = net.prober("n0")
    net.until(lambda: prober.pool.awareness.score, within=5)
    assert prober.pool.awareness.score == 1


def test_a_nack_of_another_round_counts_for_nothing(quiet):
    quiet.drops.append(to("n0", Ack))
    quiet.run(1.2)
    current = quiet.prober("n0").pool.probing._round
    before = current.nacks
    quiet.hear("n0", Nack(seq=current.seq + 100))
    assert current.nacks == before


def test_the_score_recovers_with_good_probes(quiet):
    quiet.prober("n0").pool.awareness.add(3)
    quiet.run(15)
    assert quiet.prober("n0").pool.awareness.score == 0


def test_a_suspect_is_told_by_the_ping_itself_and_by_helpers_pings(quiet):
    """Lifeguard's buddy system; the paper has it on indirect pings too."""
    quiet.drops.append(to("n4", Gossip))
    quiet.crash("n4")
    quiet.run(9)
    suspect = [p for p in quiet.sent_to("n4", Ping) if p.updates]
    assert suspect
    for ping in suspect:
        accusation, accuser = (unpack_body(u) for u in ping.updates[:2])
        assert accusation.kind in ("swim.suspect", "swim.dead")
        assert accusation.node == "n4.dc1"
        assert accuser.kind == "swim.alive"
    helpers = [e.source for _, e in quiet.sent if isinstance(e.body, IndirectPing) and e.body.updates]
    assert helpers


def test_the_accused_hears_it_at_once_and_is_cleared_at_once(quiet):
    quiet.drops.append(to("n4", Ping))
    quiet.until(lambda: quiet.sent_to("n4", Gossip), within=10, step=0.01)
    quiet.run(0.01)
    assert quiet.prober("n4").members.me.incarnation > quiet.wall // 1_000_000_000
    quiet.run(60)
    assert all(quiet.told(f"n{i}", MemberFailed) == [] for i in range(5))


def test_a_late_ack_and_a_late_nack_are_harmless(quiet):
    prober = quiet.prober("n0")
    before = prober.pool.awareness.score, prober.alive_count
    for seq in (0, 1, 2, 10**9):
        quiet.hear("n0", Ack(seq=seq), "prober@n1.dc1")
        quiet.hear("n0", Nack(seq=seq), "prober@n1.dc1")
        quiet.hear("n0", AckDue(seq=seq))
    quiet.run(5)
    assert (prober.pool.awareness.score, prober.alive_count) == before


def test_a_helper_relays_a_late_ack_after_its_nack(net):
    net.add("n0")
    net.gossip("n0", net.alive("x", 1))
    net.hear("n0", IndirectPing(seq=77, node="x.dc1"), "prober@asker.dc1")
    ping = net.sent_to("x", Ping)[-1]
    net.run(0.41)
    assert net.sent_to("asker", Nack) == [Nack(seq=77)]
    net.hear("n0", Ack(seq=ping.seq, view=5), "prober@x.dc1")
    assert net.sent_to("asker", Ack) == [Ack(seq=77)]


def test_a_helper_pings_somebody_it_does_not_know_too(net):
    net.add("n0")
    net.hear("n0", IndirectPing(seq=1, node="stranger.dc1"), "prober@asker.dc1")
    assert len(net.sent_to("stranger", Ping)) == 1


def test_a_helper_forgets_whom_it_helped(net):
    prober = net.add("n0")
    for seq in range(500):
        net.hear("n0", IndirectPing(seq=seq, node="x.dc1"), "prober@asker.dc1")
        net.run(0.1)
    assert len(prober.pool.probing._helping) <= 11


def test_a_host_that_was_late_doubts_the_round_and_gives_suspects_time(quiet):
    prober = quiet.prober("n0")
    quiet.gossip("n0", quiet.suspect("n3", prober.members.get("n3.dc1").incarnation))
    deadline = prober.members.get("n3.dc1").suspicion.deadline
    quiet.hear("n0", LoopLagged(lag_ns=2_000 * MS), "host@n0.dc1")
    assert prober.pool.awareness.score == 1
    assert prober.members.get("n3.dc1").suspicion.deadline == deadline + 2_000 * MS


def test_a_small_lag_counts_for_nothing(quiet):
    quiet.hear("n0", LoopLagged(lag_ns=LAN.lag_tolerance), "host@n0.dc1")
    assert quiet.prober("n0").pool.awareness.score == 0


@pytest.mark.slow
def test_a_prober_that_stood_still_accuses_nobody(cluster):
    """It finds its own timers late: the acks of that time may lie unread behind them."""
    net = cluster(12)
    for _ in range(10):
        net.pause("n0")
        net.run(3)
        net.resume("n0")
        net.run(1.5)
    accused = [unpack_body(u) for g in net.sent_by("n0", Gossip) for u in g.updates]
    assert [a for a in accused if a.kind == "swim.suspect" and a.accuser == "n0.dc1"] == []
    assert all(net.told(f"n{i}", MemberFailed) == [] for i in range(12))


def test_rounds_do_not_pile_up_after_a_standstill(quiet):
    quiet.pause("n0")
    quiet.run(30)
    quiet.resume("n0")
    quiet.sent.clear()
    quiet.run(5)
    assert len(quiet.sent_by("n0", Ping)) <= 6


def test_the_probes_of_a_cluster_are_spread_over_the_interval(cluster):
    net = cluster(30)
    net.sent.clear()
    net.run(1)
    thirds = [int(3 * (at - net.sent[0][0]) / 1_000_000_000) for at, e in net.sent if isinstance(e.body, Ping)]
    assert all(thirds.count(third) >= 3 for third in (0, 1, 2))


def test_a_leaving_node_does_not_begin_another_round(quiet):
    quiet.prober("n0").members.me.leaving = True
    quiet.sent.clear()
    quiet.hear("n0", ProbeDue())
    assert quiet.sent_by("n0", Ping) == []
