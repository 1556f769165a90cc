"""The syntax of ``?filter=``: go-bexpr's expressions as a tree of small values.

Precedence is not, and, or. Unquoted values are words and numbers; everything else is quoted.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any, NamedTuple

import orjson

from lictor_actors.store.filter.expected import mistakes


class Operand(NamedTuple):
    """One side of a match: ``path`` if it can be a selector, ``text`` if it can be a value."""

    path: tuple[str, ...]
    text: str


class Match(NamedTuple):
    """``selector operator value``; ``value`` is None for the two that ask about emptiness."""

    operator: str
    selector: Operand
    value: str | None


class Not(NamedTuple):
    """The opposite of ``term``."""

    term: Any


class All(NamedTuple):
    """Every term holds."""

    terms: tuple[Any, ...]


class Some(NamedTuple):
    """At least one term holds."""

    terms: tuple[Any, ...]


Expression = Match | Not | All | Some

GRAMMAR = r"""
?start: some
?some: every ("or" every)*
?every: term ("and" term)*
?term: "not" term -> negated
     | "(" some ")"
     | operand "==" operand -> equal
     | operand "!=" operand -> not_equal
     | operand "contains" operand -> contains
     | operand "not" "contains" operand -> not_contains
     | operand "matches" operand -> matches
     | operand "not" "matches" operand -> not_matches
     | operand "in" operand -> in_
     | operand "not" "in" operand -> not_in
     | operand "is" "empty" -> is_empty
     | operand "is" "not" "empty" -> is_not_empty
operand: NAME step* -> selector
       | NUMBER -> number
       | STRING -> quoted
       | RAW -> raw
?step: "." NAME -> field
     | "." DIGITS -> field
     | "[" STRING "]" -> key
     | "[" RAW "]" -> raw_key
NAME: /[a-zA-Z][a-zA-Z0-9_]*/
DIGITS: /[0-9]+/
NUMBER: /-?[0-9]+(\.[0-9]+)?/
STRING: /"([^"\\]|\\.)*"/
RAW: /`[^`]*`/
%ignore /\s+/
"""

LENGTH_MAX = 8192
NESTING_MAX = 64
"""Deeper nesting would be evaluated by deeper recursion; no filter that is written by hand has it."""

_NESTING = re.compile(r"\(|\bnot\b")

OPERATORS = {
    "equal": "Equal",
    "not_equal": "Not Equal",
    "contains": "In",
    "not_contains": "Not In",
    "matches": "Matches",
    "not_matches": "Not Matches",
    "in_": "In",
    "not_in": "Not In",
    "is_empty": "Is Empty",
    "is_not_empty": "Is Not Empty",
}
"""Name in the grammar → go-bexpr's name, which its error texts show."""


def parse(text: str) -> Expression:
    """The expression that ``text`` spells; raises ValueError with go-bexpr's words on where it stops making sense."""
    from lark.exceptions import UnexpectedInput

    if len(text) > LENGTH_MAX or len(_NESTING.findall(text)) > NESTING_MAX:
        raise ValueError("expression is too long or nested too deeply")
    try:
        return _expression(_parser().parse(text))
    except (UnexpectedInput, orjson.JSONDecodeError) as e:
        raise ValueError(mistakes(text) or "no match found") from e


@cache
def _parser() -> Any:
    """Built by the first filter: lark's import would be felt at every start."""
    from lark import Lark

    return Lark(GRAMMAR, parser="lalr", lexer="contextual")


def _expression(tree: Any) -> Expression:
    if tree.data == "some":
        return Some(tuple(_expression(term) for term in tree.children))
    if tree.data == "every":
        return All(tuple(_expression(term) for term in tree.children))
    if tree.data == "negated":
        return Not(_expression(tree.children[0]))
    return _match(tree.data, [_operand(child) for child in tree.children])


def _match(name: str, operands: list[Operand]) -> Match:
    operator = OPERATORS[name]
    if name in ("in_", "not_in"):
        return Match(operator, operands[1], operands[0].text)
    return Match(operator, operands[0], operands[1].text if len(operands) > 1 else None)


def _operand(tree: Any) -> Operand:
    if tree.data == "selector":
        path = (str(tree.children[0]), *(_step(step) for step in tree.children[1:]))
        return Operand(path, ".".join(path))
    if tree.data == "number":
        return Operand((), str(tree.children[0]))
    text = _unquoted(str(tree.children[0])) if tree.data == "quoted" else str(tree.children[0])[1:-1]
    pointer = tuple(part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:])
    return Operand(pointer if text.startswith("/") else (), text)


def _step(tree: Any) -> str:
    text = str(tree.children[0])
    return {"field": lambda: text, "key": lambda: _unquoted(text), "raw_key": lambda: text[1:-1]}[tree.data]()


def _unquoted(text: str) -> str:
    return str(orjson.loads(text))
