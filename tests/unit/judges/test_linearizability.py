"""The judge of histories: what it must accept, what it must catch, and a slow twin that tries every order."""

from __future__ import annotations

from itertools import permutations
from random import Random

import pytest

from lictor_actors.judges.history import FOREVER, Action, ClientOperation, History
from lictor_actors.judges.linearizability import KeyVerdict, judge, judge_key


def op(
    action: Action,
    value: bytes | None,
    called: int,
    returned: int = FOREVER,
    *,
    index: int = 0,
    ok: bool = True,
    expected: int = 0,
) -> ClientOperation:
    return ClientOperation(f"c{called}", "k", action, value, expected, called, returned, ok, index)


def verdict(*operations: ClientOperation) -> KeyVerdict:
    return judge_key("k", operations)


def test_reads_see_the_last_write() -> None:
    assert verdict(op("put", b"a", 0, 1), op("get", b"a", 2, 3)).ok


def test_a_read_of_an_older_value_is_caught_with_the_order_that_was_found() -> None:
    bad = verdict(op("put", b"a", 0, 1), op("put", b"b", 2, 3), op("get", b"a", 4, 5))
    assert not bad.ok
    assert "no order explains" in str(bad)
    assert [o.value for o in bad.ordered] == [b"a", b"b"]
    assert [o.action for o in bad.stuck] == ["get"]


def test_concurrent_writes_may_be_ordered_either_way_but_only_one() -> None:
    writes = (op("put", b"a", 0, 10), op("put", b"b", 0, 10))
    assert verdict(*writes, op("get", b"a", 11, 12), op("get", b"a", 13, 14)).ok
    assert not verdict(*writes, op("get", b"a", 11, 12), op("get", b"b", 13, 14)).ok


def test_a_write_of_unknown_outcome_may_take_effect_late_or_never() -> None:
    assert verdict(op("put", b"a", 0, 1), op("put", b"b", 2), op("get", b"a", 3, 4), op("get", b"b", 5, 6)).ok
    assert verdict(op("put", b"a", 0, 1), op("put", b"b", 2), op("get", b"a", 3, 4)).ok
    assert not verdict(op("put", b"b", 2), op("get", b"b", 3, 4), op("get", None, 5, 6)).ok


def test_an_acknowledged_write_that_is_lost_is_caught() -> None:
    assert not verdict(op("put", b"a", 0, 1), op("get", None, 2, 3)).ok


def test_a_lock_has_one_holder_until_it_is_given_back_or_its_session_ends() -> None:
    taken = op("acquire", b"a", 0, 1)
    assert verdict(taken, op("acquire", b"a", 2, 3), op("release", b"a", 4, 5), op("acquire", b"b", 6, 7)).ok
    assert verdict(taken, op("end", b"a", 2, 3), op("acquire", b"b", 4, 5)).ok
    assert verdict(taken, op("end", b"a", 2), op("acquire", b"b", 4, 5)).ok
    assert verdict(taken, op("acquire", b"b", 2, 3, ok=False), op("release", b"b", 4, 5, ok=False)).ok
    assert not verdict(taken, op("acquire", b"b", 2, 3)).ok
    assert not verdict(taken, op("acquire", b"b", 2, 3), op("end", b"a", 4)).ok
    assert not verdict(taken, op("acquire", b"a", 2, 3, ok=False)).ok
    assert not verdict(taken, op("release", b"a", 2, 3), op("release", b"a", 4, 5)).ok


def test_compare_and_set_depends_on_the_index_it_named() -> None:
    first, won = op("put", b"a", 0, 1, index=5), op("cas", b"b", 2, 3, index=6, expected=5)
    assert verdict(first, won, op("get", b"b", 4, 5, index=6)).ok
    assert not verdict(first, won, op("cas", b"c", 4, 5, index=7, expected=5)).ok
    assert verdict(first, won, op("cas", b"c", 4, 5, ok=False, expected=5)).ok
    assert not verdict(first, op("cas", b"c", 4, 5, ok=False, expected=5)).ok


def test_create_only_needs_that_the_key_is_absent() -> None:
    assert verdict(op("put", b"a", 0, 1), op("delete", None, 2, 3), op("cas", b"b", 4, 5, index=9)).ok
    assert not verdict(op("put", b"a", 0, 1), op("cas", b"b", 4, 5, index=9)).ok


def test_an_index_that_stood_for_two_values_is_caught() -> None:
    assert "contradicts" in verdict(op("put", b"a", 0, 1, index=5), op("get", b"b", 2, 3, index=5)).why


def test_a_later_write_with_a_lower_index_is_caught() -> None:
    assert "no higher index" in verdict(op("put", b"a", 0, 1, index=9), op("put", b"b", 2, 3, index=8)).why


def test_definite_failures_are_dropped_and_keys_are_judged_apart() -> None:
    history = History()
    refused = history.call("c", "x", "put", 0, b"never")
    history.refuse(refused)
    read = history.call("c", "x", "get", 1)
    history.answer(read, 2)
    other = history.call("c", "y", "put", 1, b"1")
    history.answer(other, 2, index=3)
    assert [(v.key, v.ok) for v in judge(history)] == [("x", True), ("y", True)]


def test_a_search_that_grows_too_long_says_that_it_did_not_decide() -> None:
    # Twenty writes that may have happened, and a failed cas that none of them explains within a few steps.
    unknown = [op("put", b"%d" % i, 0) for i in range(20)]
    result = judge_key("k", [*unknown, op("get", b"other", 1, 2)], steps_max=1000)
    assert not result.decided


def explained_by_some_order(operations: tuple[ClientOperation, ...]) -> bool:
    """The slow twin: every subset of the unknown, every permutation, checked by hand."""
    known = [o for o in operations if o.known]
    unknown = [o for o in operations if not o.known]
    for chosen in range(1 << len(unknown)):
        some = known + [o for i, o in enumerate(unknown) if chosen >> i & 1]
        if any(_explains(order) for order in permutations(some)):
            return True
    return False


def _explains(order: tuple[ClientOperation, ...]) -> bool:
    state: bytes | None = None
    for i, o in enumerate(order):
        if any(later.returned < o.called for later in order[i + 1 :]):
            return False
        if o.action == "get" and o.value != state:
            return False
        if o.action != "get":
            state = None if o.action == "delete" else o.value
    return True


@pytest.mark.parametrize("seed", range(300))
def test_it_agrees_with_a_slow_twin(seed: int) -> None:
    rng = Random(seed)
    operations = []
    for i in range(rng.randint(2, 6)):
        called = rng.randint(0, 20)
        action: Action = rng.choice(["get", "get", "put", "delete"])
        unknown = action != "get" and rng.randint(0, 3) == 0
        value = b"%d" % i if action == "put" else None
        if action == "get":
            value = rng.choice([None, *(b"%d" % n for n in range(6))])
        operations.append(op(action, value, called, FOREVER if unknown else called + rng.randint(1, 12)))
    assert judge_key("k", operations).ok == explained_by_some_order(tuple(operations))
