"""Messages as a stranger might say them: any kind, any field, odd values, through the codec as over a wire.

Kinds and fields are read off the classes, so that what is added later is covered by itself. All is drawn from one
``Random``: a strategy that walks every field would take a hundred times as long as the servers that it tries.
"""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from random import Random
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import ormsgpack

from lictor_actors.raft import Entry
from lictor_actors.store.commands import pack_command
from lictor_messages import every as every  # a class knows only those subclasses that were imported
from lictor_messages.base import CLAIM, KINDS_ON, Message, Record
from lictor_messages.codec import FrameRefused, unpack
from lictor_messages.kv import PutKey

UUIDS = tuple(f"0a1b2c3d-0000-4000-8000-00000000000{n}" for n in (1, 2, 3))
NAMES = ("n1", "N1", "server-1", "web", "Web", "c1", "serfHealth", "a", "a/b", "any", "passing", "dc1", *UUIDS[:2])
"""Some of them mean something: what is asked for is there now and then."""
DURATIONS = ("10s", "86400s", "0", "-1h", "1ns", "9223372036854775807ns", "9" * 30 + "h", "10S", "١s")
PATTERNS = (
    "(a+)+$",
    "(",
    "a{1000}{1000}",
    "${name.full}",
    "${match(1)}",
    "${match(99999)}",
    "${",
    "[^]",
    "\\C",
    "(?i)N",
)
FILTERS = (
    'Node == "n1"',
    "Meta.x is empty",
    "(" * 60 + "Node is empty" + ")" * 60,
    "not " * 3000 + "Node is empty",
    "(" * 5000,
    " or ".join(["Node is empty"] * 500),
    'Node matches "(a+)+$"',
    f"Service.Port == {'9' * 19}",
    'Checks.Status == "passing"',
    '"/Meta/a~2" == `\x00`',
    'ServiceTags contains "\\ud800"',
    '"\\ud800" in Tags',
    'Node == "\\u0000"',
)
TEXTS = ("", "\x00", "a\x00b", "\u0130", "ß", "\U0010ffff", "\ufeff", "/", "//", "a/", "0" * 300, "f" * 300)
LONG = "x" * 100_000
"""Twice as much fits into a frame of the world."""
BYTES = (b"\xff\x00", b"x" * 524_288, b"x" * 524_289)
SMALL = (0, 1, 2, 3, 20)
SECONDS = (0, 0, 1, 1_000_000_000, 10_000_000_000)
WHOLE = (-1, 2**31, 2**32, 2**62, 2**63 - 1, 2**63, 2**64 - 1, -(2**63))
NO_WHOLE = ("9" * 4000, "9" * 30, "7", 1e300, 2.0, float("nan"), True, None, [], {})
"""What the wire can carry where a whole number is due."""
ODD_TEXTS = (*TEXTS, *DURATIONS, *PATTERNS, *FILTERS)
INTS = (0, 1, -1, 2, 7, 255, 2**20 + 1, 2**31, 2**32 + 1, 2**62 - 1, 2**62, 2**63 - 1, -(2**63), 2**64 - 2, 2**64 - 1)
FORGED_TEXTS = (
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
REALS = (0.0, -1.0, 1e308, float("inf"), float("nan"), 0.5)
BLOBS = (b"", b"\0", b"x", b"\xff" * 9, b"\x91" * 3000, b"y" * 5000)
WRONG: tuple[object, ...] = (None, True, -1, 1.5, float("nan"), "text", b"bytes", [], [[[]]], {}, {"a": {"b": []}})
"""What another type than the field's looks like."""
POOLS: Mapping[str, tuple[str, ...]] = {
    "node": ("n1", "n1", "N1", "n2", "server-1"),
    "address": ("10.0.0.1", "10.0.0.2", "", "0.0.0.0"),
    "id": (*UUIDS, "web", "", "W"),
    "service": ("web", "Web", "db"),
    "service_id": ("", "", "web", "Web", "db"),
    "check_id": ("c1", "C1", "serfHealth", ""),
    "node_checks": ("serfHealth", "c1"),
    "service_checks": ("c1", "c2"),
    "key": ("a", "a/b", "a/b/c", "b", ""),
    "prefix": ("a", "a/", "", "b"),
    "name": ("web", "w", "", "we", "n1"),
    "name_or_id": ("web", "weblog", "w", *UUIDS),
    "token": ("", "t"),
    "verb": (
        "set",
        "get",
        "cas",
        "delete",
        "delete-cas",
        "delete-tree",
        "lock",
        "unlock",
        "get-tree",
        "check-index",
        "check-session",
        "get-or-empty",
        "check-not-exists",
        "?",
    ),
    "status": ("passing", "warning", "critical", "", "odd"),
    "behavior": ("release", "delete", "", "odd"),
    "ttl": ("", *DURATIONS),
    "dns_ttl": ("", *DURATIONS),
    "regexp": ("", *PATTERNS),
    "node_filter": ("", *PATTERNS),
    "service_filter": ("", *PATTERNS),
    "tag_filter": ("", *PATTERNS),
    "filter": FILTERS,
    "dc": ("", "", "", "dc1", "dc2", "\x00"),
    "type": ("name_prefix_match", "", "odd"),
    "session": ("", *UUIDS),
    "acquire": UUIDS,
    "release": UUIDS,
    "proxy": ("", "", '{"DestinationServiceName":"web"}', '{"Config":{"a":[1,{"b":null}]}}'),
}


def kinds_of(root: type[Message]) -> list[type[Message]]:
    """Every kind under ``root`` that may travel, in the order of their names."""
    found: dict[str, type[Message]] = {}
    waiting: list[type[Message]] = [root]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if not kind.__name__.startswith("_"):
            found[kind.kind] = kind
    return [found[name] for name in sorted(found)]


def said(kind: type[Message], fields: Mapping[str, Any]) -> Message | None:
    """The message as it arrives at a door; None if the codec refuses it there."""
    try:
        return unpack(packed(kind, fields, "client@c", "", "r", "client@c")).body
    except FrameRefused:
        return None


def packed(
    kind: type[Message], fields: Mapping[str, Any], source: str, target: str, request: str, reply_to: str
) -> bytes:
    """An envelope as it stands in a frame."""
    return ormsgpack.packb([source, target, request, reply_to, 0, 0, "", kind.kind, fields])


BOUNDED: Mapping[str, tuple[int, ...]] = {"relay_factor": (0, 1, 5)}
"""Whole numbers of which a message takes few."""


class Odd:
    """Draws messages; ``oddness`` is the share of fields that hold something nobody would expect there."""

    def __init__(self, rng: Random, oddness: float = 0.1) -> None:
        self.rng = rng
        self._oddness = oddness

    def message(self, kinds: Sequence[type[Message]]) -> Message:
        """One of these kinds, as it has passed the codec."""
        while True:
            kind = self.rng.choice(kinds)
            message = said(kind, self.fields(kind))
            if message is not None:
                return message

    def fields(self, kind: type[Record]) -> dict[str, Any]:
        """What a stranger may put into a message of this kind, as msgpack carries it."""
        return {
            name: self._value(name, field.annotation)
            for name, field in kind.model_fields.items()
            if field.is_required() or self.rng.random() < 0.4
        }

    def _value(self, name: str, kind: Any) -> Any:
        origin, inner = get_origin(kind), get_args(kind)
        if origin is Annotated:
            return self._value(name, inner[0])
        if origin in (Union, types.UnionType):
            return self._value(name, self.rng.choice(inner))
        if origin is Literal:
            return self.rng.choice(inner)
        if origin is tuple:
            return self._values(name, inner)
        if origin is not None and issubclass(origin, Mapping):
            return {self._text("key"): self._text("value") for _ in range(self.rng.randrange(3))}
        if isinstance(kind, type) and issubclass(kind, Record):
            return self.fields(kind)
        return self._scalar(name, kind)

    def _values(self, name: str, inner: tuple[Any, ...]) -> list[Any]:
        if inner[1:] == (Ellipsis,):
            return [self._value(name, inner[0]) for _ in range(self.rng.randrange(4))]
        return [self._value(name, one) for one in inner]

    def _scalar(self, name: str, kind: Any) -> Any:
        rng = self.rng
        if kind is type(None):
            return None
        if kind is bool:
            return rng.random() < 0.5
        if kind is int:
            return self._whole(name)
        if kind is float:
            return rng.choice((0.0, 1.0, -1.0, 1e300, float("inf"), float("nan")))
        if kind is bytes:
            return rng.choice(BYTES) if rng.random() < self._oddness else rng.choice((b"", b"1", b"22"))
        assert kind is str, f"nobody has said what may be odd about {name}: {kind}"
        return self._text(name)

    def _whole(self, name: str) -> Any:
        draw = self.rng.random()
        if draw < self._oddness / 10:
            return self.rng.choice(NO_WHOLE)
        if draw < self._oddness * 2:
            return self.rng.choice(WHOLE)
        return self.rng.choice(SECONDS if name.endswith("_ns") else BOUNDED.get(name, SMALL))

    def _text(self, name: str) -> str:
        draw = self.rng.random()
        if draw < self._oddness / 50:
            return LONG
        if draw < self._oddness:
            return self.rng.choice(ODD_TEXTS)
        return self.rng.choice(POOLS.get(name, NAMES))


class OddFrame(Odd):
    """What a stranger may put into frames: each field odd, now and then (``wrong``) of a type that it has not."""

    def __init__(self, rng: Random, wrong: float = 0.03) -> None:
        super().__init__(rng)
        self._wrong = wrong

    def fields(self, kind: type[Record]) -> dict[str, Any]:
        """See ``Odd.fields``."""
        rng = self.rng
        return {
            name: rng.choice(WRONG) if rng.random() < self._wrong else value
            for name, value in super().fields(kind).items()
        }

    def claim(self) -> bytes:
        """A piece of gossip, mostly well formed."""
        if self.rng.random() < 0.1:
            return self.rng.choice(BLOBS)
        name = self.rng.choice(sorted(KINDS_ON[CLAIM]))
        return ormsgpack.packb([name, self.fields(KINDS_ON[CLAIM][name])])

    def _value(self, name: str, kind: Any) -> Any:
        if kind == tuple[bytes, ...] and name in ("entries", "updates"):
            made = self._entry if name == "entries" else self.claim
            return [made() for _ in range(self.rng.choice((0, 0, 1, 3)))]
        if get_origin(kind) is Literal:
            return self.rng.choice((*get_args(kind), "neither"))
        return super()._value(name, kind)

    def _scalar(self, name: str, kind: Any) -> Any:
        pools: dict[type, tuple[object, ...]] = {int: INTS, float: REALS, bytes: BLOBS, str: FORGED_TEXTS}
        return self.rng.choice(pools[kind]) if kind in pools else super()._scalar(name, kind)

    def _entry(self) -> bytes:
        # A stranger who may forge entries may write anything into the log: docs/security.md says so.
        command = pack_command(1, "door@n.dc1", f"r{self.rng.random()}", PutKey(key="forged"))
        return Entry(1, self.rng.choice((0, 1, 2, 5)), "command", command).packed
