"""Raft's judge: what a right cluster does passes, and each promise has a server that breaks it and is caught."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from lictor_actors.judges.raft import PromiseBroken, RaftJudge
from lictor_actors.raft import Entry, Role
from lictor_messages.envelope import Envelope
from lictor_messages.raft import RequestVote, Vote


@dataclass(eq=False)
class FakeRaft:
    """As much of a Raft as a judge looks at, to be bent at will."""

    term: int = 1
    role: Role = Role.FOLLOWER
    log: list[Entry] = field(default_factory=list)
    commit_index: int = 0
    durable_index: int = 0
    configuration: tuple[str, ...] = ("a", "b", "c")
    first_index: int = 1

    @property
    def last_index(self) -> int:
        return len(self.log)

    @property
    def last_term(self) -> int:
        return self.log[-1].term if self.log else 0

    def term_at(self, index: int) -> int | None:
        if index < self.first_index - 1:
            return None
        return self.log[index - 1].term if 0 < index <= len(self.log) else 0 if index == 0 else None

    def entries(self, lo: int, hi: int) -> list[Entry]:
        return self.log[lo - 1 : hi - 1]

    def hold(self, *terms: int, commit: int = 0, text: bytes = b"") -> FakeRaft:
        """A log with entries of these terms, all of them durable."""
        self.log = [Entry(i, term, "command", text or b"%d" % i) for i, term in enumerate(terms, 1)]
        self.durable_index, self.commit_index = len(terms), commit
        return self

    def lead(self, term: int) -> FakeRaft:
        self.term, self.role = term, Role.LEADER
        return self


@pytest.fixture
def judge() -> RaftJudge:
    return RaftJudge(on_disk=lambda node, index: None)


def look(judge: RaftJudge, **rafts: FakeRaft) -> None:
    for node, raft in rafts.items():
        judge.saw(node, raft)  # type: ignore[arg-type]


def test_a_cluster_that_keeps_its_promises(judge: RaftJudge) -> None:
    a, b, c = FakeRaft().hold(1), FakeRaft().hold(1), FakeRaft()
    look(judge, a=a, b=b, c=c)
    look(judge, a=a.hold(1, commit=1).lead(1), b=b.hold(1, commit=1))
    a.role = Role.FOLLOWER
    look(judge, a=a, b=b.hold(1, 2, commit=1).lead(2), c=c.hold(1, 2, commit=1))
    look(judge, b=b.hold(1, 2, commit=2))
    assert judge.leaders == {1: "a", 2: "b"}
    assert judge.committed == 2


def test_a_snapshot_stands_for_what_was_committed_and_for_nothing_else(judge: RaftJudge) -> None:
    a = FakeRaft().hold(1, 1, 1, commit=2)
    look(judge, a=a)
    a.first_index = 3
    look(judge, a=a)
    behind = FakeRaft().hold(1, 1, 1, commit=2)
    behind.first_index = 3
    look(judge, b=behind)  # it was sent the snapshot
    too_far = FakeRaft().hold(1, 1, 1, commit=2)
    too_far.first_index = 4
    with pytest.raises(PromiseBroken, match="forgot entries up to 3, and only 2 were committed"):
        look(judge, c=too_far)


def test_election_safety(judge: RaftJudge) -> None:
    with pytest.raises(PromiseBroken, match="election safety"):
        look(judge, a=FakeRaft().lead(3), b=FakeRaft().lead(3))


def test_leader_append_only(judge: RaftJudge) -> None:
    a = FakeRaft().hold(1, 1).lead(1)
    look(judge, a=a)
    with pytest.raises(PromiseBroken, match="append-only"):
        look(judge, a=a.hold(1))


def test_log_matching(judge: RaftJudge) -> None:
    look(judge, a=FakeRaft().hold(1, 2))
    with pytest.raises(PromiseBroken, match="log matching"):
        look(judge, b=FakeRaft().hold(1, 2, text=b"other"))


def test_log_matching_of_what_comes_before(judge: RaftJudge) -> None:
    look(judge, a=FakeRaft().hold(1, 2, 4))
    with pytest.raises(PromiseBroken, match="log matching"):
        look(judge, b=FakeRaft().hold(1, 3, 4))


def test_leader_completeness(judge: RaftJudge) -> None:
    a, b = FakeRaft().hold(1, 1), FakeRaft().hold(1, 1)
    look(judge, a=a, b=b)
    look(judge, a=a.hold(1, 1, commit=2).lead(1))
    with pytest.raises(PromiseBroken, match="leader completeness"):
        look(judge, c=FakeRaft().hold(1).lead(2))


def test_state_machine_safety(judge: RaftJudge) -> None:
    look(judge, a=FakeRaft(term=2).hold(1, commit=1))
    with pytest.raises(PromiseBroken, match="state machine safety"):
        look(judge, b=FakeRaft(term=2).hold(2, commit=1))


def test_a_committed_entry_is_never_dropped(judge: RaftJudge) -> None:
    a = FakeRaft().hold(1, 1, commit=2)
    look(judge, a=a)
    with pytest.raises(PromiseBroken, match="was committed"):
        look(judge, a=a.hold(1, 2, commit=2))


@pytest.mark.parametrize("change", [{"term": 1}, {"commit_index": 0}])
def test_nothing_goes_back(judge: RaftJudge, change: dict[str, int]) -> None:
    a = FakeRaft(term=2).hold(1, commit=1)
    look(judge, a=a)
    for name, value in change.items():
        setattr(a, name, value)
    with pytest.raises(PromiseBroken, match="went back"):
        look(judge, a=a)


def test_nothing_is_applied_before_it_is_committed(judge: RaftJudge) -> None:
    with pytest.raises(PromiseBroken, match="applied 2"):
        judge.saw("a", FakeRaft().hold(1, 1, commit=1), applied=2)  # type: ignore[arg-type]


def test_a_leader_may_not_commit_what_only_a_minority_has_on_disk(judge: RaftJudge) -> None:
    b = FakeRaft().hold(1)
    b.durable_index = 0
    with pytest.raises(PromiseBroken, match=r"durable on \['a'\] only"):
        look(judge, b=b, a=FakeRaft().hold(1, commit=1).lead(1))


def test_the_disk_of_a_server_that_is_down_counts() -> None:
    judge = RaftJudge(on_disk=lambda node, index: 1 if node == "c" else None)
    look(judge, a=FakeRaft().hold(1, commit=1).lead(1))
    assert judge.committed == 1


def test_one_vote_a_term_over_all_lives_and_pre_votes_do_not_count(judge: RaftJudge) -> None:
    def vote(to: str, term: int, **kind: bool) -> Envelope:
        return Envelope("server@a", f"server@{to}", Vote(term=term, granted=True, **kind))

    judge.heard(vote("b", 2))
    judge.heard(vote("b", 2))
    judge.heard(vote("c", 3))
    judge.heard(vote("c", 2, pre=True))
    with pytest.raises(PromiseBroken, match="two votes in term 2"):
        judge.heard(Envelope("server@a", "server@c", RequestVote(term=2, last_index=0, last_term=0)))
