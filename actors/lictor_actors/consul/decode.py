"""Go's way with JSON: zero values for null, and its words for errors.

Each function reads one kind of value. The texts are those of Go's encoding/json, which clients show to people and a
few compare.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from math import isinf
from typing import Any

import orjson

from lictor_actors.consul.go_base64 import go_base64
from lictor_actors.consul.go_syntax import syntax_error
from lictor_actors.consul.go_times import parse_go_time
from lictor_messages.bounds import INT64_MAX, UINT64_MAX
from lictor_messages.durations import parse_go_duration

DIGITS_MOST = len(str(UINT64_MAX))
SHOWN_MOST = 64
"""Characters of a name or a number that an error text repeats."""
Decode = Callable[[Any, str], Any]
"""From a JSON value and the name of where it stands (``Struct.Field``) to the value of the field."""

SECOND_NS = 1_000_000_000
SECONDS_BELOW = 1000
"""A lock-delay below this means seconds, from this on nanoseconds."""


class BadBody(ValueError):
    """The body is not what the endpoint takes; the text is Go's."""


def parse_json(body: bytes) -> Any:
    """JSON as Python values; raises BadBody with Go's words, and no other exception for any bytes.

    Whole numbers have 64 bits at most: one beyond is a float, of which no field takes it for whole.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return _parse_first(body)


def _parse_first(body: bytes) -> Any:
    text = body.decode(errors="replace").lstrip(" \t\r\n")
    try:
        value = _FIRST_VALUE.raw_decode(_ESCAPE.sub(_character, text) if "\\u" in text else text)[0]
    except json.JSONDecodeError as error:
        raise BadBody(syntax_error(body) or f"invalid character at {error.pos} of {len(body)}") from error
    except RecursionError as error:
        raise BadBody("json: exceeded max depth") from error
    if words := syntax_error(body):  # Python reads "1." as 1, to Go it is the beginning of a number
        raise BadBody(words)
    return value


def _character(escape: re.Match[str]) -> str:
    """Half of a surrogate pair is no character: Go puts U+FFFD there, and so do we."""
    return "\N{REPLACEMENT CHARACTER}" if escape[1] else escape[0]


_ESCAPE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\."
)


def _no_constant(name: str) -> Any:
    raise json.JSONDecodeError("Python alone reads this", name, 0)


def _whole(digits: str) -> int | float:
    """Python reads whole numbers of any length up to 4,300 digits, and raises beyond: 64 bits have twenty."""
    if len(digits) > DIGITS_MOST or not -INT64_MAX <= int(digits) <= UINT64_MAX:
        return _real(digits)
    return int(digits)


def _real(digits: str) -> float:
    value = float(digits)
    if isinf(value):
        raise BadBody(f"json: cannot unmarshal number {shortened(digits)} into Go value of type float64")
    return value


_FIRST_VALUE = json.JSONDecoder(parse_constant=_no_constant, parse_int=_whole, parse_float=_real)


# -- fields ---------------------------------------------------------------------


def string(value: Any, where: str) -> str:
    """A string; null is ""."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise mismatch(value, where, "string")
    return value


def boolean(value: Any, where: str) -> bool:
    """A boolean; null is false."""
    if value is None:
        return False
    if not isinstance(value, bool):
        raise mismatch(value, where, "bool")
    return value


def integer(value: Any, where: str) -> int:
    """A whole number of 64 bits; null is 0."""
    if value is None:
        return 0
    if not isinstance(value, int) or isinstance(value, bool) or not -INT64_MAX <= value <= INT64_MAX:
        raise mismatch(value, where, "int", exact=True)
    return value


def unsigned(value: Any, where: str) -> int:
    """A whole number of 64 bits without a sign; null is 0."""
    if value is None:
        return 0
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= UINT64_MAX:
        raise mismatch(value, where, "uint64", exact=True)
    return value


def real(value: Any, where: str) -> float:
    """A number; null is 0."""
    if value is None:
        return 0.0
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise mismatch(value, where, "float64")
    return float(value)


