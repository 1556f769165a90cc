"""When the leader has tombstones reaped, driven by hand: one look each half minute."""

from random import Random

from lictor_actors.kernel.actor import Actor
from lictor_actors.kernel.effects import CancelTimer, SetTimer
from lictor_actors.kernel.life import Life
from lictor_actors.kernel.turn import Turn
from lictor_actors.roles.server.leader.tombstone_timer import BIN_NS, TTL_NS, TombstoneTimer
from lictor_actors.store.store import Store
from lictor_messages.kv import DeleteKey, PutKey, ReapTombstones

BINS = TTL_NS // BIN_NS


class Leader:
    """A store, its timer, and what was proposed at which look; what is proposed is applied."""

    def __init__(self) -> None:
        self.store, self.looks = Store(), 0
        self.timer = TombstoneTimer(self.store)
        self.proposed: list[tuple[int, int]] = []
        self.timer.begin(self.turn())

    def turn(self) -> Turn:
        rng = Random(1)
        return Turn(Life(Actor(), "server@n1.dc1", rng, rng.randbytes), self.looks * BIN_NS, 0, None)

    def delete(self, key: str) -> int:
        """Returns the index of the deletion."""
        for command in (PutKey(key=key), DeleteKey(key=key)):
            self.store.apply(self.store.applied + 1, 1, command)
        return self.store.applied

    def look(self, times: int = 1, late: int = 0) -> None:
        for _ in range(times):
            self.looks += 1 + late
            moment = self.turn()
            for command in self.timer.due(moment):
                assert isinstance(command, ReapTombstones)
                self.proposed.append((self.looks, command.upto))
                self.store.apply(self.store.applied + 1, 1, command)
            assert [effect.after for effect in moment.effects if isinstance(effect, SetTimer)] == [BIN_NS]


def test_without_deletions_nothing_is_proposed() -> None:
    leader = Leader()
    leader.store.apply(1, 1, PutKey(key="k"))
    leader.look(3 * BINS)
    assert leader.proposed == []


def test_deletions_of_half_a_minute_go_together_a_quarter_of_an_hour_later_and_once() -> None:
    leader = Leader()
    leader.delete("a")
    upto = leader.delete("b")
    leader.look(BINS)
    assert leader.proposed == []
    leader.look(2 * BINS)
    assert leader.proposed == [(BINS + 1, upto)]


def test_later_deletions_are_not_taken_along() -> None:
    leader = Leader()
    first = leader.delete("a")
    leader.look()
    second = leader.delete("b")
    leader.look(2 * BINS)
    assert leader.proposed == [(BINS + 1, first), (BINS + 2, second)]


def test_what_is_due_together_is_one_proposal() -> None:
    """After a long stop of the process, say."""
    leader = Leader()
    leader.delete("a")
    leader.look()
    second = leader.delete("b")
    leader.look()
    leader.look(late=2 * BINS)
    assert [upto for _, upto in leader.proposed] == [second]


def test_one_deletion_is_proposed_once_even_if_its_reaping_takes_its_time() -> None:
    leader = Leader()
    upto = leader.delete("a")
    leader.look(BINS)
    leader.looks += 1
    assert leader.timer.due(leader.turn()) == [ReapTombstones(upto=upto)]
    leader.looks += 1
    assert leader.timer.due(leader.turn()) == []


def test_tombstones_that_are_gone_already_are_not_reaped_again() -> None:
    """Another leader did, or they went with a snapshot that was restored."""
    leader = Leader()
    upto = leader.delete("a")
    leader.look(BINS)
    leader.store.apply(leader.store.applied + 1, 1, ReapTombstones(upto=upto))
    leader.look(BINS)
    assert leader.proposed == []


def test_a_server_that_leads_again_counts_anew_and_one_that_leads_no_more_not_at_all() -> None:
    """What it saw when it led before may have been of another log."""
    leader = Leader()
    upto = leader.delete("a")
    leader.look(BINS)
    resigning = leader.turn()
    leader.timer.end(resigning)
    assert [effect.name for effect in resigning.effects if isinstance(effect, CancelTimer)] == ["reap"]
    leader.timer = TombstoneTimer(leader.store)
    leader.timer.begin(leader.turn())
    leader.look(BINS)
    assert leader.proposed == []
    leader.look()
    assert leader.proposed == [(2 * BINS + 1, upto)]
