"""A look at this process: its command line, its stacks, its heap, and where its threads spend their time."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from types import FrameType
from typing import NamedTuple

from lictor_actors.hosts.live.heap import heap
from lictor_messages.profiling import ProfileTaken, TakeProfile

SAMPLE_S = 0.01
_sampling = threading.Lock()


async def take_profile(job: TakeProfile) -> ProfileTaken:
    """Raises RuntimeError if another profile is being taken."""
    match job.look:
        case "cmdline":
            text = "\0".join(sys.argv)
        case "goroutine":
            text = "\n".join((*_tasks(), *_threads()))
        case "heap":
            text = await asyncio.to_thread(heap)
        case "profile":
            text = await asyncio.to_thread(_counted, job.seconds)
        case "trace":
            text = await asyncio.to_thread(_traced, job.seconds)
    return ProfileTaken(ticket=job.ticket, text=text)


def _tasks() -> Iterator[str]:
    for task in asyncio.all_tasks():
        stack = "".join(line for frame in task.get_stack() for line in traceback.format_stack(frame, limit=1))
        yield f"task {task.get_name()}:\n{stack}"


def _threads() -> Iterator[str]:
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    for ident, frame in sys._current_frames().items():
        yield f"thread {names.get(ident, ident)}:\n{''.join(traceback.format_stack(frame))}"


def _counted(seconds: int) -> str:
    """Stacks with how often each was seen, in the form that flame graphs are drawn from: ``a;b;c 17``."""
    seen = Counter(sample.stack for sample in _sampled(seconds))
    return "".join(f"{stack} {count}\n" for stack, count in seen.most_common())


def _traced(seconds: int) -> str:
    """A line whenever a thread is seen at another place than before: ``0.010 MainThread a;b;c``, with seconds."""
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    last: dict[int, str] = {}
    lines = []
    for at, thread, stack in _sampled(seconds):
        if last.get(thread) != stack:
            last[thread] = stack
            lines.append(f"{at:.3f} {names.get(thread, thread)} {stack}\n")
    return "".join(lines)


class Sample(NamedTuple):
    """Where a thread was seen."""

    at: float
    """Seconds since the first."""
    thread: int
    stack: str


def _sampled(seconds: int) -> Iterator[Sample]:
    """Stacks of the other threads. Raises RuntimeError if another thread samples already."""
    if not _sampling.acquire(blocking=False):
        raise RuntimeError("Could not enable CPU profiling: cpu profiling already in use")
    try:
        me, start = threading.get_ident(), time.monotonic()
        while (at := time.monotonic() - start) < seconds:
            for thread, frame in sys._current_frames().items():
                if thread != me:
                    yield Sample(at, thread, _folded(frame))
            time.sleep(SAMPLE_S)
    finally:
        _sampling.release()


def _folded(frame: FrameType | None) -> str:
    names: list[str] = []
    while frame is not None:
        names.append(f"{frame.f_globals.get('__name__', '?')}.{frame.f_code.co_qualname}")
        frame = frame.f_back
    return ";".join(reversed(names))
