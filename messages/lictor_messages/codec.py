"""Bytes on the bus: frames of envelopes, msgpack inside, foreign bytes refused by name.

A frame is ``magic(2) version(1) flags(1) key_id(1) cluster_id(8)`` and then one msgpack array per envelope:
``[source, target, request, reply_to, hops, budget, cause, kind, body]``, and behind these the asker's token, if there
is one. If the flags have CHECKED, the last four bytes
are a CRC-32 of everything before. The header and the first four fields of an envelope never change; fields that are
appended later are ignored by older readers.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Iterable, Iterator

import ormsgpack
from pydantic import ValidationError

from lictor_messages import every as every  # a kind that was never imported would be unknown
from lictor_messages.base import CLAIM, KINDS_ON, WIRE, Channel, Message, read
from lictor_messages.envelope import Envelope

MAGIC = b"\x4c\x52"
VERSION = 1
HEADER = struct.Struct(">2sBBB8s")
LENGTH = struct.Struct(">I")
CHECKED = 1
"""Flag: a checksum ends the frame. TCP's own sixteen bits let one in 65,536 damaged segments pass."""
SEALED = 2
"""Flag: what follows the header is encrypted, see ``bus/seal.py``."""
CHECKSUM = struct.Struct(">I")
FRAME_MAX = 256 * 1024
"""Bytes that messages of one tick share a frame up to; a longer one has a frame of its own."""
MESSAGE_MAX = 32 << 20
"""Bytes of a frame; a message that does not fit alone is refused at the sender."""

_TEXTS = {str}
_WIRE_KINDS = KINDS_ON[WIRE]
_PACK = ormsgpack.OPT_SERIALIZE_PYDANTIC


