"""A look at this process: its command line, its stacks, and where its threads spend their time."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from types import FrameType

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
        case "profile":
            text = await asyncio.to_thread(_sampled, job.seconds)
    return ProfileTaken(ticket=job.ticket, text=text)


def _tasks() -> Iterator[str]:
    for task in asyncio.all_tasks():
        stack = "".join(line for frame in task.get_stack() for line in traceback.format_stack(frame, limit=1))
        yield f"task {task.get_name()}:\n{stack}"


def _threads() -> Iterator[str]:
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    for ident, frame in sys._current_frames().items():
        yield f"thread {names.get(ident, ident)}:\n{''.join(traceback.format_stack(frame))}"


def _sampled(seconds: int) -> str:
    """Stacks with how often each was seen, in the form that flame graphs are drawn from: ``a;b;c 17``."""
    if not _sampling.acquire(blocking=False):
        raise RuntimeError("Could not enable CPU profiling: cpu profiling already in use")
    try:
        seen: Counter[str] = Counter()
        me, end = threading.get_ident(), time.monotonic() + seconds
        while time.monotonic() < end:
            seen.update(_folded(frame) for ident, frame in sys._current_frames().items() if ident != me)
            time.sleep(SAMPLE_S)
    finally:
        _sampling.release()
    return "".join(f"{stack} {count}\n" for stack, count in seen.most_common())


def _folded(frame: FrameType | None) -> str:
    names: list[str] = []
    while frame is not None:
        names.append(f"{frame.f_globals.get('__name__', '?')}.{frame.f_code.co_qualname}")
        frame = frame.f_back
    return ";".join(reversed(names))
