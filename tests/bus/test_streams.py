"""nng's protocol as the event loop speaks it: with nng on the other side, in pieces, and with strangers."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import socket
from collections import Counter

import pynng
import pytest

from lictor_actors.bus import stream_inlet, stream_pipe
from lictor_actors.bus.listening import listening
from lictor_actors.bus.sp import PULL_GREETS, PUSH_GREETS, Splitter, endpoint_of
from lictor_actors.bus.stream_inlet import Admission, StreamInlet
from lictor_actors.bus.stream_pipe import StreamPipe
from lictor_messages.codec import FrameRefused

MOST = 1_000_000
NOTICES_SILENCE = pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="Linux's TCP_USER_TIMEOUT")


class End:
    """Both kinds of ends, and what happened to them."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.frames: list[bytes] = []
        self.counters: Counter[str] = Counter()
        self.happened = asyncio.Event()
        self.closing: list[StreamInlet | StreamPipe] = []

    def inlet(self, url: str, **admission: float) -> StreamInlet:
        inlet = StreamInlet(self.loop, self._took, self._count, MOST, Admission(**admission))
        self.closing.append(inlet)
        inlet.listen(url)
        return inlet

    def pipe(self, url: str) -> StreamPipe:
        pipe = StreamPipe(url, self.loop, self.happened.set, lambda: self._count("cut_off"))
        self.closing.append(pipe)
        return pipe

    async def until(self, wanted) -> None:
        async with asyncio.timeout(10):
            while not wanted():
                self.happened.clear()
                await self.happened.wait()

    def _took(self, frame: bytes, _: object) -> None:
        self.frames.append(frame)
        self.happened.set()

    def _count(self, what: str) -> None:
        if what != "rpc.accept_conn":  # counted in every test: what is looked for is what goes wrong
            self.counters[what] += 1
        self.happened.set()


@pytest.fixture
async def end():
    made = End()
    yield made
    for one in made.closing:
        one.close()


@pytest.fixture(params=["ipc", "tcp", "tcp by name"])
def url(request, tmp_path):
    if request.param == "ipc":
        return f"ipc://{tmp_path}/lane"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    return f"tcp://{'localhost' if 'name' in request.param else '127.0.0.1'}:{port}"


def stream(*frames: bytes, marker: bytes = b"") -> bytes:
    return PUSH_GREETS + b"".join(marker + len(frame).to_bytes(8) + frame for frame in frames)


# -- with nng on the other side ----------------------------------------------------------------------------------------


async def test_nngs_own_push_socket_is_understood(end, url):
    end.inlet(url)
    with pynng.Push0() as nng:
        await asyncio.to_thread(nng.dial, url, block=True)
        for frame in (b"one", b"", b"x" * 300_000):
            await asyncio.to_thread(nng.send, frame)
        await end.until(lambda: len(end.frames) == 3)
    assert end.frames == [b"one", b"", b"x" * 300_000]


async def test_nngs_own_pull_socket_understands(end, url):
    with pynng.Pull0(recv_timeout=10_000) as nng:
        nng.listen(url)
        pipe = end.pipe(url)
        await end.until(lambda: pipe.connected)
        assert pipe.send(b"one")
        assert pipe.send(b"two")
        assert [await asyncio.to_thread(nng.recv) for _ in range(2)] == [b"one", b"two"]


