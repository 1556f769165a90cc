"""What /debug/pprof/ shows of a process, read by a job beside the event loop."""

import threading
from collections.abc import Iterator

import pytest

from lictor_actors.hosts.live import heap, profile
from lictor_messages.profiling import Look, TakeProfile


class Odd:
    """A type of which only this module makes objects."""


class Liar:
    """An object that does not say how large it is."""

    def __sizeof__(self) -> int:
        raise TypeError("no size")


async def look(what: Look, seconds: int = 0) -> list[str]:
    taken = await profile.take_profile(TakeProfile(ticket="t", look=what, seconds=seconds))
    assert taken.ticket == "t"
    return taken.text.splitlines()


@pytest.mark.slow
async def test_the_heap_counts_objects_by_type_and_the_largest_stand_first() -> None:
    alive = [Odd() for _ in range(1000)]
    head, _, *rows = await look("heap")
    assert head.startswith("# ")
    sizes = [int(row.split()[0]) for row in rows]
    assert sizes == sorted(sizes, reverse=True)
    assert f"{len(alive)} {__name__}.Odd" in [row.partition(" ")[2] for row in rows]
    assert len(rows) <= heap.TYPES_MOST


@pytest.mark.slow
async def test_an_object_without_a_size_counts_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heap, "TYPES_MOST", 100_000)
    alive = [Liar()]
    assert f"0 {len(alive)} {__name__}.Liar" in await look("heap")


async def test_no_more_objects_are_looked_at_than_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heap, "OBJECTS_MOST", 100)
    head, _, *rows = await look("heap")
    assert head.startswith("# 100 of ")
    assert sum(int(row.split()[1]) for row in rows) == 100


@pytest.fixture
def still() -> Iterator[threading.Thread]:
    """A thread that stands at one place."""
    over = threading.Event()
    thread = threading.Thread(target=over.wait, name="still")
    thread.start()
    yield thread
    over.set()
    thread.join()


async def test_a_trace_tells_each_place_of_a_thread_once_and_when(
    still: threading.Thread, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert still.ident is not None
    seen = [(0.0, "a"), (0.01, "a"), (0.02, "b"), (0.03, "a")]
    samples = [profile.Sample(at, thread, stack) for at, stack in seen for thread in (still.ident, 1)]
    monkeypatch.setattr(profile, "_sampled", lambda _: iter(samples))
    told = [row for row in await look("trace", 1) if " 1 " not in row]
    assert told == ["0.000 still a", "0.020 still b", "0.030 still a"]


@pytest.mark.slow
async def test_a_profile_counts_the_stacks_of_other_threads(still: threading.Thread) -> None:
    rows = [row.rpartition(" ") for row in await look("profile", 1)]
    assert any(stack.endswith("threading.Condition.wait") and int(count) > 1 for stack, _, count in rows)
