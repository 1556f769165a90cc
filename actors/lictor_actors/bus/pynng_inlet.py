"""An inlet by pynng: a Pull0 with a listener per node, driven by its event descriptor."""

from __future__ import annotations

import asyncio
import os
from typing import Any

import pynng

from lictor_actors.bus.handed import Acceptor, listen
from lictor_actors.bus.inlet import Took
from lictor_actors.bus.speakers import FrameSource

FRAMES_A_TURN = 64
"""Frames taken before the loop gets a turn."""


class PynngInlet:
    """See ``Inlet``. All that it hears has one source: nng does not tell by which connection a frame came."""

    def __init__(self, loop: asyncio.AbstractEventLoop, took: Took, bytes_max: int, source: FrameSource) -> None:
        """``took`` gets each frame with this source; one of more than ``bytes_max`` ends its connection."""
        self._source = source
        self._loop = loop
        self._took = took
        self._socket: Any = pynng.Pull0(recv_buffer_size=128, recv_max_size=bytes_max)
        self._listeners: dict[str, Acceptor] = {}
        # A duplicate: the loop may outlive the descriptor that nng owns and closes with the socket.
        self._readable = os.dup(self._socket.recv_fd)
        self._paused = False
        loop.add_reader(self._readable, self._receive)

    def listen(self, url: str) -> None:
        """See ``Inlet``."""
        old = self._listeners.pop(url, None)
        if old is not None:
            old.close()
        try:
            self._listeners[url] = listen(self._socket, url, self._loop)
        except pynng.NNGException as error:
            raise OSError(f"cannot listen at {url}: {error}") from error

    def pause(self, source: FrameSource) -> None:
        """See ``Inlet``."""
        self._paused = True
        self._loop.remove_reader(self._readable)

    def resume(self, source: FrameSource) -> None:
        """See ``Inlet``."""
        self._paused = False
        self._loop.add_reader(self._readable, self._receive)

    def close(self) -> None:
        """See ``Inlet``."""
        self._loop.remove_reader(self._readable)
        for listener in self._listeners.values():
            listener.close()
        self._socket.close()
        os.close(self._readable)

    def _receive(self) -> None:
        for _ in range(FRAMES_A_TURN):
            if self._paused:
                return
            try:
                data = self._socket.recv(block=False)
            except pynng.TryAgain:
                return
            except RuntimeError:  # pynng 0.9 cannot unpack an empty message, which only strangers send
                data = b""
            self._took(data, self._source)
