"""Heads that the parser refuses and Go's servers take: lines that end in LF alone, folded headers, a length said twice.

Each has one meaning, and what is made of it is the plain form. A bare CR, two lengths that differ, and line ends within
a chunked body stay errors: two readers could understand them in two ways.
"""

from __future__ import annotations

import re

_END = re.compile(rb"\n\r?\n")
_LENGTH = re.compile(rb"content-length[ \t]*:", re.IGNORECASE)
_REQUEST_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) [^ \r\n]+ HTTP/1\.[01]\r?\n")


def end_of_head(data: bytes | bytearray, since: int = 0) -> int:
    """Where the body would begin, 0 if the head is not whole. What lies before ``since`` has been searched."""
    found = _END.search(data, since)
    return found.end() if found is not None else 0


def mended(head: bytes) -> bytes:
    """The same head as every parser takes it."""
    request, *lines = (line.removesuffix(b"\r") for line in head.split(b"\n")[:-2])
    return b"\r\n".join((request, *_once(_unfolded(lines)), b"", b""))


def method_of(head: bytes) -> str:
    """The method of a request line that is well formed, "" if it is not."""
    found = _REQUEST_LINE.match(head)
    return found[1].decode() if found is not None else ""


def _unfolded(lines: list[bytes]) -> list[bytes]:
    whole: list[bytes] = []
    for line in lines:
        if line[:1] in (b" ", b"\t") and whole:
            whole[-1] = whole[-1].rstrip() + b" " + line.strip()
        else:
            whole.append(line)
    return whole


def _once(lines: list[bytes]) -> list[bytes]:
    """Without a Content-Length that repeats the first."""
    said: list[bytes] = []
    kept: list[bytes] = []
    for line in lines:
        if _LENGTH.match(line):
            value = line.partition(b":")[2].strip()
            if said and value == said[0]:
                continue
            said.append(value)
        kept.append(line)
    return kept
