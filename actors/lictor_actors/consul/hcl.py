"""HCL 1, the language of Consul's configuration files and ACL rules, read into plain Python values.

An object is a dict. Blocks of one name become a list once there are two of them; a value that is assigned twice keeps
the last, as in Consul. Labels are keys of nested objects: ``key "a" { policy = "read" }`` is the same as
``key = { a = { policy = "read" } }``. JSON is read by the JSON reader, not here.

Source: the specification in HCL 1's repository (hcl/spec.abnf and the scanner's rules).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

GRAMMAR = r"""
start: items
object: "{" items "}"
items: (item ","?)*
item: key "=" value -> assigned
    | key key* object -> block
?value: STRING | HEREDOC | NUMBER | BOOL | list | object
list: "[" (value ("," value)* ","?)? "]"
key: NAME | STRING

BOOL: /(true|false)(?![\w.-])/
NAME: /(?!(true|false)(?![\w.-]))[^\W\d][\w.-]*/
NUMBER: /-?(0[xX][0-9a-fA-F]+|[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?)(?![\w.])/
STRING: /"(\\.|\$\{([^{}]|\{[^{}]*\})*\}|[^"\\\n])*"/
HEREDOC: /<<-?(?P<mark>[\w.-]+)\r?\n(.*\n)*?[ \t]*(?P=mark)(?=\r?\n|\Z)/
COMMENT: /(#|\/\/)[^\n]*|\/\*(.|\n)*?\*\//
%ignore /\s+/
%ignore COMMENT
"""

NESTING_MAX = 64
"""Deeper nesting would be read by deeper recursion further on; no file that is written by hand has it."""

SHOWN = {
    **{"NAME": "a name", "STRING": "a string", "HEREDOC": "a heredoc", "NUMBER": "a number", "BOOL": "true or false"},
    **{"EQUAL": "=", "LBRACE": "{", "RBRACE": "}", "LSQB": "[", "RSQB": "]", "COMMA": ",", "$END": "the end"},
}
"""The grammar's terminals in the words of an error."""

_ESCAPE = re.compile(r"\$\{(?:[^{}]|\{[^{}]*\})*\}|\\(?:[0-7]{3}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)")
_LETTERS = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\", '"': '"'}


class BadHcl(ValueError):
    """The text is no HCL: the message says where, what stands there, and what could."""


class Item(NamedTuple):
    """One item of an object, before those of one name have met."""

    key: str
    value: Any
    repeats: bool
    """Whether a second one of this name joins it rather than takes its place."""


def parse(text: str) -> dict[str, Any]:
    """The object that ``text`` spells; raises BadHcl with line and column."""
    from lark.exceptions import UnexpectedInput

    try:
        return _within_depth(text)
    except UnexpectedInput as error:
        raise BadHcl(_complaint(text, error)) from None


def labelled(value: Any) -> list[tuple[str, Any]]:
    """The (label, body) pairs of blocks of one name, in order, however many there are; of JSON's object as well."""
    blocks = value if isinstance(value, list) else [value]
    return [pair for block in blocks if isinstance(block, dict) for pair in block.items()]


def _within_depth(text: str) -> dict[str, Any]:
    """Parse token by token, so that nesting is bounded before anything is built."""
    depth = 0
    parser = _parser().parse_interactive(text)
    for token in parser.iter_parse():
        depth += (token.type in ("LBRACE", "LSQB")) - (token.type in ("RBRACE", "RSQB"))
        if depth > NESTING_MAX:
            raise BadHcl(f"{place(token)}: nested more than {NESTING_MAX} deep")
    made: dict[str, Any] = parser.feed_eof()
    return made


@cache
def _parser() -> Any:
    """Built by the first file in HCL: most starts never need it."""
    from lark import Lark, Transformer, v_args

    class Values(Transformer):  # type: ignore[type-arg]
        """Each rule as its Python value, made while the text is parsed."""

        BOOL = staticmethod(lambda token: token == "true")
        NUMBER = staticmethod(_number)
        STRING = staticmethod(_unquoted)
        HEREDOC = staticmethod(_heredoc)
        list = staticmethod(lambda values: [*values])
        key = staticmethod(lambda words: str(words[0]))
        items = staticmethod(_object)
        start = object = v_args(inline=True)(staticmethod(lambda items: items))
        assigned = staticmethod(lambda parts: Item(parts[0], parts[1], isinstance(parts[1], dict)))
        block = staticmethod(_nested)

    return Lark(GRAMMAR, parser="lalr", lexer="contextual", transformer=Values())


def _object(items: Sequence[Item]) -> dict[str, Any]:
    """Items by name; blocks of one name become a list."""
    made: dict[str, Any] = {}
    blocks: dict[str, list[Any]] = {}
    for key, value, repeats in items:
        if repeats:
            blocks.setdefault(key, []).append(value)
        else:
            made[key] = value
    if mixed := made.keys() & blocks.keys():
        raise BadHcl(f"{min(mixed)} is a value in one place and a block in another: write it one way")
    return made | {key: values if len(values) > 1 else values[0] for key, values in blocks.items()}


def _nested(parts: Sequence[Any]) -> Item:
    """``key "a" "b" {…}`` → the item ``key`` with ``{"a": {"b": {…}}}``."""
    *labels, value = parts[1:]
    for label in reversed(labels):
        value = {label: value}
    return Item(parts[0], value, True)


def _number(token: Any) -> int | float:
    """Go's ParseInt with base 0: hexadecimal and, with a leading zero, octal numbers too."""
    digits = token.lstrip("-")
    if not digits.isdigit() and not digits.lower().startswith("0x"):
        return float(token)
    try:
        base = 16 if digits.lower().startswith("0x") else 8 if len(digits) > 1 and digits[0] == "0" else 10
        return int(token, base)
    except ValueError:
        raise BadHcl(f"{place(token)}: {token[:40]} is no number: a leading zero means an octal one") from None


def _unquoted(token: Any) -> str:
    """A string's text. What stands in ``${…}`` is left as it is."""
    try:
        return _ESCAPE.sub(_escaped, token[1:-1])
    except (ValueError, OverflowError) as error:
        raise BadHcl(f"{place(token)}: {error}") from None


def _escaped(found: re.Match[str]) -> str:
    text = found[0]
    if text.startswith("$"):
        return text
    if text[1:] in _LETTERS:
        return _LETTERS[text[1:]]
    if len(text) == 2:
        raise ValueError(f"{text} is no escape: a backslash itself is written \\\\")
    return chr(int(text[2:], 16) if text[1] in "xuU" else int(text[1:], 8))


def place(token: Any) -> str:
    """``line 3, column 5``."""
    return f"line {token.line}, column {token.column}"


def _heredoc(token: str) -> str:
    """The lines between the marks; ``<<-`` takes the closing mark's indent off, if all lines have it."""
    opening, *lines, closing = token.split("\n")
    indent = closing[: len(closing) - len(closing.lstrip())]
    if not opening.startswith("<<-"):
        return "".join(f"{line}\n" for line in lines) + indent
    cut = len(indent) if all(line.startswith(indent) for line in lines) else 0
    return "".join(f"{line[cut:]}\n" for line in lines)


def _complaint(text: str, error: Any) -> str:
    """Where the text stops making sense, what stands there, and what could."""
    at = len(text) if getattr(getattr(error, "token", None), "type", "") == "$END" else error.pos_in_stream or 0
    line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
    found = text[at:].split(None, 1)[0][:20] if text[at:].strip() else "the end"
    names = getattr(error, "accepts", None) or getattr(error, "expected", None) or getattr(error, "allowed", None) or ()
    known = ", ".join(words for name, words in SHOWN.items() if name in names)
    return f"line {line}, column {column}: {found} stands there" + (f", expected {known}" if known else "")