@pytest.mark.slow
@NOTICES_SILENCE
async def test_a_peer_that_takes_nothing_for_seconds_is_hung_up_on_and_dialled_afresh(end):
    """What a link that swallows everything does, too: left alone the kernel tries on for a quarter of an hour."""
    dialled: list[asyncio.StreamWriter] = []

    async def never_reads(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        dialled.append(writer)
        writer.write(PULL_GREETS)
        end.happened.set()

    server = await asyncio.start_server(never_reads, "127.0.0.1", 0, limit=1024)
    pipe = end.pipe("tcp://{}:{}".format(*server.sockets[0].getsockname()))
    await end.until(lambda: pipe.connected)
    while pipe.send(bytes(MOST)):
        pass
    await end.until(lambda: len(dialled) == 2 and end.counters["cut_off"] == 1)
    for writer in dialled:
        writer.transport.abort()
    server.close()


@NOTICES_SILENCE
async def test_both_ends_of_a_connection_over_tcp_notice_that_the_other_machine_is_gone(end):
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    inlet, pipe = end.inlet(url), end.pipe(url)
    await end.until(lambda: pipe.connected and inlet._arrivals)
    for one in (pipe._link.socket, *inlet._arrivals):
        assert one.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert one.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 15
        assert one.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 5000


# -- a stream in pieces ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("marker", [b"", b"\x01"])
@pytest.mark.parametrize("step", [1, 2, 7, 8, 9, 1000])
def test_frames_are_cut_out_whatever_the_pieces(marker, step):
    frames = [b"a", b"", b"b" * 300, b"c"]
    data = stream(*frames, marker=marker)
    splitter, got = Splitter(marker, MOST), []
    for at in range(0, len(data), step):
        got.extend(splitter.feed(data[at : at + step]))
    assert got == frames


def test_what_came_whole_before_a_wrong_frame_is_taken():
    frames = Splitter(b"\x01", MOST).feed(stream(b"good", marker=b"\x01") + b"\x02" + bytes(8))
    assert next(frames) == b"good"
    with pytest.raises(FrameRefused, match="foreign_bytes"):
        next(frames)


async def test_a_frame_that_the_kernel_takes_in_parts_arrives_whole_and_others_wait(end, url):
    pipe = end.pipe(url)
    end.inlet(url)
    await end.until(lambda: pipe.connected)
    large = os.urandom(MOST)
    taken = [frame for frame in (large, b"small") if pipe.send(frame)]
    assert taken[0] is large
    await end.until(lambda: end.frames == taken)
    await end.until(lambda: pipe.send(b"last"))
    await end.until(lambda: end.frames == [*taken, b"last"])


# -- strangers and ends ------------------------------------------------------------------------------------------------


async def _hung_up_on(url: str, says: bytes) -> None:
    """Say this to who listens there, and see the end."""
    reader, writer = await (
        asyncio.open_unix_connection(url.removeprefix("ipc://"))
        if url.startswith("ipc")
        else asyncio.open_connection(*url.removeprefix("tcp://").split(":"))
    )
    assert await reader.readexactly(8) == PULL_GREETS
    writer.write(says)
    async with asyncio.timeout(10):
        with contextlib.suppress(ConnectionResetError):  # also an end
            assert await reader.read() == b""
    writer.close()


async def test_who_does_not_greet_as_a_push_socket_is_hung_up_on_and_counted(end, url):
    end.inlet(url)
    await _hung_up_on(url, b"GET / HTTP/1.1\r\n\r\n")
    assert end.counters == {"frame_foreign_bytes": 1}
    assert not end.frames


async def test_who_announces_too_large_a_frame_is_hung_up_on_and_counted(end, url):
    end.inlet(url)
    marker = endpoint_of(url).marker
    await _hung_up_on(url, PUSH_GREETS + marker + (MOST + 1).to_bytes(8))
    assert end.counters == {"frame_too_large": 1}


@pytest.mark.parametrize("says", [b"", PUSH_GREETS[:7]])
@pytest.mark.slow
async def test_who_never_greets_is_hung_up_on_and_who_has_greeted_may_be_silent(end, url, says):
    end.inlet(url, greeting_s=0.2)
    pipe = end.pipe(url)
    await end.until(lambda: pipe.connected)
    await _hung_up_on(url, says)
    assert end.counters == {"never_greeted": 1}
    assert pipe.send(b"after a while")
    await end.until(lambda: end.frames == [b"after a while"])


async def test_an_address_has_so_many_connections_and_one_more_when_one_is_closed(end, url, monkeypatch):
    monkeypatch.setattr(stream_pipe, "RECONNECT_MIN_S", 0.02)
    end.inlet(url, per_client=2)
    first, second = end.pipe(url), end.pipe(url)
    await end.until(lambda: first.connected and second.connected)
    third = end.pipe(url)
    await end.until(lambda: end.counters["too_many_connections"])
    assert not third.connected
    first.close()
    await end.until(lambda: third.connected)
    assert third.send(b"there is room again")
    await end.until(lambda: end.frames == [b"there is room again"])


async def test_who_greets_and_hangs_up_each_time_is_not_dialled_without_a_pause(end, url, monkeypatch):
    monkeypatch.setattr(stream_pipe, "RECONNECT_MIN_S", 0.1)
    arrivals = []

    def hang_up(listener: socket.socket) -> None:
        with listener.accept()[0] as connection:
            connection.send(PULL_GREETS)
        arrivals.append(end.loop.time())
        end.happened.set()

    with listening(endpoint_of(url)) as listener:
        end.loop.add_reader(listener, hang_up, listener)
        end.pipe(url)
        await end.until(lambda: len(arrivals) == 3)
        end.loop.remove_reader(listener)
    assert all(later - before > 0.09 for before, later in itertools.pairwise(arrivals)), arrivals


async def test_a_pipe_ignores_who_is_no_pull_socket_and_finds_who_is(end, url):
    refused = asyncio.Event()

    async def stranger(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 smtp")
        await reader.read()
        writer.close()
        refused.set()

    path = url.removeprefix("ipc://")
    server = await (
        asyncio.start_unix_server(stranger, path)
        if url.startswith("ipc")
        else asyncio.start_server(stranger, *url.removeprefix("tcp://").split(":"), family=socket.AF_INET)
    )
    pipe = end.pipe(url)
    await refused.wait()
    assert not pipe.connected
    assert not pipe.send(b"for a Pull socket")
    server.close()
    await server.wait_closed()
    if url.startswith("ipc"):
        os.unlink(path)
    end.inlet(url)
    await end.until(lambda: pipe.connected)


async def test_what_was_taken_in_part_does_not_reach_the_next_life(end, url):
    pipe = end.pipe(url)
    first = end.inlet(url)
    await end.until(lambda: pipe.connected)
    while pipe.send(os.urandom(MOST)):
        pass
    first.close()
    await end.until(lambda: not pipe.connected or not pipe.send(b""))
    end.frames.clear()
    end.inlet(url)
    await end.until(lambda: pipe.connected and pipe.send(b"fresh"))
    await end.until(lambda: bool(end.frames))
    assert end.frames == [b"fresh"]


async def test_the_file_of_a_dead_process_is_cleared_away_and_a_living_one_is_not(end, tmp_path):
    url = f"ipc://{tmp_path}/lane"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(f"{tmp_path}/lane")
    end.inlet(url)
    with pytest.raises(OSError, match=f"cannot listen at {tmp_path}/lane: .*in use"):
        end.inlet(url)


async def test_a_listener_that_closes_leaves_alone_the_file_of_the_one_that_follows_at_once(end, tmp_path, monkeypatch):
    url, close = f"ipc://{tmp_path}/lane", socket.socket.close
    first = end.inlet(url)

    def close_and_be_followed(closing: socket.socket) -> None:
        close(closing)
        monkeypatch.setattr(socket.socket, "close", close)
        end.inlet(url)

    monkeypatch.setattr(socket.socket, "close", close_and_be_followed)
    first.close()
    pipe = end.pipe(url)
    await end.until(lambda: pipe.connected)


async def test_a_file_that_is_no_socket_is_left_alone(end, tmp_path):
    (tmp_path / "notes").write_text("mine")
    with pytest.raises(OSError, match="in use"):
        end.inlet(f"ipc://{tmp_path}/notes")
    assert (tmp_path / "notes").read_text() == "mine"


@pytest.mark.parametrize("url", ["tcp://host", "tcp://:8300", "tcp://h:99999", "ipc://", "udp://h:1", "n1"])
async def test_what_is_no_address_is_refused_at_once(end, url):
    with pytest.raises(ValueError, match=r"address of a lane|[Pp]ort"):
        end.pipe(url)


async def test_many_that_have_much_to_say_take_turns_and_leave_the_loop_its_own(end, url, monkeypatch):
    monkeypatch.setattr(stream_inlet, "READ_BYTES", 1000)
    monkeypatch.setattr(stream_inlet, "BYTES_A_TURN", 1000)
    end.inlet(url)
    pipes = [end.pipe(url) for _ in range(5)]
    for pipe in pipes:
        await end.until(lambda pipe=pipe: pipe.connected and pipe.send(b"here"))
    await end.until(lambda: len(end.frames) == len(pipes))
    end.frames.clear()
    body = bytes(1000 - 8 - len(endpoint_of(url).marker) - 1)  # each frame is all that is read in a turn
    for _ in range(2):
        assert all(pipe.send(bytes([who]) + body) for who, pipe in enumerate(pipes))
    in_each_turn = []
    async with asyncio.timeout(10):
        while len(end.frames) < 2 * len(pipes):
            before = len(end.frames)
            await asyncio.sleep(0)
            in_each_turn.append(len(end.frames) - before)
    assert max(in_each_turn) == 1, in_each_turn
    who = [frame[0] for frame in end.frames]
    assert sorted(who[:5]) == [0, 1, 2, 3, 4], who
    assert who[5:] == who[:5]


async def test_without_descriptors_arrivals_wait_and_the_loop_does_not_spin(end, url, monkeypatch):
    accept, left = socket.socket.accept, [OSError(24, "too many open files")] * 2

    def without_descriptors(listener: socket.socket):
        if left:
            raise left.pop()
        return accept(listener)

    monkeypatch.setattr(stream_inlet, "ACCEPT_AGAIN_S", 0.01)
    monkeypatch.setattr(socket.socket, "accept", without_descriptors)
    end.inlet(url)
    pipe = end.pipe(url)
    await end.until(lambda: pipe.connected)
    assert end.counters == {"accept_failed": 2}
