"""Kinds of values in Consul's JSON: how each is read, written, filtered and described."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from lictor_actors.consul import decode
from lictor_actors.consul.go_times import go_time
from lictor_actors.consul.selectors import ANY, BOOL, INT, STRING, STRINGS, Selector
from lictor_messages.durations import go_duration

Schema = dict[str, Any]
VALUE = "VALUE"
"""Stands for the attribute in the expression of a row."""


def as_it_is(value: Any) -> Any:
    """What is read is what a record holds."""
    return value


def in_order(mapping: Mapping[str, str]) -> Mapping[str, str]:
    """Go writes maps in the order of their keys."""
    return mapping if len(mapping) < 2 else {key: mapping[key] for key in sorted(mapping)}


@dataclass(frozen=True, slots=True)
class Kind:
    """``written`` is a Python expression of the JSON value, with the names that it uses."""

    read: decode.Decode
    schema: Schema
    selector: Selector | None = None
    """None: no filter can name it."""
    written: str = VALUE
    names: Mapping[str, Any] = field(default_factory=dict)
    kept: Callable[[Any], Any] = as_it_is
    """From what was read to what a record holds."""
    shown: Callable[[Any], Any] | None = None
    """From what a row of an answer says to what a record holds, if that is not ``kept`` of what is read."""

    def told(self, value: Any, where: str) -> Any:
        """What a record holds of a value in a row of an answer. Raises BadBody."""
        return self.kept(self.read(value, where)) if self.shown is None else self.shown(value)

    @property
    def zero(self) -> Any:
        """What is read from null, as a record holds it."""
        return self.kept(self.read(None, ""))


_TEXT_SCHEMA: Schema = {"type": "string"}
_WHOLE: Schema = {"type": "integer", "format": "int64"}

TEXT = Kind(decode.string, _TEXT_SCHEMA, STRING)
INTEGER = Kind(decode.integer, _WHOLE, INT)
UNSIGNED = Kind(decode.unsigned, {"type": "integer", "format": "uint64", "minimum": 0}, INT)
INDEX = Kind(decode.unsigned, UNSIGNED.schema)
REAL = Kind(decode.real, {"type": "number", "format": "double"})
REALS = Kind(decode.list_of(decode.real, "float64"), {"type": "array", "items": REAL.schema})
BOOLEAN = Kind(decode.boolean, {"type": "boolean"}, BOOL)
TEXTS = Kind(decode.strings, {"type": "array", "items": _TEXT_SCHEMA}, STRINGS)
ARGS = Kind(decode.args, TEXTS.schema, STRINGS)
NO_SCRIPT = Kind(decode.no_script, {"not": {}})
TEXT_MAP = Kind(
    decode.string_map,
    {"type": "object", "additionalProperties": _TEXT_SCHEMA},
    {ANY: STRING},
    written="in_order(VALUE)",
    names={"in_order": in_order},
)
HEADERS = Kind(
    decode.map_of(decode.strings, "[]string"),
    {"type": "object", "additionalProperties": TEXTS.schema},
    written="dict(sorted(VALUE))",
    kept=lambda given: tuple(given.items()),
)
DURATION = Kind(
    decode.duration,
    _TEXT_SCHEMA,
    STRING,
    written="go_duration(VALUE)",
    names={"go_duration": go_duration},
)
TIME = Kind(
    decode.time,
    {"type": "string", "format": "date-time"},
    written="go_time(VALUE)",
    names={"go_time": go_time},
)
LOCK_DELAY = Kind(decode.lock_delay, _WHOLE, INT)
BASE64 = Kind(
    decode.base64,
    {"type": "string", "format": "byte"},
    written="b64encode(VALUE).decode()",
    names={"b64encode": b64encode},
)
CHECK_IDS = Kind(
    decode.list_of(decode.check_id, "structs.ServiceCheck"),
    {"type": "array", "items": {"type": "object", "properties": {"ID": _TEXT_SCHEMA, "Namespace": _TEXT_SCHEMA}}},
    written="[{'ID': one, 'Namespace': ''} for one in VALUE]",
)
ANYTHING = Kind(decode.anything, {})

WORDS: Mapping[str, Kind] = {
    "args": ARGS,
    "base64": BASE64,
    "check_ids": CHECK_IDS,
    "duration": DURATION,
    "index": INDEX,
    "lock_delay": LOCK_DELAY,
    "reals": REALS,
    "time": TIME,
    "unsigned": UNSIGNED,
}
"""Of ``Json.kind``."""
_BY_TYPE: Mapping[Any, Kind] = {
    str: TEXT,
    int: INTEGER,
    float: REAL,
    bool: BOOLEAN,
    tuple[str, ...]: TEXTS,
    Mapping[str, str]: TEXT_MAP,
    tuple[tuple[str, tuple[str, ...]], ...]: HEADERS,
}

Parts = Mapping[Any, Kind]
"""Kinds that a struct brings along: by a word, by a record, by a tuple of them."""


def kind_of(word: str, hint: Any, parts: Parts) -> Kind:
    """The kind of a field with this word of ``Json`` and this type. Raises TypeError if there is none."""
    if get_origin(hint) is Literal:
        hint = str
    elif NoneType in (choices := get_args(hint)):
        hint = choices[0]
    found = (parts.get(word) or WORDS.get(word)) if word else (parts.get(hint) or _BY_TYPE.get(hint))
    if found is None:
        raise TypeError(f"no kind of JSON for {word or hint}: add it to WORDS, or the struct of a record to the parts")
    return found


def constant(name: str, value: Any, selector: Selector) -> Kind:
    """A value that every row has, under a name for its expression."""
    return Kind(decode.anything, {"const": value}, selector, written=name, names={name: value})
