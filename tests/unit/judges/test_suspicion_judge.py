"""Only a suspicion that lasted may declare a member dead."""

from __future__ import annotations

import pytest

from lictor_actors.judges.suspicions import Hasty, SuspicionJudge
from lictor_actors.swim.member_table import MemberState, MemberTable, Peer
from lictor_messages.swim import Alive, SuspicionDue

SECOND = 1_000_000_000


def alive(name: str) -> Alive:
    return Alive(name=name, dc="dc1", address="10.0.0.1", port=8301, gossip="", rest="", incarnation=1)


def table() -> tuple[MemberTable, Peer]:
    members = MemberTable(Peer(alive("n1"), b"", 0, "prober"))
    peer = Peer(alive("n2"), b"", 0, "prober")
    members.add(peer)
    return members, peer


def turned(
    judge: SuspicionJudge, members: MemberTable, peer: Peer, state: MemberState, at: int, *, by_timer: bool
) -> None:
    if by_timer:
        judge.due(at, "prober@n1.dc1", SuspicionDue(node="n2.dc1"))
    members.turn_into(peer, state, at)
    judge.saw("n1.dc1")


def test_a_suspicion_that_lasted_is_fine_and_hearsay_is_not_judged() -> None:
    members, peer = table()
    judge = SuspicionJudge(lambda node: members, 4 * SECOND)
    turned(judge, members, peer, MemberState.SUSPECT, 1 * SECOND, by_timer=False)
    turned(judge, members, peer, MemberState.DEAD, 5 * SECOND, by_timer=True)
    turned(judge, members, peer, MemberState.ALIVE, 6 * SECOND, by_timer=False)
    turned(judge, members, peer, MemberState.DEAD, 7 * SECOND, by_timer=False)
    judge.note(8 * SECOND, "prober@n1.dc1", "suspects: n2.dc1, no answer to a whole probe round")
    assert judge.suspicions == 1


def test_a_timer_that_outlived_its_suspicion_is_found() -> None:
    members, peer = table()
    judge = SuspicionJudge(lambda node: members, 4 * SECOND)
    turned(judge, members, peer, MemberState.SUSPECT, 1 * SECOND, by_timer=False)
    turned(judge, members, peer, MemberState.ALIVE, 2 * SECOND, by_timer=False)
    with pytest.raises(Hasty, match="that was over: it was alive"):
        turned(judge, members, peer, MemberState.DEAD, 9 * SECOND, by_timer=True)


def test_a_suspicion_that_was_too_short_is_found() -> None:
    members, peer = table()
    judge = SuspicionJudge(lambda node: members, 4 * SECOND)
    turned(judge, members, peer, MemberState.SUSPECT, 1 * SECOND, by_timer=False)
    with pytest.raises(Hasty, match="for 3000 ms only"):
        turned(judge, members, peer, MemberState.DEAD, 4 * SECOND, by_timer=True)
