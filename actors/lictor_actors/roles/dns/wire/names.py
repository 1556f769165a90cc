"""Names on the wire: labels behind their lengths, the root at the end (RFC 1035, 3.1 and 4.1.4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

LABEL_MOST = 63
NAME_MOST = 255
POINTER = 0xC0
ROOT = b"\0"


class Malformed(ValueError):
    """The packet is not what RFC 1035 describes."""


def wire_name(labels: Iterable[bytes]) -> bytes:
    """The name of these labels. Raises ValueError for one that DNS cannot say: a label or the whole is too long."""
    parts = []
    for label in labels:
        if not 1 <= len(label) <= LABEL_MOST:
            raise ValueError(f"a label has 1 to {LABEL_MOST} bytes, not {len(label)}")
        parts.append(bytes((len(label),)) + label)
    name = b"".join(parts) + ROOT
    if len(name) > NAME_MOST:
        raise ValueError(f"a name has {NAME_MOST} bytes at most, not {len(name)}")
    return name


def from_text(text: str) -> bytes:
    """``web.service.consul`` or the same with a dot at the end. Raises ValueError, see ``wire_name``."""
    text = text.removesuffix(".")
    return wire_name(label.encode() for label in text.split(".")) if text else ROOT


def labels_of(name: bytes) -> Iterator[bytes]:
    """The labels of a name without pointers."""
    at = 0
    while name[at]:
        yield name[at + 1 : at + 1 + name[at]]
        at += 1 + name[at]


def read_plain(packet: bytes, at: int) -> int:
    """Where a name ends that must have no pointers, such as that of the first question. Raises Malformed."""
    begin = at
    while True:
        if at >= len(packet):
            raise Malformed("the packet ends within a name")
        length = packet[at]
        at += 1 + length
        if length > LABEL_MOST or at - begin > NAME_MOST:
            raise Malformed("the name is too long, or points elsewhere")
        if not length:
            return at


def skip(packet: bytes, at: int) -> int:
    """Where the name at this place ends. Pointers are not followed. Raises Malformed."""
    while True:
        if at >= len(packet):
            raise Malformed("the packet ends within a name")
        length = packet[at]
        if length >= POINTER:
            return at + 2
        if length > LABEL_MOST:
            raise Malformed("a label of an unknown kind")
        at += 1 + length
        if not length:
            return at


def read(packet: bytes, at: int) -> tuple[bytes, int]:
    """The whole name at this place, and where it ends. Each pointer leads further back, so none can loop.

    Raises Malformed.
    """
    end, before, size = skip(packet, at), at, 1
    parts: list[bytes] = []
    while True:
        if at >= len(packet):
            raise Malformed("the packet ends within a name")
        length = packet[at]
        if length >= POINTER:
            if at + 2 > len(packet):
                raise Malformed("the packet ends within a pointer")
            at = (length & 0x3F) << 8 | packet[at + 1]
            if at >= before:
                raise Malformed("a pointer leads forward")
            before = at
            continue
        if not length:
            return b"".join(parts) + ROOT, end
        size += 1 + length
        if length > LABEL_MOST or size > NAME_MOST:
            raise Malformed("the name is too long")
        parts.append(packet[at : at + 1 + length])
        at += 1 + length
