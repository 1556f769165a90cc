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
    """No pattern; the text says why in the words of Go's regexp."""


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


IN_GO = {
    "missing )": "missing closing )",
    "missing ]": "missing closing ]",
    "no argument for repetition operator": "missing argument to repetition operator",
    "bad repetition operator": "invalid nested repetition operator",
    "invalid repetition size": "invalid repeat count",
    "invalid perl operator": "invalid or unsupported Perl syntax",
    "invalid named capture group": "invalid named capture",
    "trailing \\": "trailing backslash at end of expression",
}
"""RE2's words → those of Go's regexp, which quotes the place in the pattern as well."""


def _words(error: Exception) -> str:
    said = error.args[0] if error.args else ""
    if not isinstance(said, bytes):
        return str(error)
    words, colon, place = said.decode("utf-8", "replace").partition(": ")
    return f"{IN_GO.get(words, words)}: `{place}`" if colon else IN_GO.get(words, words)


_QUIET = re2.Options()
_QUIET.log_errors = False
