"""No number reaches an actor that no message could carry on."""

from __future__ import annotations

from random import Random

import ormsgpack
import pytest
from odd_messages import Odd, kinds_of, said

from lictor_messages.base import Message
from lictor_messages.codec import pack_body
from lictor_messages.kv import PutKey

KINDS = [kind for kind in kinds_of(Message) if kind.__module__.startswith("lictor_messages.")]
WHOLE = [(kind, name) for kind in KINDS for name, field in kind.model_fields.items() if field.annotation is int]


@pytest.mark.parametrize(("kind", "name"), WHOLE, ids=lambda part: getattr(part, "kind", part))
def test_a_text_is_no_number(kind: type[Message], name: str) -> None:
    odd, fields = Odd(Random(1), oddness=0), None
    for _ in range(20):
        fields = {**odd.fields(kind), name: 7}
        if said(kind, fields) is not None:
            break
    for value in ("7", "9" * 30, 7.0, True, None):
        assert said(kind, {**fields, name: value}) is None, value


@pytest.mark.parametrize("number", [2**64 - 1, -(2**63)])
def test_numbers_of_64_bits_come_and_go(number: int) -> None:
    message = said(PutKey, {"key": "a", "cas": number})
    assert isinstance(message, PutKey)
    assert ormsgpack.unpackb(pack_body(message))[1]["cas"] == number
