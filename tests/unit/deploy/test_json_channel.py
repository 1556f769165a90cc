import socket

import pytest

from lictor_deploy.local.json_lines import LINE_MAX, JsonLines


@pytest.fixture
def ends():
    here, there = socket.socketpair()
    channel = JsonLines(here)
    yield channel, there
    channel.close()
    there.close()


def test_messages_come_whole_whatever_the_pieces(ends):
    channel, there = ends
    there.sendall(b'{"a": 1}\n{"b"')
    assert channel.receive() == [{"a": 1}]
    there.sendall(b": 2}\n")
    assert channel.receive() == [{"b": 2}]
    assert channel.receive() == []


def test_a_slow_reader_blocks_nobody_and_loses_nothing(ends):
    channel, there = ends
    for number in range(50):
        channel.send({"n": number, "pad": "x" * 20_000})
    assert channel.waiting
    other = JsonLines(there)
    seen = []
    while len(seen) < 50:
        seen += [message["n"] for message in other.receive()]
        channel.flush()
    assert seen == list(range(50))
    assert not channel.waiting


def test_the_other_end_is_gone(ends):
    channel, there = ends
    there.sendall(b'{"last": 1}\n')
    there.close()
    assert channel.receive() == [{"last": 1}]
    assert channel.receive() == []
    assert channel.closed


@pytest.mark.parametrize("junk", [b"nonsense\n", b"[1]\n", b"\xff\xfe\n"])
def test_junk_closes_the_channel(ends, junk):
    channel, there = ends
    there.sendall(junk)
    assert channel.receive() == []
    assert channel.closed


def test_a_line_without_end_closes_the_channel(ends):
    channel, there = ends
    there.setblocking(False)
    sent = 0
    while not channel.closed:
        sent += there.send(b"x" * 65536)
        channel.receive()
    assert sent > LINE_MAX


def test_sending_to_nobody_is_noticed_and_not_raised(ends):
    channel, there = ends
    there.close()
    channel.send({"a": 1})
    channel.send({"a": 2})
    assert channel.closed
