"""The log over HTTP: lines as they come, until the client goes, and never at the expense of the process."""

from __future__ import annotations

import asyncio
import json
import logging

import pytest
from http_site import LOOPS, running

from lictor_actors.hosts.doors.http.events import Asked, Follow
from lictor_actors.hosts.doors.http.limits import HttpLimits
from lictor_actors.hosts.doors.http.log_follower import LINES_MOST, LogFollower
from lictor_actors.hosts.doors.http.machine import HttpMachine
from lictor_actors.hosts.doors.http.premises import Premises
from lictor_actors.hosts.doors.http.sites import Sites
from lictor_messages.web import HttpAnswered, LogTail

DEBUG = HttpAnswered(status=200, log=LogTail(level="DEBUG"))
JSON = HttpAnswered(status=200, log=LogTail(level="INFO", json_lines=True))
log = logging.getLogger("lictor")


@pytest.fixture(params=LOOPS, ids=["asyncio", "uvloop"][: len(LOOPS)])
def site(request):
    """Runs a coroutine function with a site."""
    return running(request.param)


@pytest.fixture(autouse=True)
def root():
    """The handlers of the root logger keep their levels beyond a test."""
    root = logging.getLogger()
    before = root.level, [(handler, handler.level) for handler in root.handlers]
    root.setLevel("INFO")
    yield root
    root.setLevel(before[0])
    for handler, level in before[1]:
        handler.setLevel(level)


def following(version: bytes, data: bytes = b"") -> HttpMachine:
    """A machine whose client follows the log."""
    machine = HttpMachine(Premises(HttpLimits()), Sites(local=True), "127.0.0.1", 0)
    machine.receive(b"GET / HTTP/%b\r\nHost: localhost\r\n\r\n%b" % (version, data), 0)
    assert isinstance(machine.next(0), Asked)
    assert machine.answer(1, DEBUG, 0)
    head = machine.next(0)
    assert isinstance(head, bytes)
    assert (b"Transfer-Encoding: chunked" in head) == (version == b"1.1")
    assert (b"Connection: close" in head) == (version == b"1.0")
    assert machine.next(0) == Follow(LogTail(level="DEBUG"))
    assert machine.next(0) is None
    assert machine.waits
    return machine


@pytest.mark.parametrize(("version", "said"), [(b"1.1", b"6\r\nhello\n\r\n"), (b"1.0", b"hello\n")])
def test_a_line_is_a_chunk_where_there_are_chunks(version, said):
    assert following(version).line(b"hello\n") == said


def test_it_lasts_until_the_client_goes():
    machine = following(b"1.1")
    assert not machine.sweep(10**6)
    machine.eof(10**6)
    assert machine.sweep(10**6 + HttpLimits().half_closed_s + 1)
    machine.lost()
    assert machine.line(b"late\n") is None


def test_a_client_that_does_not_read_gets_no_more_and_is_cut_off():
    machine = following(b"1.1")
    machine.block(0)
    assert machine.line(b"hello\n") is None
    assert machine.sweep(HttpLimits().slow_reader_s + 1)


def test_a_request_behind_it_stays_in_the_socket():
    machine = following(b"1.1", b"GET /next HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert not machine.reads


@pytest.mark.slow
def test_lines_arrive_from_the_level_on_that_was_asked_for(site, root):
    async def test(s):
        s.reply = lambda _: DEBUG
        reader, writer = await s.dial()
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        before = [handler for handler in root.handlers if not isinstance(handler, LogFollower)]
        assert all(handler.level >= logging.INFO for handler in before)
        await asyncio.to_thread(log.debug, "agent: from a thread")
        size = int(await reader.readline(), 16)
        assert (await reader.readexactly(size)).endswith(b"Z [DEBUG] agent: from a thread\n")
        writer.close()
        await s.until(lambda: not s.door.connections)
        assert root.level == logging.INFO
        assert not [handler for handler in root.handlers if isinstance(handler, LogFollower)]

    site(test)


def test_lines_are_objects_if_it_is_asked(site):
    async def test(s):
        s.reply = lambda _: JSON
        reader, writer = await s.dial()
        writer.write(b"GET / HTTP/1.0\r\nHost: x\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        log.debug("agent: below")
        log.warning("agent: joined %s", "n2")
        log.info("no module")
        first, second = json.loads(await reader.readline()), json.loads(await reader.readline())
        assert (first["@level"], first["@module"], first["@message"]) == ("warn", "agent", "joined n2")
        assert (second["@module"], second["@message"]) == ("lictor", "no module")
        writer.close()

    site(test)


async def test_what_is_left_out_is_counted_and_told():
    taken: list[bytes] = []
    follower = LogFollower(LogTail(level="INFO"), lambda line: not taken.append(line))
    record = log.makeRecord("lictor", logging.INFO, "", 0, "x", (), None)
    for _ in range(LINES_MOST + 3):
        follower.emit(record)
    assert not taken  # nothing is written from within the code that logs
    await asyncio.sleep(0)
    assert len(taken) == LINES_MOST
    assert taken[0].startswith(b"3 lines are left out")
    assert not any(b"left out" in line for line in taken[1:])
