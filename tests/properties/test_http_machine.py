"""A client's bytes cut anywhere: the machine asks and says the same as if they had come whole."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from lictor_actors.hosts.doors.http.events import CLOSE, Asked, BodyPiece, LastWords
from lictor_actors.hosts.doors.http.limits import HttpLimits
from lictor_actors.hosts.doors.http.machine import HttpMachine
from lictor_actors.hosts.doors.http.premises import Premises
from lictor_actors.hosts.doors.http.response import CONTINUE
from lictor_actors.hosts.doors.http.sites import Sites
from lictor_messages.web import HttpAnswered, HttpAsked

SMALL = HttpLimits(head=500, target=200, body=100, bodies={"/v1/kv/": 50, "/v1/snapshot": 1000})


def put(target: bytes, body: bytes, *headers: bytes) -> bytes:
    return b"\r\n".join([b"PUT %b HTTP/1.1" % target, b"Host: localhost", *headers, b"", body])


def with_length(target: bytes, body: bytes, *headers: bytes) -> bytes:
    return put(target, body, b"Content-Length: %d" % len(body), *headers)


def in_chunks(target: bytes, *chunks: bytes) -> bytes:
    body = b"".join(b"%x;a=b\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)
    return put(target, body + b"0\r\nTrailer: t\r\n\r\n", b"Transfer-Encoding: chunked")


REQUESTS = st.sampled_from(
    [
        b"GET /v1/kv/a HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"HEAD /v1/kv/a HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\r\n",
        b"GET http://localhost/v1/kv/b?c HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        with_length(b"/v1/kv/a", b"value"),
        with_length(b"/v1/kv/a", b"GET /v1/kv/a HTTP/1.1\r\nHost: localhost\r\n\r\n", b"Expect: 100-continue"),
        in_chunks(b"/v1/kv/a", b"one", b"two"),
        with_length(b"/v1/snapshot", bytes(range(256)) * 3),
        in_chunks(b"/v1/snapshot", b"a" * 90, b"b" * 90, b"c" * 90),
    ]
)
LAST = st.sampled_from(
    [
        b"",
        b"GET /2 HTTP/1.0\r\n\r\n",
        b"GET /2 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\nGET /3",
        b"GET /2 HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n",
        b"garbage\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: evil\r\n\r\n",
        with_length(b"/v1/kv/a", b"a" * 51),
        in_chunks(b"/v1/kv/a", b"a" * 40, b"b" * 40),
        in_chunks(b"/v1/snapshot", *[b"a" * 300] * 4),
        b"GET /" + b"a" * 300 + b" HTTP/1.1\r\n",
    ]
)


_SO_FAR = re.compile(rb"body\(\d+")
"""A refusal tells how much of a body had come, and that depends on the cut."""


class Driver:
    """Answers each request at once, and notes what was asked and said."""

    def __init__(self) -> None:
        self.machine = HttpMachine(Premises(SMALL), Sites(local=True), "127.0.0.1", 0)
        self.asked: list[HttpAsked] = []
        self.said = b""
        self._body = b""

    def hear(self, data: bytes) -> None:
        self.machine.receive(data, 0)
        while not self.machine.waits:
            match self.machine.next(0):
                case Asked(asked):
                    self._ask(asked)
                case BodyPiece(data):
                    self._body += data
                case LastWords(data):
                    self.said += _SO_FAR.sub(b"body(", data)
                case bytes(data) if data != CONTINUE:  # it may be left out when the body is there already
                    self.said += data
                case event if event is CLOSE:
                    self.said += b"closed"

    def _ask(self, asked: HttpAsked) -> None:
        self.asked.append(asked.model_copy(update={"body": self._body + asked.body}))
        self._body = b""
        self.machine.answer(self.machine.number, HttpAnswered(status=200, body=b"%d" % len(self.asked)), 0)


@given(requests=st.lists(REQUESTS, max_size=4), last=LAST, lengths=st.lists(st.integers(1, 120), max_size=40))
def test_bytes_cut_anywhere_are_the_same_requests(requests, last, lengths):
    data = b"".join([*requests, last])
    whole, cut = Driver(), Driver()
    whole.hear(data)
    for length in lengths:
        cut.hear(data[:length])
        data = data[length:]
    cut.hear(data)
    assert cut.asked == whole.asked
    assert len(cut.asked) >= len(requests)
    assert cut.said == whole.said


@given(requests=st.lists(REQUESTS, min_size=1, max_size=3))
def test_bytes_that_come_one_by_one_are_the_same_requests(requests):
    data = b"".join(requests)
    whole, cut = Driver(), Driver()
    whole.hear(data)
    for at in range(len(data)):
        cut.hear(data[at : at + 1])
    assert (cut.asked, cut.said) == (whole.asked, whole.said)
    assert len(cut.asked) == len(requests)
