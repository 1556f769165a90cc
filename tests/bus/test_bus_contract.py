"""What every bus promises: in memory, and on both lanes over ipc and tcp."""

from __future__ import annotations

import asyncio
import os
import threading

import pynng
import pytest

from lictor_actors.bus.inbox import SLICE
from lictor_actors.bus.nng import NngBus
from lictor_actors.bus.sp import PULL_GREETS
from lictor_messages.codec import FRAME_MAX, cluster_id
from lictor_messages.envelope import Envelope
from lictor_messages.kv import PutKey


def keys(station) -> list[str]:
    return [e.body.key for e in station.delivered]


async def test_a_message_arrives_as_it_was_posted(stage):
    a, b = stage.station(), stage.station()
    e = Envelope(
        "s@a",
        f"{stage.role}@b",
        PutKey(key="k", value=b"\x00\xff", cas=3),
        request="r",
        reply_to="q",
        hops=2,
        budget=5,
        cause="c",
    )
    a.bus.post(b.url, e)
    a.bus.flush()
    await b.until(lambda: bool(b.delivered))
    got = b.delivered[0]
    fields = ("source", "target", "request", "reply_to", "hops", "budget", "cause", "body")
    assert [getattr(got, f) for f in fields] == [getattr(e, f) for f in fields]


async def test_nothing_leaves_before_the_flush_and_one_flush_is_one_frame(stage):
    a, b = stage.station(), stage.station()
    for n in range(50):
        a.bus.post(b.url, stage.put(str(n)))
    assert b.counters["frames_in"] == 0
    a.bus.flush()
    await b.until(lambda: len(b.delivered) == 50)
    assert keys(b) == [str(n) for n in range(50)]
    assert b.counters["frames_in"] == 1


@pytest.mark.slow
async def test_a_request_to_nobody_is_given_back(stage):
    a = stage.station()
    a.bus.post(stage.new_url(), stage.put("lost", request="r1"))
    a.bus.flush()
    await a.until(lambda: bool(a.returned))
    assert (a.returned[0][0].request, a.returned[0][1]) == ("r1", "no_pipe")


@pytest.mark.slow
async def test_nothing_stale_reaches_the_next_life_of_a_peer(stage):
    a = stage.station()
    url = stage.new_url()
    a.bus.post(url, stage.put("stale", request="r1"))
    a.bus.flush()
    await a.until(lambda: bool(a.returned))
    b = stage.station(url=url)
    a.bus.post(url, stage.put("fresh"))
    a.bus.flush()
    await b.until(lambda: bool(b.delivered))
    assert keys(b) == ["fresh"]


async def test_a_peer_that_dies_and_comes_back_is_reached_again(stage):
    a, b = stage.station(), stage.station()
    a.bus.post(b.url, stage.put("one"))
    a.bus.flush()
    await b.until(lambda: keys(b) == ["one"])
    b.bus.close()
    b2 = stage.station(url=b.url)
    arrived = False
    for attempt in range(40):
        a.bus.post(b2.url, stage.put(f"again-{attempt}", request=str(attempt)))
        a.bus.flush()
        try:
            await b2.until(lambda: bool(b2.delivered), within_s=0.25)
            arrived = True
            break
        except TimeoutError:
            continue
    assert arrived


async def test_foreign_bytes_and_other_clusters_are_counted_and_harm_nothing(stage):
    b = stage.station()
    stranger = stage.station(cluster=cluster_id("production"))
    stranger.bus.post(b.url, stage.put("from another cluster"))
    stranger.bus.flush()
    await b.until(lambda: b.counters["frame_other_cluster"] == 1)
    if stage.over_nng:
        with pynng.Push0() as raw:
            await asyncio.to_thread(raw.dial, b.url, block=True)  # our loop has to greet back
            raw.send(b"GET / HTTP/1.1\r\n\r\n")
            raw.send(b"")
            await b.until(lambda: b.counters["frame_foreign_bytes"] == 2)
    a = stage.station()
    a.bus.post(b.url, stage.put("ours"))
    a.bus.flush()
    await b.until(lambda: bool(b.delivered))
    assert keys(b) == ["ours"]


