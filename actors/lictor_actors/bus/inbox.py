"""One lane's inbox of a process: a Pull0 socket with a listener per node, driven by its event descriptor."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from typing import Any

import pynng

from lictor_messages.codec import FrameRefused, open_frame, unpack
from lictor_messages.envelope import Envelope

FRAMES_A_TURN = 64
"""Frames taken before the loop gets a turn."""


class Inbox:
    """Receives frames, opens them, hands on envelopes; counts what it refuses."""

    def __init__(
        self,
        cluster: bytes,
        loop: asyncio.AbstractEventLoop,
        deliver: Callable[[Envelope], None],
        count: Callable[[str], None],
        frame_bytes_max: int,
    ) -> None:
        self._cluster = cluster
        self._loop = loop
        self._deliver = deliver
        self._count = count
        self._listening: set[str] = set()
        self._socket: Any = pynng.Pull0(recv_buffer_size=128, recv_max_size=frame_bytes_max)
        # A duplicate: the loop may outlive the descriptor that nng owns and closes with the socket.
        self._readable = os.dup(self._socket.recv_fd)
        self._closed = False
        loop.add_reader(self._readable, self._receive)

    def listen(self, url: str) -> None:
        """Accept frames there too; raises pynng.AddressInUse and its like."""
        if url not in self._listening:
            self._socket.listen(url)
            self._listening.add(url)

    def close(self) -> None:
        """Stop receiving, then close the socket."""
        if not self._closed:
            self._closed = True
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
            self._open(data)

    def _open(self, data: bytes) -> None:
        self._count("frames_in")
        try:
            parts = open_frame(self._cluster, data)
        except FrameRefused as refusal:
            self._count(f"frame_{refusal.reason}")
            return
        for part in parts:
            try:
                envelope = unpack(part)
            except FrameRefused as refusal:
                self._count(f"message_{refusal.reason}")
                continue
            self._deliver(envelope)
