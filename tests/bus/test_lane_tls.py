"""TLS on the lane of requests: two ends joined in memory, then over sockets, with nng, strangers and reloads."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections import Counter
from pathlib import Path

import pynng
import pytest
from certificates import SERVERS_ONLY, Signer

from lictor_actors.bus.arrival import Arrival
from lictor_actors.bus.certified import Certified
from lictor_actors.bus.dialling import dialled, over_tls
from lictor_actors.bus.lane_tls import LaneTerms, LaneTls
from lictor_actors.bus.sp import PULL_GREETS, PUSH_GREETS, Splitter
from lictor_actors.bus.speakers import OfLane
from lictor_actors.bus.stream_inlet import Admission, StreamInlet
from lictor_actors.bus.stream_pipe import StreamPipe
from lictor_actors.bus.tls import client_context, server_context
from lictor_actors.bus.tls_stream import TlsStream
from lictor_actors.consul.certificates import Credentials, credentials_of
from lictor_messages.codec import FrameRefused

MOST = 1_000_000


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    return Signer(tmp_path_factory.mktemp("ours"))


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    return Signer(tmp_path_factory.mktemp("theirs"))


# -- in memory ---------------------------------------------------------------------------------------------------------


class Met:
    """A client's end and an arrival, joined in memory until neither has more to say."""

    def __init__(self, here: LaneTls, there: LaneTls) -> None:
        self.arrival = Arrival(Splitter(b"", MOST), here)
        there_tls = there.outgoing()
        assert there_tls is not None
        self.client: TlsStream = there_tls
        self.said = b""
        self.frames: list[bytes] = []

    def join(self) -> None:
        out = self.client.begin()
        for _ in range(4):
            back = self.told(out)
            self.said += self.client.received(back)
            out = self.client.to_send()

    def told(self, data: bytes) -> bytes:
        if data:
            self.frames += self.arrival.received(data)
        return self.arrival.to_send()

    def send(self, *frames: bytes) -> None:
        plain = b"".join(len(frame).to_bytes(8) + frame for frame in frames)
        for byte in self.client.sealed(plain):
            self.told(bytes([byte]))


@pytest.mark.slow
def test_frames_go_through_byte_by_byte_and_the_certificate_says_who_sent_them(signer):
    met = Met(signer.lane("here"), signer.lane("there", "client", "n1"))
    met.join()
    assert (met.said, met.arrival.greeted) == (PULL_GREETS, False)
    met.told(met.client.sealed(PUSH_GREETS))
    met.send(b"one", b"", b"x" * 40_000)
    assert met.frames == [b"one", b"", b"x" * 40_000]
    speaker = met.arrival.speaker
    assert speaker is not None
    assert speaker.credentials == Credentials(frozenset({"n1.dc1"}), frozenset({"dc1"}))


def test_a_certificate_of_another_authority_ends_it_and_the_other_side_is_told(signer, stranger):
    lane = stranger.lane("x")
    lane.terms.client.verify_mode = ssl.CERT_NONE
    met = Met(signer.lane("here"), lane)
    with pytest.raises(FrameRefused, match="tls:certificate_verify_failed"):
        met.join()
    with pytest.raises(ssl.SSLError, match="unknown ca"):
        met.client.received(met.arrival.to_send())


def test_an_expired_certificate_ends_it(signer):
    files = signer.files("old", "client", days=0)
    expired = LaneTls(LaneTerms(None, client_context(files)))
    with pytest.raises(FrameRefused, match="tls:certificate_verify_failed"):
        Met(signer.lane("here"), expired).join()


def test_without_a_certificate_no_frame_is_heard(signer):
    bare = LaneTls(LaneTerms(None, client_context(signer.files("c")._replace(cert_file="", key_file=""))))
    with pytest.raises(FrameRefused, match="tls:peer_did_not_return_a_certificate"):
        Met(signer.lane("here"), bare).join()


@pytest.mark.parametrize("demanded", [False, True])
def test_plain_connections_are_taken_until_certificates_are_demanded(signer, demanded):
    arrival = Arrival(Splitter(b"", MOST), signer.lane("here", verify_incoming=demanded))
    assert arrival.to_send() == b""  # the greeting waits for the first byte, which says whether it is TLS
    plain = PUSH_GREETS + (3).to_bytes(8) + b"one"
    if demanded:
        with pytest.raises(FrameRefused, match="not_encrypted"):
            list(arrival.received(plain))
        assert arrival.to_send() == b""
    else:
        assert list(arrival.received(plain)) == [b"one"]
        assert arrival.to_send() == PULL_GREETS


def test_a_plain_connection_is_heard_no_more_once_certificates_are_demanded(signer):
    lane = signer.lane("here", verify_incoming=False)
    arrival = Arrival(Splitter(b"", MOST), lane)
    assert list(arrival.received(PUSH_GREETS)) == []
    lane.terms = signer.lane("here").terms
    with pytest.raises(FrameRefused, match="not_encrypted"):
        list(arrival.received((3).to_bytes(8) + b"one"))


