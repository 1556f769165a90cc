"""Bytes that are no JSON, in Go's own words: ``go_syntax.jsonl`` has what a Decoder of Go 1.26 said to them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lictor_actors.consul.decode import BadBody, parse_json
from lictor_actors.consul.go_syntax import READ_MOST, syntax_error

RECORDED = [json.loads(line) for line in (Path(__file__).parent / "go_syntax.jsonl").read_text().splitlines()]
"""Each body byte by byte, as if a byte were a character, and Go's words."""
PIECES = st.sampled_from([*'[]{},:"\\ -+.eE019tfn', "true", "null", '"a"', "\\u12", "\xc3", "\xe9", "\x00"])


@pytest.mark.parametrize(("body", "words"), RECORDED, ids=[repr(body) for body, _ in RECORDED])
def test_what_is_no_json_is_said_in_the_words_of_go(body: str, words: str) -> None:
    if not words:
        parse_json(body.encode("latin-1"))
        return
    with pytest.raises(BadBody) as refused:
        parse_json(body.encode("latin-1"))
    assert str(refused.value) == words


def refusal(body: bytes) -> str:
    try:
        parse_json(body)
    except BadBody as refused:
        return str(refused)
    return ""


@given(st.lists(PIECES, max_size=12).map(lambda pieces: "".join(pieces).encode("latin-1")))
def test_bytes_are_no_json_exactly_when_there_are_words_for_it(body: bytes) -> None:
    assert refusal(body) == syntax_error(body)


def test_deep_nesting_that_is_broken_at_its_end_has_words_too() -> None:
    body = b"[" * READ_MOST
    assert syntax_error(body[1:] + b"x") == "invalid character 'x' looking for beginning of value"
    assert refusal(body) == "json: exceeded max depth"


def test_a_large_body_that_is_no_json_is_refused_without_being_walked_over() -> None:
    body = b"[" + b"1," * READ_MOST + b"x]"
    assert syntax_error(body) == ""
    assert refusal(body) == f"invalid character at {len(body) - 2} of {len(body)}"
