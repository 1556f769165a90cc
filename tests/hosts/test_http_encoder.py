"""Responses are made once while their answer stays the same object, and never for another's request."""

from __future__ import annotations

import gzip
import itertools

import pytest

from lictor_actors.hosts.doors.http import response as http_response
from lictor_actors.hosts.doors.http.response import Encoder, encode_response
from lictor_messages.web import HttpAnswered

LONG = HttpAnswered(status=200, headers=(("A", "b"),), body=b"x" * 2000)


@pytest.fixture
def at_second(monkeypatch):
    def set_clock(second: float) -> None:
        monkeypatch.setattr(http_response.time, "time", lambda: second)

    set_clock(1000.0)
    return set_clock


def plain(encoder: Encoder, answered: HttpAnswered) -> bytes:
    return encoder.encode(answered, head=False, http10=False, close=False, gzips=False)


def test_every_form_is_what_encode_response_makes(at_second):
    encoder = Encoder()
    for _ in range(2):
        for head, http10, close, gzips in itertools.product((False, True), repeat=4):
            wanted = encode_response(LONG, head=head, http10=http10, close=close, gzips=gzips)
            assert encoder.encode(LONG, head=head, http10=http10, close=close, gzips=gzips) == wanted


def test_the_same_answer_is_encoded_and_compressed_once(at_second, monkeypatch):
    squeezed = []
    compress = gzip.compress
    monkeypatch.setattr(gzip, "compress", lambda body, **how: squeezed.append(1) or compress(body, **how))
    encoder = Encoder()
    for _ in range(5):
        encoder.encode(LONG, head=False, http10=False, close=False, gzips=True)
    assert len(squeezed) == 1


def test_equal_answers_that_are_other_objects_are_encoded_each(at_second):
    encoder = Encoder()
    for number in range(50):  # an id that is free again must not bring back its last owner's bytes
        answered = HttpAnswered(status=200, body=b"%d" % number)
        assert plain(encoder, answered).endswith(b"\r\n\r\n%d" % number)


def test_the_date_is_of_its_second(at_second):
    encoder = Encoder()
    first = plain(encoder, LONG)
    at_second(1000.9)
    assert plain(encoder, LONG) is first
    at_second(1001.0)
    assert b"00:16:41" in plain(encoder, LONG)


def test_what_is_kept_is_bounded(at_second, monkeypatch):
    monkeypatch.setattr(http_response, "ENCODED_BYTES_MOST", 10_000)
    encoder = Encoder()
    for _ in range(50):
        plain(encoder, HttpAnswered(status=200, body=b"y" * 2000))
        assert sum(len(data) for _, data in encoder._made.values()) <= 10_000 + 4_300
