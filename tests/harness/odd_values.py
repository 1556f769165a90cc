"""Fields as a stranger may fill them in: of the right type and odd, now and then of a wrong one."""

from __future__ import annotations

import types
from collections.abc import Mapping
from random import Random
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import ormsgpack
from pydantic import BaseModel

from lictor_actors.raft import Entry
from lictor_actors.store.commands import pack_command
from lictor_messages.base import CLAIM, KINDS_ON, Message
from lictor_messages.kv import PutKey
from lictor_messages.raft import AppendEntries

INTS = (0, 1, -1, 2, 7, 255, 2**20 + 1, 2**31, 2**32 + 1, 2**62 - 1, 2**62, 2**63 - 1, -(2**63), 2**64 - 2, 2**64 - 1)
TEXTS = (
    "",
    "k",
    "web",
    "server-1.dc1",
    "server-1",
    "agent-1.dc1",
    "dc1",
    "dc2",
    "server@server-1.dc1",
    "@",
    "a@b@c",
    "tcp://127.0.0.1:1",
    "tcp://",
    "://",
    "\0",
    "\x1b[2J",
    "ü😀",
    "/../",
    "x" * 300,
    "[" * 2000,
    "(" * 400,
    "a and (",
    'Node == "',
    "${match(99)}",
    "00000000-0000-4000-8000-000000000000",
    "10s",
    "-1",
    "1e999",
)
BLOBS = (b"", b"\0", b"x", b"\xff" * 9, b"\x91" * 3000, b"y" * 5000)
WRONG: tuple[object, ...] = (None, True, -1, 1.5, float("nan"), "text", b"bytes", [], [[[]]], {}, {"a": {"b": []}})


def fields_of(kind: type[BaseModel], rng: Random, wrong: float = 0.03) -> dict[str, Any]:
    """A value for each field, some left out; one in ``1/wrong`` has another type than it should."""
    return {
        name: rng.choice(WRONG) if rng.random() < wrong else _value(kind, name, info.annotation, rng)
        for name, info in kind.model_fields.items()
        if info.is_required() or rng.random() < 0.7
    }


def _value(kind: type[BaseModel], name: str, annotation: Any, rng: Random) -> Any:
    if kind is AppendEntries and name == "entries":
        # Whoever may forge entries may write anything into the log: docs/security.md says so, and no test hides it.
        return [_entry(rng) for _ in range(rng.choice((0, 0, 1, 3)))]
    if name == "updates":
        return [claim(rng) for _ in range(rng.choice((0, 1, 3)))]
    return odd(annotation, rng)


def odd(annotation: Any, rng: Random) -> Any:
    """A value of this type, as odd as may be."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return odd(arguments[0], rng)
    if origin in (Union, types.UnionType):
        return odd(rng.choice(arguments), rng)
    if origin is Literal:
        return rng.choice((*arguments, "neither"))
    if origin is tuple:
        if len(arguments) == 2 and arguments[1] is Ellipsis:
            return [odd(arguments[0], rng) for _ in range(rng.choice((0, 0, 1, 2)))]
        return [odd(argument, rng) for argument in arguments]
    if origin in (dict, Mapping):
        return {rng.choice(TEXTS): odd(arguments[1], rng) for _ in range(rng.choice((0, 0, 1, 2)))}
    return _plain(annotation, rng)


def _plain(annotation: Any, rng: Random) -> Any:
    if annotation is type(None):
        return None
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return fields_of(annotation, rng)
    choices: dict[type, tuple[object, ...]] = {
        bool: (True, False),
        int: INTS,
        float: (0.0, -1.0, 1e308, float("inf"), float("nan"), 0.5),
        str: TEXTS,
        bytes: BLOBS,
    }
    if annotation not in choices:
        raise TypeError(f"no odd values for {annotation!r} yet")
    return rng.choice(choices[annotation])


def claim(rng: Random) -> bytes:
    """A piece of gossip, mostly well formed."""
    if rng.random() < 0.1:
        return rng.choice(BLOBS)
    name = rng.choice(sorted(KINDS_ON[CLAIM]))
    return ormsgpack.packb([name, fields_of(KINDS_ON[CLAIM][name], rng)])


def _entry(rng: Random) -> bytes:
    command = pack_command(1, "door@n.dc1", f"r{rng.random()}", PutKey(key="forged"))
    return Entry(1, rng.choice((0, 1, 2, 5)), "command", command).packed


def packed(kind: type[Message], fields: dict[str, Any], source: str, target: str, request: str, reply_to: str) -> bytes:
    """An envelope as it stands in a frame."""
    return ormsgpack.packb([source, target, request, reply_to, 0, 0, "", kind.kind, fields])
