"""One lane's inbox of a process: opens the frames that its inlet takes and hands their envelopes on, in slices.

A frame may hold tens of thousands of envelopes, and a stranger may send nothing but such frames. So a turn of the loop
takes a slice; while some are left, or the actors have more mail than they can take, nothing more is read from where
they came. Sources take turns: a follower's answer does not wait for all that a stranger has sent, or its leader would
think it lost.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator

import pynng

from lictor_actors.bus.inlet import Inlet, Took
from lictor_actors.bus.sp import is_gone
from lictor_actors.bus.speakers import FrameSource, Speaker
from lictor_messages.codec import FrameRefused

SLICE = 256
"""Envelopes that are judged before the loop gets a turn: about two milliseconds."""


class Inbox:
    """A listener per node."""

    def __init__(
        self,
        opened: Callable[[bytes], Iterator[bytes]],
        loop: asyncio.AbstractEventLoop,
        take: Callable[[bytes, Speaker | None], None],
        full: Callable[[], bool],
        count: Callable[[str], None],
        inlet: Callable[[Took], Inlet],
    ) -> None:
        """``opened`` opens a frame. ``take`` gets each packed envelope and who may have sent it, unless it is ``full``.
        ``inlet`` makes one that hands on its frames.
        """
        self._opened = opened
        self._loop = loop
        self._take = take
        self._full = full
        self._count = count
        self._left: dict[FrameSource, deque[Iterator[bytes]]] = {}
        """What is left of frames by source, in order; the first source is the next to be heard."""
        self._listening: set[str] = set()
        self._inlet: Inlet | None = inlet(self._open)

    def listen(self, url: str) -> None:
        """Accept frames there too, if that is not so yet; raises OSError or nng's own error."""
        if self._inlet is not None and url not in self._listening:
            self._inlet.listen(url)
            self._listening.add(url)

    def listen_again(self) -> None:
        """Make a local socket again whose file was removed: no new peer would find it."""
        for url in sorted(self._listening if self._inlet is not None else ()):
            if not is_gone(url):
                continue
            try:
                self._inlet.listen(url)  # type: ignore[union-attr]
                self._count("listened_again")
            except (OSError, pynng.NNGException):  # perhaps the directory is gone once more: the next look will tell
                self._count("not_listened_again")

    def close(self) -> None:
        """Stop receiving."""
        if self._inlet is not None:
            self._inlet.close()
            self._inlet = None

    def _open(self, data: bytes, source: FrameSource) -> None:
        self._count("frames_in")
        try:
            parts = self._opened(data)
        except FrameRefused as refusal:
            self._count(f"frame_{refusal.reason}")
            return
        if source in self._left or self._full() or not self._slice(parts, source):
            self._put_by(parts, source)

    def _slice(self, parts: Iterator[bytes], source: FrameSource) -> bool:
        """Take as many as one turn takes; True if that was all."""
        speaker = source.speaker
        try:
            for number, part in enumerate(parts, 1):
                self._take(part, speaker)
                if number == SLICE:
                    return False
        except FrameRefused as refusal:
            self._count(f"frame_{refusal.reason}")
        return True

    def _put_by(self, parts: Iterator[bytes], source: FrameSource) -> None:
        """The rest comes in the next turns."""
        if source not in self._left:
            self._count("frames_sliced")
            if not self._left:
                self._loop.call_soon(self._next_slice)
            if self._inlet is not None:
                self._inlet.pause(source)
        self._left.setdefault(source, deque()).append(parts)

    def _next_slice(self) -> None:
        if self._inlet is None:
            self._left.clear()
            return
        if not self._full():
            self._hear(next(iter(self._left)))
        if self._left:
            self._loop.call_soon(self._next_slice)

    def _hear(self, source: FrameSource) -> None:
        """One slice of this source, which is the last in line then, or done with."""
        frames = self._left.pop(source)
        if self._slice(frames[0], source):
            frames.popleft()
        if frames:
            self._left[source] = frames
        elif self._inlet is not None:
            self._inlet.resume(source)
