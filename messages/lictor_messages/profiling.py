"""What a process is doing, as /debug/pprof/ shows it."""

from __future__ import annotations

from typing import Literal

from lictor_messages.base import Message

Look = Literal["cmdline", "goroutine", "heap", "profile", "trace"]
"""The command line; the stacks of tasks and threads; objects by type; where threads are, in sum and in order."""


class LookAtProcess(Message):
    """A gateway's word to itself; answered by ProfileTaken."""

    look: Look
    seconds: int = 0
    """How long to look, for ``profile`` and ``trace``."""


class TakeProfile(Message):
    """The gateway's job: look at the process; answered by ProfileTaken."""

    ticket: str
    look: Look
    seconds: int


class ProfileTaken(Message):
    """What was seen, as text."""

    ticket: str
    text: str
