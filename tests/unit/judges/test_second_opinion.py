"""A second opinion on histories: detangle's checker, written by others, says the same as ours of random histories."""

from __future__ import annotations

from random import Random

import pytest
from detangle import lin

from lictor_actors.judges.history import FOREVER, ClientOperation
from lictor_actors.judges.linearizability import judge_key

KEY = "k"
HISTORIES = 100
"""Of each seed."""


def drawn(rng: Random) -> list[ClientOperation]:
    """What clients were told by a register that does most things at once, and now and then lies or says nothing."""
    state: tuple[bytes | None, int] = (None, 0)
    now, operations = 0, []
    for number in range(rng.randint(3, 12)):
        now += rng.randint(0, 4)
        made = ClientOperation(f"c{number}", KEY, rng.choice(("get", "get", "put", "cas", "delete")), None, 0, now)
        if rng.random() < 0.85:
            made.returned = now + rng.randint(1, 15)
        state = taken(made, number, state, rng)
        operations.append(made)
    return [o for o in operations if o.known or o.action != "get"]


def taken(o: ClientOperation, number: int, state: tuple[bytes | None, int], rng: Random) -> tuple[bytes | None, int]:
    value, index = state
    happens = o.known or rng.random() < 0.5
    if o.action == "get":
        o.value, o.index = (value, index if value is not None else 0) if rng.random() < 0.9 else (None, 0)
        return state
    if o.action == "delete":
        return (None, 0) if happens else state
    o.value = b"%d" % number
    if o.action == "cas":
        o.expected = (index if value is not None else 0) if rng.random() < 0.7 else 0
        o.ok = o.expected == (index if value is not None else 0)
        happens = happens and o.ok
        o.ok = o.ok or not o.known
    if not happens:
        return state
    o.index = number + 1 if o.known else 0
    return o.value, number + 1


def their_opinion(operations: list[ClientOperation]) -> bool:
    """The same history in detangle's words: what a cas depends on is the value that stood under its index."""
    stood = {o.index: o.value for o in operations if o.known and o.ok and o.index and o.value is not None}
    told = []
    for number, o in enumerate(operations):
        expected = stood.get(o.expected, b"never") if o.expected else None
        argument = {"put": (KEY, o.value), "cas": (KEY, expected, o.value)}.get(o.action, KEY)
        made = lin.Operation(number, o.client, o.action, argument, 2 * o.called, 0.0)
        if o.known:
            made.status, made.ret = lin.OK, 2 * o.returned + 1
            made.output = {"get": o.value, "cas": o.ok}.get(o.action)
        else:
            made.status = lin.INFO
        told.append(made)
    return bool(lin.check(told, lin.KV()).ok)


@pytest.mark.parametrize("seed", range(10))
def test_two_judges_agree(seed: int) -> None:
    rng = Random(seed)
    said = []
    for _ in range(HISTORIES):
        operations = drawn(rng)
        ours = judge_key(KEY, operations)
        # An answer that contradicts another about an index is more than detangle's registers know of.
        if "no order explains" in ours.why or ours.ok:
            assert ours.ok == their_opinion(operations), "\n".join(map(str, operations))
            said.append(ours.ok)
    assert {True, False} == set(said)
    assert len(said) > HISTORIES // 2


def test_both_know_that_what_nobody_was_told_of_may_happen_late() -> None:
    late = [
        ClientOperation("a", KEY, "put", b"1", 0, 0, 1),
        ClientOperation("b", KEY, "put", b"2", 0, 2, FOREVER),
        ClientOperation("c", KEY, "get", b"1", 0, 3, 4),
        ClientOperation("c", KEY, "get", b"2", 0, 5, 6),
    ]
    assert judge_key(KEY, late).ok
    assert their_opinion(late)
    late.append(ClientOperation("c", KEY, "get", b"1", 0, 7, 8))
    assert not judge_key(KEY, late).ok
    assert not their_opinion(late)
