"""Base64 as Go's decoder takes it: line ends count for nothing, padding is needed, other characters are errors."""

from __future__ import annotations

import re
from binascii import a2b_base64

_TEXT = re.compile(rb"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_LINE_ENDS = b"\r\n"
_ALPHABET = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
_PAD = ord("=")
GROUP = 4


def go_base64(text: str) -> bytes:
    """What the text stands for; raises ValueError with Go's words and the byte at which it stops reading."""
    data = text.encode(errors="replace")
    bare = data.translate(None, _LINE_ENDS)
    if _TEXT.fullmatch(bare) is None:
        raise ValueError(f"illegal base64 data at input byte {_illegal(data)}")
    return a2b_base64(bare)


def _illegal(data: bytes) -> int:
    """Where Go stops in a text that is not base64."""
    held = 0
    for at, byte in enumerate(data):
        if byte in _LINE_ENDS:
            continue
        if byte not in _ALPHABET:
            return _ending(data, at, held) if byte == _PAD else at
        held = (held + 1) % GROUP
    return len(data) - held


def _ending(data: bytes, at: int, held: int) -> int:
    """The same for the first ``=``, which stands after so many characters of its group."""
    if held < GROUP - 2:
        return at
    rest = at + 1
    if held == GROUP - 2:
        rest = _past_line_ends(data, rest)
        if rest == len(data):
            return rest
        if data[rest] != _PAD:
            return rest - 1
        rest += 1
    return _past_line_ends(data, rest)


def _past_line_ends(data: bytes, at: int) -> int:
    while at < len(data) and data[at] in _LINE_ENDS:
        at += 1
    return at
