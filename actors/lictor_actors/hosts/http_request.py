"""What the door itself reads of a request, and puts right for the parser."""

from __future__ import annotations

import re

_NOT_ASCII = re.compile(rb"[\x80-\xff]")


def escaped_target(data: bytes) -> bytes:
    """The request line as httptools takes it: what curl sends as it was typed (``/v1/kv/grüße``) becomes escapes."""
    line, newline, rest = data.partition(b"\n")
    return _NOT_ASCII.sub(lambda found: b"%%%02X" % found[0][0], line) + newline + rest


def accepts_gzip(value: bytes) -> bool:
    """What an Accept-Encoding header says of gzip; a weight of nought refuses it."""
    value = value.lower()
    if b"gzip" not in value or b"=" not in value:
        return b"gzip" in value
    for coding in value.replace(b" ", b"").split(b","):
        name, _, weight = coding.partition(b";q=")
        if name == b"gzip":
            return not weight or weight.strip(b"0.") != b""
    return False
