"""Fast code against slow, obvious twins."""

from hypothesis import given
from hypothesis import strategies as st

from lictor_actors.kernel.actor import Actor
from lictor_actors.kernel.life import Life
from lictor_actors.kernel.turn import Turn
from lictor_actors.raft import Entry
from lictor_actors.raft.follower import merge
from lictor_actors.raft.log import Log
from lictor_actors.raft.quorum import majority, reached_by_majority
from lictor_actors.raft.stable import Stable

terms = st.lists(st.integers(1, 4), max_size=12).map(sorted)


@given(st.lists(st.integers(0, 20), min_size=1, max_size=9))
def test_what_a_majority_has_reached(values: list[int]) -> None:
    reached = max(v for v in range(21) if 2 * sum(value >= v for value in values) > len(values))
    assert reached_by_majority(values) == reached


@given(st.integers(1, 50))
def test_any_two_majorities_meet_and_none_is_larger_than_needed(voters: int) -> None:
    assert 2 * majority(voters) > voters
    assert 2 * (majority(voters) - 1) <= voters


def stable_of(log_terms: list[int]) -> Stable:
    stable = Stable()
    for index, term in enumerate(log_terms, start=1):
        stable.log.append(Entry(index, term, "command", b"%d" % term))
    return stable


def turn() -> Turn:
    return Turn(Life(Actor(), "server@n1.dc1", None, lambda size: bytes(size)), 0, 0, None)  # type: ignore[arg-type]


@given(terms, terms, st.data())
def test_merging_a_leaders_entries(mine: list[int], leaders: list[int], data: st.DataObject) -> None:
    """The twin compares one place after the other and rebuilds the whole list."""
    agreed = 0
    while agreed < min(len(mine), len(leaders)) and mine[agreed] == leaders[agreed]:
        agreed += 1
    prev = data.draw(st.integers(0, agreed))
    until = data.draw(st.integers(prev, len(leaders)))
    stable = stable_of(mine)
    entries = [Entry(i + 1, leaders[i], "command", b"%d" % leaders[i]) for i in range(prev, until)]
    merge(entries, stable, 0, turn())
    twin = list(mine)
    for i in range(prev, until):
        if i >= len(twin):
            twin.append(leaders[i])
        elif twin[i] != leaders[i]:
            twin = [*twin[:i], leaders[i]]
    assert [e.term for e in stable.log.entries(1, stable.log.last_index + 1)] == twin


@given(terms, st.integers(0, 15), st.integers(0, 5))
def test_the_last_place_where_two_logs_may_agree(log_terms: list[int], index: int, term: int) -> None:
    log = stable_of(log_terms).log
    may = [i for i in range(min(index, len(log_terms)) + 1) if i == 0 or log_terms[i - 1] <= term]
    assert log.last_not_above(index, term) == may[-1]


@given(terms, terms)
def test_conflict_hints_reach_agreement_in_few_probes(mine: list[int], leaders: list[int]) -> None:
    """At most one probe per term on either side (etcd's bound), and never a probe above the last one."""
    follower, leader = stable_of(mine).log, stable_of(leaders).log
    prev, probes = leader.last_index, 1
    while follower.term_at(prev) != leader.term_at(prev):
        asked = leader.term_at(prev)
        assert asked is not None
        hint = follower.last_not_above(min(prev, follower.last_index), asked)
        agreed = leader.last_not_above(hint, follower.term_at(hint) or 0)
        following = min(prev, agreed + 1) - 1
        assert following < prev
        prev, probes = following, probes + 1
    assert probes <= len(set(mine)) + len(set(leaders)) + 2


@given(st.lists(st.integers(0, 30), max_size=20), st.integers(1, 100))
def test_a_batch_is_the_longest_that_fits(sizes: list[int], most: int) -> None:
    log = Log()
    for index, size in enumerate(sizes, start=1):
        log.append(Entry(index, 1, "command", bytes(size)))
    for lo in range(1, len(sizes) + 1):
        taken, total = 0, 0
        for size in sizes[lo - 1 :]:
            total += size + 9
            if total > most and taken:
                break
            taken += 1
        assert len(log.batch(lo, most)) == taken