def test_bytes_that_are_changed_on_the_way_end_it(signer):
    met = Met(signer.lane("here"), signer.lane("there", "client"))
    met.join()
    changed = bytearray(met.client.sealed(PUSH_GREETS))
    changed[-1] ^= 1
    with pytest.raises(FrameRefused, match="tls:decryption_failed_or_bad_record_mac"):
        met.told(bytes(changed))


# -- who may say what --------------------------------------------------------------------------------------------------


def names(*alternatives: str) -> dict[str, object]:
    return {"subjectAltName": tuple(("DNS", name) for name in alternatives)}


@pytest.mark.parametrize(
    ("alternatives", "credentials"),
    [
        (["server.dc1.consul", "localhost"], Credentials(frozenset(), frozenset({"dc1"}), frozenset({"dc1"}))),
        (["N1.server.DC1.consul"], Credentials(frozenset({"n1.dc1"}), frozenset({"dc1"}), frozenset({"dc1"}))),
        (["a.b.client.dc2.consul"], Credentials(frozenset({"a.b.dc2"}), frozenset({"dc2"}))),
        (["cli.dc1.consul"], Credentials(commands=True)),
        (["server.dc1.corp", "www.example.com", "server.dc1consul"], Credentials()),
    ],
    ids=lambda given: given[0] if isinstance(given, list) else "",
)
def test_names_say_who_a_certificate_is_for(alternatives, credentials):
    assert credentials_of(names(*alternatives), "consul") == credentials


SERVER, CLIENT, ANY_CLIENT, COMMANDS = (
    "n1.server.dc1.consul",
    "n1.client.dc1.consul",
    "client.dc1.consul",
    "cli.dc1.consul",
)


@pytest.mark.parametrize(
    ("certificate", "source", "why"),
    [
        (SERVER, "server@n1.dc1", ""),
        (SERVER, "agent@n1.dc1", ""),
        (SERVER, "server@n2.dc1", "other_node"),
        (SERVER, "server@n1.dc2", "other_node"),
        (CLIENT, "agent@n1.dc1", ""),
        (CLIENT, "host@n1.dc1", ""),
        (CLIENT, "agent@n2.dc1", "other_node"),
        (CLIENT, "server@n1.dc1", "no_server"),
        (CLIENT, "router@n1.dc1", "no_server"),
        (ANY_CLIENT, "gateway@n2.dc1", ""),
        (ANY_CLIENT, "agent@n1.dc2", "other_node"),
        (ANY_CLIENT, "server@n1.dc1", "no_server"),
        ("n1.server.dc2.consul", "router@n1.dc2", ""),
        ("server.dc2.consul", "server@n1.dc1", "other_node"),
        (COMMANDS, "agent@n1.dc1", "other_node"),
        ("www.example.com", "agent@n1.dc1", ""),
        ("www.example.com", "server@n1.dc1", "no_server"),
    ],
)
def test_mail_comes_in_the_name_of_a_node_that_the_certificate_allows(certificate, source, why):
    peer = Certified(credentials_of(names(certificate), "consul"), SERVERS_ONLY)
    assert [peer.forbids(source, "server@n9.dc1") for _ in range(2)] == [why, why]


def test_addresses_that_are_remembered_are_bounded():
    peer = Certified(Credentials())
    for number in range(3 * Certified.KNOWN_MOST):
        assert not peer.cannot_be(f"agent@n{number}.dc1")
    assert len(peer._known) <= Certified.KNOWN_MOST


def test_the_gossip_lane_takes_mail_for_gossip_alone_once_certificates_are_demanded():
    demanded = [False]
    lane = OfLane(lambda: demanded[0], lambda role: role == "prober")
    assert lane.forbids("server@n1.dc1", "server@n2.dc1") == ""
    demanded[0] = True
    assert lane.forbids("server@n1.dc1", "server@n2.dc1") == "other_lane"
    assert lane.forbids("prober@n1.dc1", "prober@n2.dc1") == ""


# -- over sockets ------------------------------------------------------------------------------------------------------