async def test_frames_stay_below_their_limit_and_a_large_message_travels_alone(stage):
    if not stage.over_nng:
        pytest.skip("memory has no frame limit")
    a, b = stage.station(), stage.station()
    for n in range(6):
        a.bus.post(b.url, stage.put(str(n), b"v" * (FRAME_MAX // 3)))
    a.bus.post(b.url, stage.put("large", b"v" * (FRAME_MAX * 2)))
    a.bus.flush()
    await b.until(lambda: len(b.delivered) == 7)
    assert keys(b)[-1] == "large"
    assert b.counters["frames_in"] >= 4


async def test_a_message_beyond_all_limits_is_given_back_by_name(stage, monkeypatch):
    if not stage.over_nng:
        pytest.skip("memory has no frame limit")
    monkeypatch.setattr("lictor_actors.bus.nng.REST_BYTES_MAX", 10_000)
    a, b = stage.station(), stage.station()
    a.bus.post(b.url, stage.put("huge", b"v" * 20_000, request="r"))
    assert [reason for _, reason in a.returned] == ["too_large"]


async def test_a_stalled_peer_holds_back_nobody_else_and_loses_nothing_it_was_sent(stage):
    """Back-pressure: what nng does not take waits in our outbox; other peers get theirs meanwhile."""
    if not stage.over_nng:
        pytest.skip("memory never stalls")
    a, quick = stage.station(), stage.station()
    url = stage.new_url()
    stalled = pynng.Pull0(recv_buffer_size=1)
    stalled.listen(url)
    total = 400
    for n in range(total):
        a.bus.post(url, stage.put(str(n), b"v" * 60_000))
        a.bus.flush()
    a.bus.post(quick.url, stage.put("quick"))
    a.bus.flush()
    await quick.until(lambda: bool(quick.delivered), within_s=2)
    assert not a.returned
    received = await _drain(stalled, total, a)
    stalled.close()
    assert received == [str(n) for n in range(total)]


async def _drain(socket: pynng.Pull0, total: int, sender) -> list[str]:
    from lictor_messages.codec import open_frame, unpack

    from_cluster = cluster_id("test")
    got: list[str] = []
    loop = asyncio.get_running_loop()
    done = loop.create_future()

    def readable() -> None:
        try:
            while True:
                got.extend(unpack(p).body.key for p in open_frame(from_cluster, socket.recv(block=False)))
        except pynng.TryAgain:
            if len(got) >= total and not done.done():
                done.set_result(None)

    fd = socket.recv_fd
    loop.add_reader(fd, readable)
    try:
        async with asyncio.timeout(20):
            await done
    finally:
        loop.remove_reader(fd)
    return got


@pytest.mark.slow
async def test_what_a_peer_did_not_read_to_the_end_before_it_hung_up_is_given_back(stage):
    if not stage.over_nng:
        pytest.skip("memory takes everything whole")
    a, url, taken = stage.station(), stage.new_url(), asyncio.Event()

    async def reads_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(PULL_GREETS)
        await reader.readexactly(9)  # its greeting, and a frame has begun
        taken.set()
        await until_closed.wait()
        writer.transport.abort()

    until_closed = asyncio.Event()
    async with await stage.serve(url, reads_nothing):
        for number in range(2):
            a.bus.post(url, stage.put(f"large{number}", b"v" * (30 << 20), request=f"r{number}"))
        a.bus.flush()
        await taken.wait()
        assert not a.returned
        until_closed.set()
        await a.until(lambda: bool(a.returned))
    assert [(e.request, reason) for e, reason in a.returned] == [("r0", "cut_off")]


async def test_an_outbox_over_its_limit_drops_the_oldest_by_name(stage, monkeypatch):
    if not stage.over_nng:
        pytest.skip("memory has no outbox")
    monkeypatch.setattr("lictor_actors.bus.nng.OUTBOX_BYTES_MAX", 300_000)
    a = stage.station()
    url = stage.new_url()
    for n in range(10):
        a.bus.post(url, stage.put(str(n), b"v" * 60_000, request=str(n)))
    full = [e.body.key for e, reason in a.returned if reason == "outbox_full"]
    assert full == [str(n) for n in range(len(full))]
    assert 5 <= len(full) <= 6


async def test_closing_leaves_no_descriptor_no_file_and_no_mail_behind(stage):
    # nng starts its threads once per process; a first socket makes the count steady.
    pynng.Pull0().close()
    threads, before = threading.active_count(), _descriptors()
    for _ in range(3):
        a, b = stage.station(), stage.station()
        a.bus.post(b.url, stage.put("k"))
        a.bus.flush()
        await b.until(lambda b=b: bool(b.delivered))
        a.bus.post(stage.new_url(), stage.put("never", request="r"))
        a.bus.close()
        b.bus.close()
        assert [reason for _, reason in a.returned] == ["closed"]
        if stage.transport == "ipc":
            assert not os.path.exists(b.url.removeprefix("ipc://"))
    stage.stations.clear()
    assert threading.active_count() == threads
    assert _descriptors() <= before + 2


def _descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


async def test_a_frame_of_very_many_envelopes_is_taken_in_slices_and_in_order(stage):
    if not isinstance(stage.station().bus, NngBus):
        pytest.skip("the bus in memory is for single processes")
    a, b = stage.station(), stage.station()
    for n in range(3 * SLICE + 7):
        a.bus.post(b.url, stage.put(str(n)))
    a.bus.post(b.url, stage.put("last"))
    a.bus.flush()
    turns = await _turns_until(lambda: len(b.delivered) == 3 * SLICE + 8)
    assert keys(b) == [*map(str, range(3 * SLICE + 7)), "last"]
    assert b.counters["frames_sliced"] == 1
    assert turns >= 3


async def test_while_the_actors_have_more_than_they_can_take_nothing_more_is_read(stage):
    if not isinstance(stage.station().bus, NngBus):
        pytest.skip("the bus in memory is for single processes")
    a, b = stage.station(), stage.station()
    b.full = True
    for n in range(2 * SLICE):
        a.bus.post(b.url, stage.put(str(n)))
    a.bus.flush()
    await b.until(lambda: b.counters["frames_sliced"] == 1)
    a.bus.post(b.url, stage.put("later"))
    a.bus.flush()
    for _ in range(50):
        await _turn()
    assert b.delivered == []
    assert b.counters["frames_in"] == 1
    b.full = False
    await b.until(lambda: len(b.delivered) == 2 * SLICE + 1)
    assert keys(b)[-1] == "later"


async def _turns_until(true) -> int:
    """How many turns of the loop it took."""
    turns = 0
    async with asyncio.timeout(10):
        while not true():
            await _turn()
            turns += 1
    return turns


async def _turn() -> None:
    loop = asyncio.get_running_loop()
    over = loop.create_future()
    loop.call_soon(over.set_result, None)
    await over
