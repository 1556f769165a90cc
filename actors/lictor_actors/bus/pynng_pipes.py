"""A pipe and an inlet by pynng: Push0 without buffers, Pull0 with a listener per node, driven by their descriptors."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from typing import Any

import pynng

FRAMES_A_TURN = 64
"""Frames taken before the loop gets a turn."""


class PynngPipe:
    """See ``Pipe``. nng says EAGAIN when it did not take a frame, so what it has not taken is still ours."""

    def __init__(self, url: str, loop: asyncio.AbstractEventLoop, changed: Callable[[], None]) -> None:
        """``changed``: a frame that was refused may be taken now."""
        self._url = url
        self._loop = loop
        self._changed = changed
        self._pipes = 0
        self._watching = False
        self._socket: Any = pynng.Push0(send_buffer_size=0, reconnect_time_min=20, reconnect_time_max=200)
        self._socket.add_post_pipe_connect_cb(lambda _pipe: self._from_nng(1))
        self._socket.add_post_pipe_remove_cb(lambda _pipe: self._from_nng(-1))
        self._dialer = self._socket.dial(url, block=False)
        # A duplicate: the loop may outlive the descriptor that nng owns and closes with the socket.
        self._writable = os.dup(self._socket.send_fd)

    @property
    def connected(self) -> bool:
        """See ``Pipe``."""
        return self._pipes > 0

    def send(self, data: bytes) -> bool:
        """See ``Pipe``."""
        try:
            self._socket.send(data, block=False)
        except pynng.TryAgain:
            self._watch()
            return False
        return True

    def redial(self) -> None:
        """See ``Pipe``."""
        self._dialer.close()
        self._dialer = self._socket.dial(self._url, block=False)

    def close(self) -> None:
        """See ``Pipe``."""
        self._unwatch()
        self._socket.close()
        os.close(self._writable)

    def _watch(self) -> None:
        # Without a pipe the descriptor never fires: then the news of a connection is what counts.
        if self._pipes and not self._watching:
            self._watching = True
            self._loop.add_reader(self._writable, self._may_send)

    def _unwatch(self) -> None:
        if self._watching:
            self._watching = False
            self._loop.remove_reader(self._writable)

    def _may_send(self) -> None:
        self._unwatch()
        self._changed()

    def _from_nng(self, change: int) -> None:
        # Called on a thread of nng; a loop that is closing wants no news.
        try:
            self._loop.call_soon_threadsafe(self._pipe_changed, change)
        except RuntimeError:
            return

    def _pipe_changed(self, change: int) -> None:
        self._pipes += change
        if self._pipes > 0:
            self._changed()


class PynngInlet:
    """See ``Inlet``."""

    def __init__(self, loop: asyncio.AbstractEventLoop, took: Callable[[bytes], None], bytes_max: int) -> None:
        """``took`` gets each frame; one of more than ``bytes_max`` ends its connection."""
        self._loop = loop
        self._took = took
        self._socket: Any = pynng.Pull0(recv_buffer_size=128, recv_max_size=bytes_max)
        # A duplicate: the loop may outlive the descriptor that nng owns and closes with the socket.
        self._readable = os.dup(self._socket.recv_fd)
        loop.add_reader(self._readable, self._receive)

    def listen(self, url: str) -> None:
        """See ``Inlet``."""
        self._socket.listen(url)

    def close(self) -> None:
        """See ``Inlet``."""
        self._loop.remove_reader(self._readable)
        self._socket.close()
        os.close(self._readable)

    def _receive(self) -> None:
        for _ in range(FRAMES_A_TURN):
            try:
                data = self._socket.recv(block=False)
            except pynng.TryAgain:
                return
            except RuntimeError:  # pynng 0.9 cannot unpack an empty message, which only strangers send
                data = b""
            self._took(data)
