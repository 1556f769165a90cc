"""Questions on a connection: each packet stands behind its length (RFC 1035, 4.2.2), and comes in any pieces."""

from __future__ import annotations

LENGTH = 2


class Frames:
    """Cuts a stream of bytes into packets."""

    __slots__ = ("_rest",)

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The packets that are whole by now, in order."""
        data, at, packets = self._rest + data, 0, []
        while len(data) - at >= LENGTH:
            end = at + LENGTH + (data[at] << 8 | data[at + 1])
            if len(data) < end:
                break
            packets.append(data[at + LENGTH : end])
            at = end
        self._rest = data[at:]
        return packets


def framed(packet: bytes) -> bytes:
    """A packet behind its length."""
    return len(packet).to_bytes(LENGTH, "big") + packet
