"""Responses are made once while their answer stays the same object, and never for another's request."""

from __future__ import annotations

import gzip
import itertools

from lictor_actors.hosts.doors.http import response as http_response
from lictor_actors.hosts.doors.http.events import Form
from lictor_actors.hosts.doors.http.response import Encoder, encode_response
from lictor_messages.web import HttpAnswered

LONG = HttpAnswered(status=200, headers=(("A", "b"),), body=b"x" * 2000)


WALL = 1000


def plain(encoder: Encoder, answered: HttpAnswered, wall: int = WALL) -> bytes:
    return encoder.encode(answered, Form(), wall)


def test_every_form_is_what_encode_response_makes():
    encoder = Encoder()
    for _ in range(2):
        for form in itertools.starmap(Form, itertools.product((False, True), repeat=4)):
            assert encoder.encode(LONG, form, WALL) == encode_response(LONG, form, WALL)


def test_the_same_answer_is_encoded_and_compressed_once(monkeypatch):
    squeezed = []
    compress = gzip.compress
    monkeypatch.setattr(gzip, "compress", lambda body, **how: squeezed.append(1) or compress(body, **how))
    encoder = Encoder()
    for _ in range(5):
        encoder.encode(LONG, Form(gzips=True), WALL)
    assert len(squeezed) == 1


def test_equal_answers_that_are_other_objects_are_encoded_each():
    encoder = Encoder()
    for number in range(50):  # an id that is free again must not bring back its last owner's bytes
        answered = HttpAnswered(status=200, body=b"%d" % number)
        assert plain(encoder, answered).endswith(b"\r\n\r\n%d" % number)


def test_the_date_is_of_its_second():
    encoder = Encoder()
    first = plain(encoder, LONG)
    assert plain(encoder, LONG) is first
    assert b"00:16:40" in first
    assert b"00:16:41" in plain(encoder, LONG, WALL + 1)


def test_what_is_kept_is_bounded(monkeypatch):
    monkeypatch.setattr(http_response, "ENCODED_BYTES_MOST", 10_000)
    encoder = Encoder()
    for _ in range(50):
        plain(encoder, HttpAnswered(status=200, body=b"y" * 2000))
        assert sum(len(data) for _, data in encoder._made.values()) <= 10_000 + 4_300
