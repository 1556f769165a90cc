"""The swarm's judges can fail: each mutant breaks one rule of Raft, and a few seeds find it out."""

import pytest
from raft_chaos import chaos
from raft_network import SECOND, Network

from lictor_actors.kernel.effects import Send
from lictor_actors.kernel.life import Life
from lictor_actors.raft import Configuration, Raft, Snapshot
from lictor_actors.raft.configuration import Configurations
from lictor_actors.raft.facts import Facts
from lictor_actors.raft.leader_state import LeaderState
from lictor_actors.raft.log import Log
from lictor_actors.raft.reads import Rounds
from lictor_actors.raft.replication import Replication
from lictor_actors.raft.stable import Stable

pytestmark = pytest.mark.slow

Patch = pytest.MonkeyPatch


def sends_before_the_disk_has_it(patch: Patch) -> None:
    def may_leave(self: Life, send: Send) -> bool:
        return True

    patch.setattr(Life, "may_leave", may_leave)


def counts_itself_before_its_disk_has_it(patch: Patch) -> None:
    patch.setattr(Stable, "durable_index", property(lambda self: self.log.last_index, lambda self, value: None))


def votes_for_anyone(patch: Patch) -> None:
    patch.setattr(Log, "is_current", lambda self, last_index, last_term: True)


def is_loyal_to_nobody(patch: Patch) -> None:
    patch.setattr(Raft, "_loyal", lambda self, now: False)


def leads_without_a_majority(patch: Patch) -> None:
    patch.setattr("lictor_actors.raft.election.majority", lambda voters: voters // 2)


def commits_with_one_copy_too_few(patch: Patch) -> None:
    def too_early(values: list[int]) -> int:
        return sorted(values, reverse=True)[max(0, len(values) // 2 - 1)]

    patch.setattr("lictor_actors.raft.leader_state.reached_by_majority", too_early)


def reads_from_rounds_sent_before(patch: Patch) -> None:
    def wait(self: Rounds, read: int) -> None:
        self._confirmed.append((read, 0))

    patch.setattr(Rounds, "wait", wait)


def keeps_its_lease_for_ever(patch: Patch) -> None:
    patch.setattr(LeaderState, "lease_valid", lambda self, now: self.own_term_committed)


def takes_what_it_has_for_a_conflict(patch: Patch) -> None:
    patch.setattr(Log, "first_new", lambda self, entries: 0)


MUTANTS = [
    sends_before_the_disk_has_it,
    counts_itself_before_its_disk_has_it,
    votes_for_anyone,
    leads_without_a_majority,
    commits_with_one_copy_too_few,
    reads_from_rounds_sent_before,
    takes_what_it_has_for_a_conflict,
]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_the_swarm_finds(mutant: object, monkeypatch: Patch) -> None:
    assert callable(mutant)
    mutant(monkeypatch)
    with pytest.raises((AssertionError, RuntimeError, ValueError)):
        hunt()


def hunt(changes: bool = False) -> None:
    for seed in range(300):
        chaos(seed, changes=changes)


# -- snapshots, membership, lost disks --------------------------------------------------------------------------------


def votes_with_an_empty_memory(patch: Patch) -> None:
    patch.setattr(Facts, "admitted", True)
    patch.setattr(Raft, "_may_stand", True)


def counts_non_voters(patch: Patch) -> None:
    real = Replication.reconfigured

    def reconfigured(self: Replication, following: int, now: int) -> None:
        real(self, following, now)
        self.voting = list(self.peers.values())

    patch.setattr(Replication, "reconfigured", reconfigured)


def counts_itself_though_it_was_removed(patch: Patch) -> None:
    patch.setattr(Replication, "counts_me", property(lambda self: True, lambda self, value: None), raising=False)


def changes_the_configuration_while_a_change_is_under_way(patch: Patch) -> None:
    patch.setattr(Facts, "settled_members", True)
    patch.setattr(LeaderState, "own_term_committed", True)


def changes_any_number_of_voters_at_once(patch: Patch) -> None:
    def reconfigure(self: Raft, configuration: Configuration, turn: object) -> None:
        rows = configuration.rows
        both = Configuration(tuple(row._replace(voter=place == 0) for place, row in enumerate(rows)))
        real(self, both if len(configuration.voters) > 2 else configuration, turn)  # type: ignore[arg-type]

    real = Raft.reconfigure
    patch.setattr(Raft, "reconfigure", reconfigure)
    patch.setattr("lictor_actors.raft.core.check_step", lambda old, new: None)


def forgets_the_configuration_with_the_log(patch: Patch) -> None:
    patch.setattr(Configurations, "begin_with", lambda self, index, configuration: self._history.clear())


def takes_half_a_snapshot_for_a_whole_one(patch: Patch) -> None:
    patch.setattr(Snapshot, "whole", property(lambda self: self.size * 2 >= self.expected[0]))
    patch.setattr(Snapshot, "verify", lambda self: None)


CHANGE_MUTANTS = [
    counts_non_voters,
    counts_itself_though_it_was_removed,
    changes_the_configuration_while_a_change_is_under_way,
    changes_any_number_of_voters_at_once,
    forgets_the_configuration_with_the_log,
    takes_half_a_snapshot_for_a_whole_one,
]


@pytest.mark.parametrize("mutant", CHANGE_MUTANTS, ids=lambda mutant: mutant.__name__)
def test_the_swarm_with_changes_finds(mutant: object, monkeypatch: Patch) -> None:
    assert callable(mutant)
    mutant(monkeypatch)
    with pytest.raises((AssertionError, RuntimeError, ValueError, LookupError)):
        hunt(changes=True)


def one_disk_is_lost() -> None:
    """Two of three have an entry; one of them loses its disk, the other one its power: the third was away."""
    net = Network(3)
    leader = net.elect()
    wiped, behind = (name for name in net.names if name != leader)
    net.isolate(behind)
    net.propose(leader, b"acknowledged")
    net.run_until(lambda: net.commands(leader) == [b"acknowledged"])
    net.wipe(wiped)
    net.crash(leader)
    net.heal()
    net.run(5 * SECOND)


def test_a_vote_with_an_empty_memory_is_found(monkeypatch: Patch) -> None:
    one_disk_is_lost()
    votes_with_an_empty_memory(monkeypatch)
    with pytest.raises(AssertionError, match="without committed entries"):
        one_disk_is_lost()


def half_connected_leader() -> None:
    """One follower does not hear the leader, the other one hears both; then the leader is alone."""
    for seed in range(5):
        net = Network(3, seed)
        leader = net.elect()
        follower = next(name for name in net.names if name != leader)
        net.cut(leader, follower)
        net.cut(follower, leader)
        net.run(3 * SECOND)
        net.isolate(net.leader())
        net.run(3 * SECOND)


@pytest.mark.parametrize("mutant", [is_loyal_to_nobody, keeps_its_lease_for_ever], ids=lambda mutant: mutant.__name__)
def test_a_stale_lease_is_found(mutant: object, monkeypatch: Patch) -> None:
    half_connected_leader()
    assert callable(mutant)
    mutant(monkeypatch)
    with pytest.raises(AssertionError, match="would serve a stale read by its lease"):
        half_connected_leader()
