"""Messages in a few words, for people."""

from __future__ import annotations

from lictor_messages.base import Message, Record
from lictor_messages.secret import without_token

LONGEST = 90
TARGET = "target"
"""Of a request over HTTP, where a token may be a parameter."""
_PLAIN = {"dc", "consistency", "rendered", "known_leader", "last_contact_ms"}
"""Fields that say nothing about what was asked or answered."""


def verb(body: Message) -> str:
    """``kv.put_key`` → ``put_key``."""
    return body.kind.partition(".")[2]


def describe(body: Message) -> str:
    """The message's name and its short fields, but for secrets."""
    shown = {name for name, field in type(body).model_fields.items() if field.repr or name == TARGET} - _PLAIN
    said = [
        f"{name}={without_token(value) if name == TARGET else _short(value)}"
        for name, value in body
        if name in shown and value not in ("", 0, None, ())
    ]
    text = " ".join([verb(body), *said])
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _short(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode() if len(value) <= 24 and value.isascii() else f"{len(value)} bytes"
    if isinstance(value, tuple):
        return f"{len(value)}" if len(value) > 1 or not isinstance(value[0], Record) else f"[{_row(value[0])}]"
    if isinstance(value, Record):
        return f"[{_row(value)}]"
    return str(value)


def _row(record: Record) -> str:
    names = ("key", "value", "id", "name", "service", "modify_index")
    return " ".join(_short(value) for name in names if (value := getattr(record, name, "")) not in ("", b"", 0))
