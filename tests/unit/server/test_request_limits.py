"""How many requests a server takes a second, and what it says to the others."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lictor_actors.requests.rate import TokenBucket
from lictor_actors.roles.server.request_limits import BURST, RequestLimits
from lictor_messages.kv import GetKey, PutKey
from lictor_messages.server import ServerOptions
from lictor_messages.status import GetLeader

SECOND = 1_000_000_000
READ, WRITE = GetKey(key="a"), PutKey(key="a")


class Moment:
    """As much of a turn as the limits look at."""

    def __init__(self) -> None:
        self.now = 0
        self.counted: Counter[str] = Counter()
        self.notes: list[str] = []
        self.note = self.notes.append

    def count(self, what: str) -> None:
        self.counted[what] += 1


def limits(**options: Any) -> RequestLimits:
    made = ServerOptions(node="s.dc1", name="s", dc="dc1", prober="", version="", **options)
    return RequestLimits(made, 0)


@pytest.mark.parametrize(
    ("message", "leads", "code"),
    [(READ, True, "RateExceeded"), (READ, False, "RateExceeded"), (WRITE, False, "RateExceeded")],
)
def test_beyond_the_rate_another_server_may_be_asked(message: Any, leads: bool, code: str) -> None:
    turn, rules = Moment(), limits(request_limits_mode="enforcing", read_rate=2, write_rate=2)
    said = [rules.refuses(message, leads, turn) for _ in range(2 * BURST + 1)]
    assert said[:-1] == [None] * 2 * BURST
    assert (said[-1].code, said[-1].row.status, said[-1].row.definite) == (code, 429, True)
    turn.now = SECOND
    assert [rules.refuses(message, leads, turn) for _ in range(3)][:2] == [None, None]


def test_a_write_beyond_the_leaders_rate_can_be_done_by_no_other() -> None:
    turn, rules = Moment(), limits(request_limits_mode="enforcing", write_rate=0)
    said = [rules.refuses(WRITE, True, turn) for _ in range(2)]
    assert [(refused and refused.row.status) for refused in said] == [None, 503]
    assert said[1].words.startswith("rate limit exceeded for operation that can only be performed by the leader")


def test_permissive_takes_all_and_counts_and_notes_it_now_and_then() -> None:
    turn, rules = Moment(), limits(request_limits_mode="permissive", read_rate=1)
    for _ in range(BURST + 5):
        assert rules.refuses(READ, True, turn) is None
    assert turn.counted == {"rpc.rate_limit.exceeded;limit_type=global/read;mode=permissive": 5}
    assert len(turn.notes) == 1


@pytest.mark.parametrize("options", [{}, {"request_limits_mode": "disabled", "read_rate": 0, "write_rate": 0}])
def test_nothing_is_limited_unless_it_is_said(options: Any) -> None:
    turn, rules = Moment(), limits(**options)
    assert [rules.refuses(message, True, turn) for message in (READ, WRITE) * 50] == [None] * 100
    assert not turn.counted


def test_an_operator_gets_through() -> None:
    rules = limits(request_limits_mode="enforcing", read_rate=0)
    assert [rules.refuses(GetLeader(), True, Moment()) for _ in range(5)] == [None] * 5


@given(
    rate=st.floats(0, 1000),
    burst=st.integers(1, 50),
    waits=st.lists(st.integers(0, 2 * SECOND), max_size=80),
)
def test_no_more_are_taken_than_the_bucket_holds_and_time_brings(rate: float, burst: int, waits: list[int]) -> None:
    bucket, now, taken = TokenBucket(rate, burst, 0), 0, 0
    for wait in waits:
        now += wait
        taken += bucket.take(now)
    assert taken <= burst + now * rate / SECOND + 1e-6
