"""JSON that is kept as text: what is taken, in which form, and what is not."""

from __future__ import annotations

import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from lictor_messages.json_text import BYTES_MOST, DEPTH_MOST, JsonObject, json_text

KEPT = TypeAdapter(JsonObject)
PLAIN = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    PLAIN | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=20,
)


@given(value=st.dictionaries(st.text(), VALUES, max_size=4))
def test_what_is_kept_is_what_was_given_for_every_reader(value: dict[str, object]) -> None:
    text = KEPT.validate_python(json.dumps(value))
    assert orjson.loads(text) == json.loads(text) == value
    assert orjson.dumps(orjson.loads(text))
    assert KEPT.validate_python(text) == text


@pytest.mark.parametrize(
    "text", ["{", "[]", "1", '{"a":NaN}', '{"a":1e999}', '{"a":"\\ud800"}', '{"a":18446744073709551616}']
)
def test_what_some_reader_would_not_take_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        KEPT.validate_python(text)


@pytest.mark.parametrize("depth", [DEPTH_MOST, DEPTH_MOST + 1, 100_000])
def test_depth_is_bounded(depth: int) -> None:
    text = '{"a":' * depth + "0" + "}" * depth
    if depth <= DEPTH_MOST:
        assert KEPT.validate_python(text) == text
    else:
        with pytest.raises(ValidationError, match="deep"):
            KEPT.validate_python(text)


def test_size_is_bounded_in_bytes() -> None:
    with pytest.raises(ValueError, match="bytes"):
        json_text({"a": "é" * (BYTES_MOST // 2)})
