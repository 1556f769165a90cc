"""What Go's scanner says of bytes that are no JSON: the first that cannot stand where it does, and where that is.

Source: the texts of encoding/json; ``tests/unit/consul/go_syntax.jsonl`` has them as Go 1.26 wrote them.
"""

from __future__ import annotations

import re

BLANK = re.compile(rb"[ \t\r\n]*")
TEXT = re.compile(rb'"(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*')
HEX = re.compile(rb"[0-9a-fA-F]*")
WHOLE = re.compile(rb"-?(?:0|[1-9][0-9]*)")
DIGITS = re.compile(rb"[0-9]+")
LITERALS = {b"t": b"true", b"f": b"false", b"n": b"null"}
CLOSES = {b"[": b"]", b"{": b"}"}
AFTER = {b"[": "after array element", b"{": "after object key:value pair"}
SHORT = {"'": "\\'", '"': '"', "\x07": "\\a", "\x08": "\\b", "\x0b": "\\v", "\x0c": "\\f", "\\": "\\\\"}

READ_MOST = 16_384
"""Bytes. They take milliseconds; a body of a megabyte would hold up its whole node."""


class Misplaced(ValueError):
    """The byte ``at`` this place, or the end of all bytes, cannot stand ``where`` it does."""

    def __init__(self, at: int, where: str) -> None:
        super().__init__(where)
        self.at, self.where = at, where


def syntax_error(body: bytes) -> str:
    """Go's words for the first value of a body, "" if it is one, or if the body is larger than is read here."""
    try:
        if len(body) <= READ_MOST:
            _walk(body)
    except Misplaced as byte:
        if byte.at < len(body):
            return f"invalid character '{_shown(body[byte.at])}' {byte.where}"
        return "unexpected EOF" if body.strip(b" \t\r\n") else "EOF"
    return ""


def _walk(body: bytes) -> None:
    """To the end of the first value; a stack of open brackets, for they may be many."""
    opened: list[bytes] = []
    at = _skipped(BLANK, body, 0)
    while True:
        bracket = body[at : at + 1]
        if bracket in CLOSES:
            opened.append(bracket)
            at = _skipped(BLANK, body, at + 1)
            if body[at : at + 1] != CLOSES[bracket]:
                at = _to_value(body, at, opened[-1])
                continue
        else:
            at = _skipped(BLANK, body, _scalar(body, at))
        while opened and body[at : at + 1] == CLOSES[opened[-1]]:
            opened.pop()
            at = _skipped(BLANK, body, at + 1)
        if not opened:
            return
        comma = _skipped(BLANK, body, _expected(b",", body, at, AFTER[opened[-1]]))
        at = _to_value(body, comma, opened[-1])


def _to_value(body: bytes, at: int, bracket: bytes) -> int:
    """Where the next value begins: in an object behind its key."""
    if bracket == b"[":
        return at
    _expected(b'"', body, at, "looking for beginning of object key string")
    colon = _skipped(BLANK, body, _text(body, at))
    return _skipped(BLANK, body, _expected(b":", body, colon, "after object key"))


def _scalar(body: bytes, at: int) -> int:
    first = body[at : at + 1]
    if first == b'"':
        return _text(body, at)
    if first in LITERALS:
        return _literal(body, at, LITERALS[first])
    if first == b"-" or first.isdigit():
        return _number(body, at)
    raise Misplaced(at, "looking for beginning of value")


def _text(body: bytes, at: int) -> int:
    end = _skipped(TEXT, body, at)
    if body[end : end + 1] != b"\\":
        return _expected(b'"', body, end, "in string literal")
    if body[end + 1 : end + 2] != b"u":
        raise Misplaced(end + 1, "in string escape code")
    raise Misplaced(_skipped(HEX, body, end + 2), "in \\u hexadecimal character escape")


def _literal(body: bytes, at: int, word: bytes) -> int:
    for letter in word.decode():
        at = _expected(letter.encode(), body, at, f"in literal {word.decode()} (expecting '{letter}')")
    return at


def _number(body: bytes, at: int) -> int:
    end = _skipped(WHOLE, body, at)
    if end == at:
        raise Misplaced(at + 1, "in numeric literal")
    if body[end : end + 1] == b".":
        end = _digits(body, end + 1, "after decimal point in numeric literal")
    if body[end : end + 1] in (b"e", b"E"):
        signed = body[end + 1 : end + 2] in (b"+", b"-")
        end = _digits(body, end + 1 + signed, "in exponent of numeric literal")
    return end


def _digits(body: bytes, at: int, where: str) -> int:
    end = _skipped(DIGITS, body, at)
    if end == at:
        raise Misplaced(at, where)
    return end


def _skipped(pattern: re.Pattern[bytes], body: bytes, at: int) -> int:
    found = pattern.match(body, at)
    return found.end() if found else at


def _expected(byte: bytes, body: bytes, at: int, where: str) -> int:
    """The place behind this byte; raises Misplaced if another stands there."""
    if body[at : at + 1] != byte:
        raise Misplaced(at, where)
    return at + 1


def _shown(byte: int) -> str:
    """Go quotes the byte as if it were a character."""
    character = chr(byte)
    if character in SHORT:
        return SHORT[character]
    if 0x80 <= byte < 0xA1 or byte == 0xAD:
        return f"\\u{byte:04x}"
    return character if character.isprintable() else repr(character)[1:-1]
