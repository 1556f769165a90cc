"""Messages between the parent and its processes, and between the command line and the parent: JSON, one a line."""

from __future__ import annotations

import json
import socket
from typing import Any

CHUNK = 65536
LINE_MAX = 4 << 20
"""A line longer than this is not ours: the connection is closed."""

Said = dict[str, Any]


class JsonLines:
    """One end of a stream socket that carries lines of JSON. It never blocks; what cannot be sent yet is kept."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self.sock = sock
        self.closed = False
        self._in = b""
        self._out = b""

    def fileno(self) -> int:
        """For a selector."""
        return self.sock.fileno()

    @property
    def waiting(self) -> bool:
        """True while something is to be sent."""
        return bool(self._out)

    def send(self, message: Said) -> None:
        """Send, or keep for ``flush``."""
        self._out += json.dumps(message).encode() + b"\n"
        self.flush()

    def flush(self) -> None:
        """Send what is kept, as far as the socket takes it."""
        try:
            while self._out:
                self._out = self._out[self.sock.send(self._out) :]
        except BlockingIOError:
            return
        except OSError:
            self._out = b""
            self.closed = True

    def receive(self) -> list[Said]:
        """The messages that have arrived; ``closed`` is set when the other end is gone or talks nonsense."""
        try:
            chunk = self.sock.recv(CHUNK)
        except BlockingIOError:
            return []
        except OSError:
            chunk = b""
        self.closed = self.closed or not chunk
        *lines, self._in = (self._in + chunk).split(b"\n")
        return self._parsed(lines)

    def _parsed(self, lines: list[bytes]) -> list[Said]:
        try:
            said = [json.loads(line) for line in lines]
        except ValueError:
            said = [None]
        if len(self._in) > LINE_MAX or not all(isinstance(one, dict) for one in said):
            self.closed = True
            return []
        return said

    def close(self) -> None:
        """Close the socket."""
        self.closed = True
        self.sock.close()
