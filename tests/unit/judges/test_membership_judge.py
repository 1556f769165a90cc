"""The judge of changes of membership: what leaders may do passes, and each rule has a leader that breaks it."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from lictor_actors.judges.membership import MemberChange, MembershipJudge
from lictor_actors.judges.raft import PromiseBroken
from lictor_actors.raft import Configuration, Entry, Role
from lictor_actors.raft.configuration import Dated, ServerRow, of_voters, unpack_configuration

THREE = of_voters("abc")


@dataclass(eq=False)
class FakeRaft:
    """As much of a Raft as this judge looks at: it leads term 2, and ``abc`` is the configuration of entry 1."""

    log: list[Entry] = field(default_factory=lambda: [Entry(1, 1, "configuration", THREE.pack())])
    commit_index: int = 1
    term: int = 2
    role: Role = Role.LEADER
    first_index: int = 1

    @property
    def last_index(self) -> int:
        return len(self.log)

    def term_at(self, index: int) -> int | None:
        return self.log[index - 1].term if 0 < index <= len(self.log) else None

    def entries(self, lo: int, hi: int) -> list[Entry]:
        return self.log[lo - 1 : hi - 1]

    def members_at(self, index: int) -> Dated:
        found = [e for e in self.log[:index] if e.type == "configuration"]
        return Dated(found[-1].index, unpack_configuration(found[-1].data))

    def add(self, *what: Configuration | None, commit: int = 0) -> FakeRaft:
        """Entries of this term: configurations, or something else for None."""
        for new in what:
            data = new.pack() if new else b""
            self.log.append(Entry(len(self.log) + 1, self.term, "configuration" if new else "command", data))
        self.commit_index = commit or self.commit_index
        return self


@pytest.fixture
def done() -> list[MemberChange]:
    return []


@pytest.fixture
def judge(done: list[MemberChange]) -> MembershipJudge:
    return MembershipJudge(done.append)


def look(judge: MembershipJudge, raft: FakeRaft) -> None:
    judge.saw("a", raft)  # type: ignore[arg-type]


def test_one_change_after_the_other_is_told_when_it_is_committed(
    judge: MembershipJudge, done: list[MemberChange]
) -> None:
    raft = FakeRaft()
    look(judge, raft.add(None, commit=2))
    look(judge, raft.add(THREE.with_nonvoter("d")))
    assert done == []
    look(judge, raft.add(commit=3))
    look(judge, raft.add(THREE.with_nonvoter("d").promoted("d"), commit=4))
    look(judge, raft.add(of_voters("bcd"), commit=5))
    assert [change.kinds for change in done] == [("nonvoter_added",), ("voter_added",), ("leader_removed_itself",)]


def test_a_wiped_server_that_is_let_in_is_told(judge: MembershipJudge, done: list[MemberChange]) -> None:
    look(judge, FakeRaft().add(None, commit=2).add(THREE.with_nonvoter("c", "new"), commit=3))
    assert [change.kinds for change in done] == [("wiped_server_readmitted",)]


def test_a_change_before_a_commit_in_the_own_term(judge: MembershipJudge) -> None:
    with pytest.raises(PromiseBroken, match="before a commit in its own term"):
        look(judge, FakeRaft().add(None, THREE.without("c")))


def test_a_second_change_before_the_first_is_committed(judge: MembershipJudge) -> None:
    raft = FakeRaft().add(None, commit=2).add(THREE.with_nonvoter("d"))
    look(judge, raft)
    with pytest.raises(PromiseBroken, match="a second change, and that of entry 3"):
        look(judge, raft.add(THREE.with_nonvoter("d").without("c")))


def test_two_votes_at_once(judge: MembershipJudge) -> None:
    with pytest.raises(PromiseBroken, match="changes the votes of b and c at once"):
        look(judge, FakeRaft().add(None, commit=2).add(of_voters("a")))


def test_a_change_that_a_later_leader_overwrote_is_not_told(judge: MembershipJudge, done: list[MemberChange]) -> None:
    raft = FakeRaft().add(None, commit=2).add(THREE.without("c"))
    look(judge, raft)
    raft.log[2], raft.role, raft.term, raft.commit_index = Entry(3, 3, "command", b""), Role.FOLLOWER, 3, 3
    look(judge, raft)
    assert done == []


def test_entries_of_earlier_terms_are_not_this_leaders_changes(judge: MembershipJudge) -> None:
    raft = FakeRaft()
    raft.log.append(Entry(2, 1, "configuration", Configuration((ServerRow("a"),)).pack()))
    look(judge, raft.add(None))
