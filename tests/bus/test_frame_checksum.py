"""A frame that arrives with any byte changed is refused by name, and an unchecked one of an older writer is not."""

import struct

import pytest

from lictor_messages.codec import CHECKSUM, HEADER, FrameRefused, cluster_id, frame, frame_header, open_frame, pack
from lictor_messages.envelope import Envelope
from lictor_messages.kv import GetKey

CLUSTER = cluster_id("test")
PACKED = pack(Envelope("agent@n1.dc1", "server@n2.dc1", GetKey(key="x"), request="r"))


def test_every_single_changed_byte_is_noticed():
    whole = frame(CLUSTER, [PACKED])
    for place in range(len(whole)):
        with pytest.raises(FrameRefused):
            list(open_frame(CLUSTER, whole[:place] + bytes([whole[place] ^ 0x10]) + whole[place + 1 :]))


def test_what_is_changed_after_the_header_is_called_corrupt():
    whole = bytearray(frame(CLUSTER, [PACKED]))
    whole[HEADER.size + 9] ^= 1
    with pytest.raises(FrameRefused, match="corrupt"):
        open_frame(CLUSTER, bytes(whole))


def test_a_frame_without_checksum_is_read():
    magic, version, _, key, cluster = HEADER.unpack(frame_header(CLUSTER))
    plain = struct.pack(">2sBBB8s", magic, version, 0, key, cluster) + PACKED
    assert list(open_frame(CLUSTER, plain)) == list(open_frame(CLUSTER, frame(CLUSTER, [PACKED])))
    assert len(frame(CLUSTER, [PACKED])) == len(plain) + CHECKSUM.size


def test_what_stands_before_a_cut_envelope_is_read():
    whole = frame_header(CLUSTER)[:3] + b"\0" + frame_header(CLUSTER)[4:] + PACKED + PACKED[:-1]
    parts = open_frame(CLUSTER, whole)
    assert next(parts) == PACKED[4:]
    with pytest.raises(FrameRefused, match="cut envelope"):
        next(parts)
