"""Patterns that users write: RE2's syntax, as in Consul, and its promise.

A match takes time in proportion to the text. Python's own engine goes back and tries again, so that ``(a+)+$`` and a
name of forty letters would stop a server for longer than its cluster waits for it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import re2

MOST = 1024
"""Characters of a pattern."""
KEPT = 256
"""Compiled patterns that are remembered."""


class BadPattern(ValueError):
    """No pattern; the text says why in RE2's words."""


@lru_cache(KEPT)
def compiled(text: str) -> Any:
    """The pattern. Raises BadPattern."""
    if len(text) > MOST:
        raise BadPattern(f"longer than {MOST} characters")
    try:
        return re2.compile(text, _QUIET)
    except (re2.error, UnicodeEncodeError) as error:
        raise BadPattern(_words(error)) from error


def found(text: str, value: str) -> Any:
    """The first match of the pattern anywhere in ``value``, None if there is none. Raises BadPattern."""
    return compiled(text).search(value)


def _words(error: Exception) -> str:
    said = error.args[0] if error.args else ""
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(error)


_QUIET = re2.Options()
_QUIET.log_errors = False