class End:
    """Pipes and inlets, and what happened to them."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.frames: list[tuple[bytes, object]] = []
        self.counters: Counter[str] = Counter()
        self.happened = asyncio.Event()
        self.closing: list[StreamInlet | StreamPipe] = []

    def inlet(self, url: str, lane: LaneTls) -> StreamInlet:
        inlet = StreamInlet(self.loop, self._took, self.count, MOST, Admission(greeting_s=5), lane)
        self.closing.append(inlet)
        inlet.listen(url)
        return inlet

    def pipe(self, url: str, lane: LaneTls | None) -> StreamPipe:
        dialling = over_tls(lane, self.count) if lane is not None else dialled
        pipe = StreamPipe(url, self.loop, self.happened.set, lambda: self.count("cut_off"), dialling)
        self.closing.append(pipe)
        return pipe

    async def until(self, wanted) -> None:
        async with asyncio.timeout(10):
            while not wanted():
                self.happened.clear()
                await self.happened.wait()

    def count(self, what: str) -> None:
        self.counters[what] += 1
        self.happened.set()

    def _took(self, frame: bytes, source: object) -> None:
        self.frames.append((frame, source))
        self.happened.set()


@pytest.fixture
async def end():
    made = End()
    yield made
    for one in made.closing:
        one.close()


@pytest.fixture
def url(tmp_path):
    return f"ipc://{tmp_path}/lane"


@pytest.mark.slow
async def test_large_frames_go_through_in_order_while_the_reader_is_slow(end, url, signer):
    end.inlet(url, signer.lane("here"))
    pipe = end.pipe(url, signer.lane("there", "client", "n1"))
    sent: list[bytes] = []
    for number in range(40):
        frame = bytes([number]) * (MOST - 100)
        while not pipe.send(frame):
            await end.until(lambda: pipe.connected and not pipe.underway)
        sent.append(frame)
    await end.until(lambda: len(end.frames) == 40)
    assert [frame for frame, _ in end.frames] == sent
    assert pipe.peer is not None
    assert pipe.peer.credentials.servers_of == {"dc1"}


@pytest.mark.parametrize("sort", ["foreign", "plain"])
async def test_strangers_are_refused_and_counted_and_the_others_go_on(end, url, signer, stranger, sort):
    end.inlet(url, signer.lane("here"))
    lane = stranger.lane("x")
    lane.terms.client.verify_mode = ssl.CERT_NONE
    refused = {"foreign": "frame_tls:certificate_verify_failed", "plain": "frame_not_encrypted"}[sort]
    end.pipe(url, lane if sort == "foreign" else None)
    good = end.pipe(url, signer.lane("there"))
    await end.until(lambda: end.counters[refused] and good.connected)
    assert good.send(b"one")
    await end.until(lambda: end.frames)
    assert [frame for frame, _ in end.frames] == [b"one"]


async def test_a_peer_that_does_not_believe_our_certificate_is_counted_by_the_dialler(end, url, signer, stranger):
    end.inlet(url, stranger.lane("theirs"))
    pipe = end.pipe(url, signer.lane("ours"))
    await end.until(lambda: end.counters["tls_not_dialled:certificate_verify_failed"])
    assert not pipe.connected


async def test_what_wants_tls_never_falls_back_to_plain(end, url, signer):
    end.inlet(url, LaneTls())
    pipe = end.pipe(url, signer.lane("ours"))
    await end.until(lambda: end.counters["tls_not_dialled:wrong_version_number"])
    assert (pipe.connected, end.frames) == (False, [])


async def test_new_certificates_are_for_new_connections_and_end_no_old_one(end, url, signer, stranger):
    """The authority too: what it signed before is believed no more, but for connections that exist."""
    here, there = signer.lane("here"), signer.lane("there")
    end.inlet(url, here)
    old = end.pipe(url, there)
    await end.until(lambda: old.connected)
    here.terms = stranger.lane("here").terms
    assert old.send(b"one")
    await end.until(lambda: end.frames)
    late = end.pipe(url, there)
    await end.until(lambda: end.counters["tls_not_dialled:certificate_verify_failed"])
    there.terms = stranger.lane("there").terms
    await end.until(lambda: late.connected)
    assert old.connected


async def test_nngs_own_push_socket_is_understood_over_tls_1_3(end, signer):
    """nng's TLS is used by no part of Lictor: the version that it bundles can be cheated where both versions are on."""
    files = signer.files("nng", "client", "n1")
    lane = signer.lane("here")
    lane.terms.server.minimum_version = ssl.TLSVersion.TLSv1_3
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    end.inlet(f"tcp://127.0.0.1:{port}", lane)
    config = pynng.TLSConfig(
        pynng.TLSConfig.MODE_CLIENT,
        server_name="localhost",
        ca_string=Path(files.ca_file).read_text(),
        own_key_string=Path(files.key_file).read_text(),
        own_cert_string=Path(files.cert_file).read_text(),
        auth_mode=pynng.TLSConfig.AUTH_MODE_REQUIRED,
    )
    assert pynng.lib.nng_tls_config_version(config._tls_config, 0x304, 0x304) == 0
    with pynng.Push0(tls_config=config, send_timeout=10_000) as nng:
        nng.dial(f"tls+tcp://127.0.0.1:{port}", block=False)
        for frame in (b"one", b"", b"x" * 300_000):
            await asyncio.to_thread(nng.send, frame)
        await end.until(lambda: len(end.frames) == 3)
    assert [frame for frame, _ in end.frames] == [b"one", b"", b"x" * 300_000]


async def test_a_server_that_speaks_1_2_alone_is_not_dialled_where_1_3_is_demanded(end, url, signer):
    old = server_context(signer.files("old")._replace(verify_incoming=True))
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    end.inlet(url, LaneTls(LaneTerms(old, None, True)))
    ours = LaneTls(LaneTerms(None, client_context(signer.files("ours")._replace(min_version="TLSv1_3"))))
    end.pipe(url, ours)
    await end.until(lambda: any(name.startswith("tls_not_dialled:") for name in end.counters))
    assert end.frames == []
