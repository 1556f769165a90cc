"""``?filter=``: expressions checked against the type of the rows, then compiled to closures.

A selector that goes through a slice of structs (``Checks.Status``) holds if any element does. A map's missing
key is unequal to everything. Source: go-bexpr, Consul's page on filtering.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from lictor_actors.consul.selectors import ANY, BOOL, INT, STRING, STRINGS, Selector
from lictor_actors.consul.struct import Struct
from lictor_actors.store.errors import QueryRefused
from lictor_actors.store.filter.grammar import All, Expression, Match, Not, Some, parse
from lictor_actors.store.filter.patterns import BadPattern, compiled
from lictor_messages.refusals import Refused

Predicate = Callable[[Any], bool]

NEGATIVE = {"Not Equal": "Equal", "Not In": "In", "Not Matches": "Matches", "Is Not Empty": "Is Empty"}
"""Operator → the one that it is the opposite of."""

_EMPTINESS = ("Is Empty", "Is Not Empty")
_EQUALITY = ("Equal", "Not Equal")
_WITHIN = ("In", "Not In")


def keeps(struct: Struct[Any], expression: str) -> Predicate:
    """Whether a JSON row of this struct stays; raises QueryRefused for a bad expression."""
    compiled = _compiled(struct, expression)
    if isinstance(compiled, str):
        text = f"Failed to create boolean expression evaluator: {compiled}"
        raise QueryRefused(Refused(code="Invalid", text=text))
    return compiled


def fits(fields: Selector, expression: str) -> Predicate:
    """Whether a row with these fields is selected; raises ValueError for a bad expression."""
    return _compile(parse(expression), fields)


@lru_cache(maxsize=256)
def _compiled(struct: Struct[Any], expression: str) -> Predicate | str:
    """The predicate, or what is wrong with the expression: bad ones are asked again too."""
    try:
        return fits(struct.selectors, expression)
    except ValueError as e:
        return str(e)


def _compile(expression: Expression, fields: Selector) -> Predicate:
    if isinstance(expression, Match):
        return _compile_match(expression, fields)
    if isinstance(expression, Not):
        term = _compile(expression.term, fields)
        return lambda row: not term(row)
    terms = tuple(_compile(term, fields) for term in expression.terms)
    if isinstance(expression, All):
        return lambda row: all(term(row) for term in terms)
    assert isinstance(expression, Some)
    return lambda row: any(term(row) for term in terms)


def _compile_match(match: Match, fields: Selector) -> Predicate:
    if not match.selector.path:
        raise ValueError(f'Selector "{match.selector.text}" is not valid')
    kind = _kind_of(match.selector.path, fields)
    if match.operator not in _operators(kind):
        raise ValueError(f'Invalid match operator "{match.operator}" for selector "{".".join(match.selector.path)}"')
    return _walk(match.selector.path, fields, _test(match, kind), match.operator in NEGATIVE)


def _kind_of(path: tuple[str, ...], kind: Selector) -> Selector:
    for at, name in enumerate(path):
        fields = kind[0] if isinstance(kind, list) else kind
        inner = fields.get(name, fields.get(ANY)) if isinstance(fields, dict) else None
        if inner is None:
            raise ValueError(f'Selector "{".".join(path[: at + 1])}" is not valid')
        kind = inner
    return kind


def _operators(kind: Selector) -> tuple[str, ...]:
    if kind == STRING:
        return (*_EQUALITY, *_WITHIN, "Matches", "Not Matches")
    if kind in (INT, BOOL):
        return _EQUALITY
    if kind == STRINGS or (isinstance(kind, dict) and ANY in kind):
        return (*_WITHIN, *_EMPTINESS)
    return _EMPTINESS if isinstance(kind, list) else ()


def _walk(path: tuple[str, ...], kind: Selector, test: Predicate, when_missing: bool) -> Predicate:
    """A predicate on a row of this kind that applies ``test`` to what the path leads to."""
    if not path:
        return test
    if isinstance(kind, list):
        element = _walk(path, kind[0], test, when_missing)
        return lambda rows: any(element(row) for row in rows)
    assert isinstance(kind, dict)
    name, absent = path[0], object()
    inner = _walk(path[1:], kind[name if name in kind else ANY], test, when_missing)

    def step(row: Any) -> bool:
        value = row.get(name, absent) if row else absent
        if value is not absent:
            return inner(value)
        return when_missing if ANY in kind else inner(None)

    return step


def _test(match: Match, kind: Selector) -> Predicate:
    positive = _positive_test(NEGATIVE.get(match.operator, match.operator), match, kind)
    return (lambda value: not positive(value)) if match.operator in NEGATIVE else positive


def _positive_test(operator: str, match: Match, kind: Selector) -> Predicate:
    if operator == "Is Empty":
        return lambda value: not value
    wanted = match.value or ""
    if operator == "In":
        return lambda value: wanted in (value or ())
    if operator == "Matches":
        pattern = _pattern(wanted)
        return lambda value: pattern.search(value or "") is not None
    typed = _coerced(wanted, kind, ".".join(match.selector.path))
    zero = type(typed)()  # fields that the JSON leaves out are empty, not missing
    return lambda value: (zero if value is None else value) == typed


def _pattern(text: str) -> Any:
    try:
        return compiled(text)
    except BadPattern as e:
        raise ValueError(f'Failed to compile regular expression "{text}": error parsing regexp: {e}') from e


def _coerced(text: str, kind: Selector, selector: str) -> str | int | bool:
    try:
        if kind == INT:
            return _parse_int(text)
        return _parse_bool(text) if kind == BOOL else text
    except ValueError as e:
        raise ValueError(f'Failed to coerce value "{text}" for selector "{selector}": {e}') from e


def _parse_int(text: str) -> int:
    if not re.fullmatch(r"[+-]?[0-9]{1,19}", text):
        raise ValueError(f'strconv.ParseInt: parsing "{text}": invalid syntax')
    return int(text)


def _parse_bool(text: str) -> bool:
    if text in ("1", "t", "T", "TRUE", "true", "True"):
        return True
    if text in ("0", "f", "F", "FALSE", "false", "False"):
        return False
    raise ValueError(f'strconv.ParseBool: parsing "{text}": invalid syntax')
