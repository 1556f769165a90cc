"""Base64 as Go's decoder takes it: line ends are skipped, padding is needed, and an error says where it is."""

from __future__ import annotations

import json

import pytest

from lictor_messages.txn import Transact


def transacted(desk, value):
    request = desk.http("PUT", "/v1/txn", json.dumps([{"KV": {"Verb": "set", "Key": "k", "Value": value}}]).encode())
    return desk.upstream() if request not in desk.answers else desk.answers[request]


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ("", b""),
        ("\n", b""),
        ("\r\n\r\n", b""),
        ("aGVsbG8=", b"hello"),
        ("aGVs\nbG8=\n", b"hello"),
        ("aGVs\r\nbG8=\r\n", b"hello"),
        ("\naGVsbG8=", b"hello"),
        ("aGVsbG8\n=", b"hello"),
        ("a\nG\nV\ns\nb\nG\n8\n=", b"hello"),
        ("aGk\r=", b"hi"),
        ("YQ=\n=", b"a"),
        ("YQ==\n\n\r", b"a"),
        ("YR==", b"a"),
        ("/+8=", b"\xff\xef"),
        ("aGVsbG8h" * 20 + "\n", b"hello!" * 20),
        (None, b""),
    ],
)
def test_what_is_taken(desk, given, value):
    made = transacted(desk, given)
    assert isinstance(made, Transact)
    assert made.operations[0].kv.value == value


@pytest.mark.parametrize(
    ("given", "at"),
    [
        ("aGVsbG8", 4),
        ("a", 0),
        ("aG", 0),
        ("aGk", 0),
        ("aGVsbG8\n", 5),
        ("=", 0),
        ("a===", 1),
        ("YQ=", 3),
        ("YQ=x", 2),
        ("YQ===", 4),
        ("YWJj=", 4),
        ("YWJj====", 4),
        ("YQ==YQ==", 4),
        ("aGVs bG8=", 4),
        ("aGVs\tbG8=", 4),
        ("aGVs-bG8", 4),
        ("____", 0),
        ("aGV€", 3),
        ("!", 0),
        ("aG\nV!", 4),
    ],
)
def test_what_is_refused_and_where(desk, given, at):
    answer = transacted(desk, given)
    words = f"Failed to parse body: illegal base64 data at input byte {at}"
    assert (answer.status, answer.body.decode()) == (400, words)


@pytest.mark.parametrize(("given", "kind"), [(5, "number"), (True, "bool"), ({}, "object")])
def test_what_is_no_text(desk, given, kind):
    answer = transacted(desk, given)
    assert answer.status == 400
    assert answer.body.startswith(f"Failed to parse body: json: cannot unmarshal {kind} into Go struct field ".encode())
