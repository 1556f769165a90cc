"""JSON that is kept as text, as it was given: an object of bounded size and depth that every reader of JSON takes."""

from __future__ import annotations

import json
from typing import Annotated, Any

from pydantic import AfterValidator

from lictor_messages.bounds import INT64_MAX, UINT64_MAX

DEPTH_MOST = 32
BYTES_MOST = 64 * 1024


def json_text(value: dict[str, Any]) -> str:
    """One text for one value: keys in their order, no blanks. Raises ValueError for what is not to be kept."""
    if is_deeper(value, DEPTH_MOST):
        raise ValueError(f"nested more than {DEPTH_MOST} deep")
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True)
    if len(text.encode()) > BYTES_MOST:  # half a surrogate pair cannot be encoded, which is a ValueError too
        raise ValueError(f"more than {BYTES_MOST} bytes")
    return text


def is_deeper(value: Any, most: int) -> bool:
    """Whether objects and lists are nested deeper than so many levels."""
    if not isinstance(value, dict | list):
        return False
    parts = value.values() if isinstance(value, dict) else value
    return most == 0 or any(is_deeper(part, most - 1) for part in parts)


def _whole(digits: str) -> int:
    number = int(digits)
    if not -INT64_MAX - 1 <= number <= UINT64_MAX:
        raise ValueError("a number of more than 64 bits")
    return number


def _checked(text: str) -> str:
    if not text:
        return ""
    try:
        value = json.loads(text, parse_int=_whole)
    except RecursionError:
        raise ValueError(f"nested more than {DEPTH_MOST} deep") from None
    if not isinstance(value, dict):
        raise ValueError("no JSON object")
    return json_text(value)


JsonObject = Annotated[str, AfterValidator(_checked)]
"""Text of a JSON object as ``json_text`` makes it, or "" for none."""