def time(value: Any, where: str) -> int:
    """Nanoseconds since 1970, from RFC 3339; null and Go's zero time are 0."""
    if value is None:
        return 0
    if not isinstance(value, str):
        raise mismatch(value, where, "time.Time")
    try:
        return parse_go_time(value)
    except ValueError as error:
        raise BadBody(str(error)) from error


def duration(value: Any, where: str) -> int:
    """Nanoseconds, from Go's notation (``"1m30s"``) or from a number of nanoseconds; null is 0, "" is no duration."""
    if value is None:
        return 0
    if isinstance(value, str):
        try:
            return parse_go_duration(value)
        except ValueError as error:
            words = str(error) if len(value) <= SHOWN_MOST else f'time: invalid duration "{shortened(value)}"'
            raise BadBody(words) from error
    if isinstance(value, bool) or not isinstance(value, int | float) or not -INT64_MAX <= value <= INT64_MAX:
        raise mismatch(value, where, "time.Duration")
    return int(value)


def lock_delay(value: Any, where: str) -> int:
    """Nanoseconds of a lock-delay, never below zero: fewer than a thousand are seconds, ``"5ns"`` as well as ``5``."""
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < SECONDS_BELOW:
        return int(value * SECOND_NS)
    ns = max(0, duration(value, where))
    return ns * SECOND_NS if ns < SECONDS_BELOW else ns


def base64(value: Any, where: str) -> bytes:
    """Go's way with []byte: base64, null for none."""
    if value is not None and not isinstance(value, str):
        raise mismatch(value, where, "[]uint8")
    try:
        return go_base64(value or "")
    except ValueError as error:
        raise BadBody(str(error)) from error


def args(value: Any, where: str) -> Any:
    """A program and its arguments. Consul too has no shell strings any more."""
    if isinstance(value, str):
        raise BadBody(f'{where} is a list, because no shell reads it: write ["sh", "-c", "..."] for a line of shell')
    return strings(value, where)


def no_script(value: Any, where: str) -> str:
    """The shell string of old versions."""
    raise BadBody('json: unknown field "Script": use Args with a list, like ["sh", "-c", "..."]')


def check_id(value: Any, where: str) -> str:
    """The id in an object that names a check."""
    if not isinstance(value, dict):
        raise BadBody(f"json: cannot unmarshal value into Go struct field {where} of type structs.ServiceCheck")
    return string({key.lower(): item for key, item in value.items()}.get("id"), where)


def anything(value: Any, where: str) -> Any:
    """A part that is looked at elsewhere or not at all."""
    return value


def list_of(item: Decode, go_type: str) -> Decode:
    """A list; null is an empty one."""

    def decode(value: Any, where: str) -> tuple[Any, ...]:
        if value is None:
            return ()
        if not isinstance(value, list):
            raise mismatch(value, where, f"[]{go_type}")
        return tuple(item(one, where) for one in value)

    return decode


def map_of(item: Decode, go_type: str) -> Decode:
    """An object with any keys; null is an empty one."""

    def decode(value: Any, where: str) -> dict[str, Any]:
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise mismatch(value, where, f"map[string]{go_type}")
        return {key: item(one, where) for key, one in value.items()}

    return decode


strings = list_of(string, "string")
string_map = map_of(string, "string")


def mismatch(value: Any, where: str, go_type: str, *, exact: bool = False) -> BadBody:
    """A value that is no ``go_type``, in Go's words."""
    kind = _json_kind(value)
    if exact and kind == "number":
        kind = f"number {value}"
    field = f"struct field {where}" if where else "value"
    return BadBody(f"json: cannot unmarshal {kind} into Go {field} of type {go_type}")


def _json_kind(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    for python, name in ((str, "string"), (dict, "object"), (list, "array")):
        if isinstance(value, python):
            return name
    return "number"


def shortened(text: str) -> str:
    """What an error text repeats of a name."""
    return text if len(text) <= SHOWN_MOST else f"{text[:SHOWN_MOST]}…"