class FrameRefused(ValueError):
    """These bytes are no frame of this cluster. ``reason`` is the name under which the drop is counted."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason


def cluster_id(name: str) -> bytes:
    """The eight bytes that tell one cluster's frames from another's."""
    return hashlib.sha256(name.encode()).digest()[:8]


def frame_header(cluster: bytes, flags: int = CHECKED) -> bytes:
    """The first bytes of every frame of this cluster."""
    return HEADER.pack(MAGIC, VERSION, flags, 0, cluster)


def is_sealed(data: bytes) -> bool:
    """True for a frame that says of itself that it is encrypted."""
    return len(data) >= HEADER.size and data[:2] == MAGIC and data[3] & SEALED != 0


def pack_body(body: Message) -> bytes:
    """The body alone, for journals and for gossip that is encoded once and sent often."""
    return ormsgpack.packb([body.kind, body], option=_PACK)


def unpack_body(data: bytes, channel: Channel = CLAIM) -> Message:
    """The reverse of ``pack_body`` for what came by this channel.

    Raises FrameRefused for a kind that the channel does not have or a body that does not fit.
    """
    try:
        kind, fields = ormsgpack.unpackb(data)
    except (ormsgpack.MsgpackDecodeError, ValueError, TypeError) as e:
        raise FrameRefused("malformed", str(e)) from e
    known = KINDS_ON[channel].get(kind) if isinstance(kind, str) else None
    if known is None:
        raise FrameRefused("unknown_kind", str(kind)[:64])
    return read_body(known, fields)


def pack(envelope: Envelope) -> bytes:
    """One envelope with its length in front, ready to be put into a frame."""
    e = envelope
    fields = (e.source, e.target, e.request, e.reply_to, e.hops, e.budget, e.cause, e.body.kind, e.body)
    packed = ormsgpack.packb((*fields, e.token) if e.token else fields, option=_PACK)
    return LENGTH.pack(len(packed)) + packed


def frame(cluster: bytes, packed: Iterable[bytes]) -> bytes:
    """A whole frame from envelopes that ``pack`` made."""
    data = frame_header(cluster) + b"".join(packed)
    return data + CHECKSUM.pack(zlib.crc32(data))


def open_frame(cluster: bytes, data: bytes) -> Iterator[bytes]:
    """The packed envelopes of a frame, one after the other: a frame may hold very many.

    Raises FrameRefused for bytes that are not this cluster's, and where an envelope is cut when its turn comes.
    """
    if len(data) < HEADER.size or data[:2] != MAGIC:
        raise FrameRefused("foreign_bytes")
    _, version, flags, _, theirs = HEADER.unpack_from(data)
    if version != VERSION:
        raise FrameRefused("other_version", str(version))
    if theirs != cluster:
        raise FrameRefused("other_cluster", theirs.hex())
    if flags & SEALED:
        raise FrameRefused("sealed", "gossip is not encrypted here")
    return parts_of(data, HEADER.size, _checked(data) if flags & CHECKED else len(data))


def parts_of(data: bytes, offset: int, end: int) -> Iterator[bytes]:
    """The packed envelopes between these places; raises FrameRefused where one is cut."""
    while offset < end:
        if offset + LENGTH.size > end:
            raise FrameRefused("malformed", "cut length")
        (size,) = LENGTH.unpack_from(data, offset)
        offset += LENGTH.size
        if offset + size > end:
            raise FrameRefused("malformed", "cut envelope")
        yield data[offset : offset + size]
        offset += size


def _checked(data: bytes) -> int:
    """Where the envelopes of a frame with a checksum end."""
    end = len(data) - CHECKSUM.size
    if end < HEADER.size or CHECKSUM.unpack_from(data, end)[0] != zlib.crc32(memoryview(data)[:end]):
        raise FrameRefused("corrupt", "the checksum does not fit")
    return end


def target_of(packed: bytes) -> str:
    """The target of a packed envelope, without reading what is behind it; raises FrameRefused."""
    try:
        begin, end = _text(packed, _text(packed, 1)[1])
        return packed[begin:end].decode()
    except (IndexError, UnicodeDecodeError) as e:
        raise FrameRefused("malformed", "an envelope has no target") from e


def _text(data: bytes, at: int) -> tuple[int, int]:
    """Where the msgpack text at this place begins and ends."""
    first = data[at]
    if 0xA0 <= first <= 0xBF:
        return at + 1, at + 1 + first - 0xA0
    if first == 0xD9:
        return at + 2, at + 2 + data[at + 1]
    raise FrameRefused("malformed", "an envelope has no target")


def unpack(data: bytes) -> Envelope:
    """One envelope as ``pack`` made it, without its length; raises FrameRefused."""
    envelope, kind, fields = unpack_head(data)
    if kind is None:
        raise FrameRefused("unknown_kind")
    envelope.body = read_body(kind, fields)
    return envelope


def unpack_head(data: bytes) -> tuple[Envelope, type[Message] | None, object]:
    """The envelope alone, the kind of its body, and the body's fields, of which nothing is known yet.

    The envelope has no body until ``read_body`` has read it. The kind is None if the wire has none of that name.
    Raises FrameRefused.
    """
    try:
        fields = ormsgpack.unpackb(data)
    except (ormsgpack.MsgpackDecodeError, ValueError, TypeError) as e:
        raise FrameRefused("malformed", str(e)) from e
    if type(fields) is not list or len(fields) < 9:
        raise FrameRefused("malformed", "an envelope has nine fields")
    source, target, request, reply_to, hops, budget, cause, kind, body = fields[:9]
    types = {type(source), type(target), type(request), type(reply_to), type(cause), type(kind)}
    token = fields[9] if len(fields) > 9 else ""
    if types != _TEXTS or type(token) is not str or type(hops) is not int or type(budget) is not int:
        raise FrameRefused("malformed", "an envelope field has the wrong type")
    return (
        Envelope(
            source,
            target,
            None,  # type: ignore[arg-type]
            request=request,
            reply_to=reply_to,
            hops=hops,
            budget=budget,
            cause=cause,
            token=token,
        ),
        _WIRE_KINDS.get(kind),
        body,
    )


def read_body(kind: type[Message], fields: object) -> Message:
    """A body of this kind; raises FrameRefused, naming the field, if it does not fit."""
    try:
        return read(kind, fields)
    except ValidationError as e:
        first = e.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise FrameRefused("malformed", f"{kind.kind} {where}: {first['msg']}") from e
