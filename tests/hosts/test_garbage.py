"""Memory goes back to the system once after each busy time, and never during one."""

from __future__ import annotations

import asyncio
import ctypes

import pytest

from lictor_actors.hosts.live import garbage
from lictor_actors.hosts.live.garbage import IDLE_S, GarbageWatch, give_back


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    given: list[int] = []
    monkeypatch.setattr(garbage, "give_back", lambda: given.append(1))
    return given


def test_memory_goes_back_once_after_each_busy_time(given: list[int]) -> None:
    loop = asyncio.new_event_loop()
    watch, spent, seen = GarbageWatch(loop), 0.0, []
    loop.close()
    for used in (3.0, 2.0, 0.1, 0.2, 0.1, IDLE_S, 0.1, 0.1):
        spent += used
        watch._trim_if_idle(spent)
        seen.append(len(given))
    assert seen == [0, 0, 1, 1, 1, 1, 2, 2]


def test_without_glibc_there_is_nothing_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    give_back()
    monkeypatch.setattr(ctypes, "CDLL", lambda _: object())
    give_back()
