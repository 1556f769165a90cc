"""Sealed frames: what is heard, and what is nothing."""

import os
from collections import Counter

import pytest

from lictor_actors.bus.keyring import Keyring
from lictor_actors.bus.sealing import SealedPool, Sealing
from lictor_messages.codec import FrameRefused, cluster_id, pack, unpack
from lictor_messages.envelope import Envelope
from lictor_messages.status import GetLeader
from lictor_messages.swim import Ping

CLUSTER = cluster_id("test")
OLD, NEW = b"o" * 16, b"n" * 32
NOW = 1_700_000_000_000_000_000
LANES = {"prober": "gossip", "prober-wan": "wan"}


class Process:
    """Hosts one node; time stands still."""

    def __init__(self, node, *keys, lane="gossip", incoming=True, outgoing=True, cluster=CLUSTER, dc="dc1"):
        self.node, self.counted, self.late = node, Counter(), 0
        self.frames = Sealing(cluster, self, lambda what: self.counted.update([what]))
        if keys:
            self.pool = SealedPool(lane, dc, Keyring(keys), incoming, outgoing)
            self.frames.begin(self.pool, os.urandom)

    def lane_of(self, role):
        return LANES.get(role, "rest")

    def hosts(self, node):
        return node == self.node

    def is_elsewhere(self, url):
        return url == "tcp://10.0.0.9:8301"

    def clocks(self):
        self.late += 1
        return NOW + self.late, 1000 + self.late

    def says(self, target, body=None, role="prober"):
        envelope = Envelope(f"{role}@{self.node}", target, body or Ping(seq=1))
        return self.frames.framer(envelope)([pack(envelope)])

    def hears(self, frame):
        try:
            return [unpack(part).target for part in self.frames.opened(frame)]
        except FrameRefused as refused:
            return refused.reason


B_PROBER = "prober@b.dc1"


@pytest.fixture
def b():
    return Process("b.dc1", OLD)


def a_says(target=B_PROBER, *keys, **more):
    a = Process("a.dc1", *(keys or (OLD,)), **more)
    a.late = 1000
    return a.says(target)


def test_what_is_sealed_is_read_by_who_has_the_key(b):
    frame = a_says()
    assert b"prober" not in frame
    assert OLD not in frame
    assert b.hears(frame) == [B_PROBER]


@pytest.mark.parametrize(
    ("frame", "heard"),
    [
        (lambda: a_says(B_PROBER, NEW), "sealed_unknown_key"),
        (lambda: a_says(lane="wan"), []),  # its prober of the datacenter's own pool speaks plainly
        (lambda: a_says(cluster=cluster_id("other")), "sealed_foreign_head"),
        (lambda: a_says("prober@c.dc1"), []),
        (lambda: a_says("prober@tcp://10.0.0.9:8301"), []),
        (lambda: a_says("prober@tcp://some.name:8301"), ["prober@tcp://some.name:8301"]),
    ],
)
def test_frames_that_are_for_others(b, frame, heard):
    assert b.hears(frame()) == heard


def test_a_frame_of_another_datacenters_pool_with_the_same_key(b):
    stranger = Process("a.dc2", OLD, dc="dc2")
    stranger.late = 1000
    assert b.hears(stranger.says(B_PROBER)) == "sealed_other_pool"


def test_a_frame_of_the_pool_of_all_datacenters_with_the_same_key(b):
    wan = Process("a.dc1", OLD, lane="wan")
    wan.late = 1000
    assert b.hears(wan.says("prober-wan@b.dc1", role="prober-wan")) == "sealed_other_pool"


def test_every_bit_counts(b):
    frame = a_says()
    for place in range(len(frame)):
        for bit in range(8):
            spoilt = bytearray(frame)
            spoilt[place] ^= 1 << bit
            heard = b.hears(bytes(spoilt))
            assert isinstance(heard, str) or heard == []
    assert b.hears(frame) == [B_PROBER]


def test_every_byte_counts(b):
    frame = a_says()
    for end in range(len(frame)):
        assert isinstance(b.hears(frame[:end]), str)
    assert isinstance(b.hears(frame + b"x"), str)
    assert b.hears(frame) == [B_PROBER]


def test_a_frame_is_heard_once_also_under_another_key(b):
    a = Process("a.dc1", OLD)
    a.late = 1000
    frame = a.says(B_PROBER)
    assert [b.hears(frame), b.hears(frame)] == [[B_PROBER], "sealed_replayed"]
    for verb in ("install", "use"):
        b.pool.keyring = b.pool.keyring.changed(verb, NEW)
    assert b.hears(frame) == "sealed_replayed"
    b.pool.keyring = b.pool.keyring.changed("remove", OLD)
    assert b.hears(frame) == "sealed_unknown_key"


def test_a_process_that_starts_anew_hears_nothing_of_before():
    frame = Process("a.dc1", OLD).says(B_PROBER)
    again = Process("b.dc1")
    again.late = 5000
    again.frames.begin(SealedPool("gossip", "dc1", Keyring([OLD]), True, True), os.urandom)
    assert again.hears(frame) == "sealed_before_start"


def test_plain_gossip_is_refused_on_every_lane_and_other_mail_is_not(b):
    plain = Process("a.dc1")
    assert b.hears(plain.says(B_PROBER)) == []
    assert b.counted == {"gossip_not_encrypted": 1}
    assert b.hears(plain.says("server@b.dc1", GetLeader(), role="agent")) == ["server@b.dc1"]


def test_sealed_frames_carry_gossip_alone(b):
    """Who has a gossip key is not therefore a server."""
    a = Process("a.dc1", OLD)
    a.late = 1000
    envelope = Envelope("server@a.dc1", "server@b.dc1", GetLeader())
    seal = a.frames.framer(Envelope("prober@a.dc1", B_PROBER, Ping(seq=1)))
    assert b.hears(seal([pack(envelope)])) == []
    assert b.counted == {"sealed_other_lane": 1}


def test_where_gossip_is_not_encrypted_a_sealed_frame_is_nothing():
    assert Process("b.dc1").hears(a_says()) == "sealed"


def test_three_steps_from_plain_to_encrypted():
    """Consul's way: at each step every node still hears those that are one step further or behind."""
    steps = [(), (OLD,), (OLD,), (OLD,)]
    modes = [{}, {"incoming": False, "outgoing": False}, {"incoming": False}, {}]
    for before in range(3):
        for speaker, hearer in ((before, before + 1), (before + 1, before)):
            a = Process("a.dc1", *steps[speaker], **modes[speaker])
            b = Process("b.dc1", *steps[hearer], **modes[hearer])
            a.late = 1000
            assert b.hears(a.says(B_PROBER)) == [B_PROBER], f"step {speaker} to step {hearer}"
