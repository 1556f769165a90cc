"""The filter language: grammar, kinds of fields, and the words of its errors."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lictor_actors.consul.structs.catalog import HEALTH
from lictor_actors.store.errors import QueryRefused
from lictor_actors.store.filter.apply import keeps
from lictor_actors.store.filter.expected import mistakes
from lictor_actors.store.filter.grammar import NESTING_MAX, parse

SAID = Path(__file__).parents[2] / "golden" / "filter_errors.jsonl"
SAID_BY_GO = [json.loads(line) for line in SAID.read_text(encoding="utf-8").splitlines()]
"""Expressions, most of them malformed, and what go-bexpr 0.1.2 says of each: "" of those that it can read."""

ROW = {
    "Node": {"Node": "n1", "Meta": {"rack": "a", "odd key": "x"}, "TaggedAddresses": None},
    "Service": {
        "ID": "service:web1",
        "Service": "web",
        "Tags": ("blue", "v1"),
        "Port": 80,
        "EnableTagOverride": False,
        "Meta": {},
        "Weights": {"Passing": 1, "Warning": 2},
    },
    "Checks": [{"CheckID": "serfHealth", "Status": "passing"}, {"CheckID": "web", "Status": "critical"}],
}

TRUE = [
    "Service.Service == web",
    'Service.Service=="web"',
    "Service.Service == `web`",
    "Service.Service != db",
    "Service.Port == 80",
    "Service.Port != 81",
    "Service.Weights.Warning == 2",
    "Service.EnableTagOverride == false",
    'Service.ID == "service:web1"',
    "blue in Service.Tags",
    "green not in Service.Tags",
    "Service.Tags contains v1",
    "Service.Tags not contains v2",
    "Service.Tags is not empty",
    "Service.Meta is empty",
    "Node.TaggedAddresses is empty",
    "we in Service.Service",
    "Service.Service contains eb",
    "Service.Service matches `^w.b$`",
    "Service.Service not matches `^x`",
    "rack in Node.Meta",
    "zone not in Node.Meta",
    "Node.Meta.rack == a",
    'Node.Meta["odd key"] == x',
    "Node.Meta[`odd key`] == x",
    '"/Node/Meta/rack" == a',
    "Node.Meta.zone != a",
    "not Node.Meta.zone == a",
    "Node.Meta.zone not matches a",
    "Checks.Status == critical",
    "Checks.Status != critical",
    "Checks is not empty",
    "Service.Kind == ``",
    "not Service.Port == 81 and Service.Port == 80",
    "Service.Port == 1 and Service.Port == 2 or Service.Port == 80",
    "Service.Port == 80 or Service.Port == 1 and Service.Port == 2",
    "(Service.Port == 80 or Service.Port == 1) and (not (Service.Port == 2))",
    "not not Service.Port == 80",
    "Service.Service == in or Service.Service == web",
    "  Service.Service\n==\tweb  ",
]

FALSE = [
    "Service.Service == android",
    "Service.Tags is empty",
    "Node.Meta.zone == a",
    "Node.Meta.zone matches a",
    "not (Service.Port == 80 or Service.Port == 1)",
    "(Service.Port == 80 or Service.Port == 1) and Service.Port == 2",
    "Checks.Status == warning",
    "Blue in Service.Tags",
]

BAD = [
    ("Foo == 1", 'Selector "Foo" is not valid'),
    ("Service.Foo.Bar == 1", 'Selector "Service.Foo" is not valid'),
    ("Service.CreateIndex == 1", 'Selector "Service.CreateIndex" is not valid'),
    ("service.port == 1", 'Selector "service" is not valid'),
    ("Service.Port == many", 'Failed to coerce value "many" for selector "Service.Port"'),
    ("Service.EnableTagOverride == 7", 'strconv.ParseBool: parsing "7": invalid syntax'),
    ("Node.Meta == x", 'Invalid match operator "Equal" for selector "Node.Meta"'),
    ("80 in Service.Port", 'Invalid match operator "In" for selector "Service.Port"'),
    ("Service.Service is empty", 'Invalid match operator "Is Empty" for selector "Service.Service"'),
    ("Service.Service matches `(`", 'Failed to compile regular expression "("'),
    ("Service.Service ==", "1:19 (18): no match found"),
    ("", "1:1 (0): no match found"),
    ("Service.Service == web and", "1:27 (26): no match found, expected: [ \\t\\r\\n]"),
    ("(Service.Service == web", '1:24 (23): rule "grouping": Unmatched parentheses'),
    ("Service.ID == service:web1", "1:22 (21): no match found"),
    ("Service.Service = web", "no match found"),
    ("Service.Service\n== ?", "2:4 (19): no match found"),
    ("not " * 200 + "Service.Port == 1", "nested too deeply"),
    ("(" * 200 + "Service.Port == 1" + ")" * 200, "nested too deeply"),
    ('Service.Service == "\\q"', '1:20 (19): rule "string": invalid syntax'),
]


@pytest.mark.parametrize("expression", TRUE)
def test_holds(expression):
    assert keeps(HEALTH, expression)(ROW)


@pytest.mark.parametrize("expression", FALSE)
def test_does_not_hold(expression):
    assert not keeps(HEALTH, expression)(ROW)


@pytest.mark.parametrize(("expression", "text"), BAD)
def test_a_bad_expression_is_refused_in_words(expression, text):
    with pytest.raises(QueryRefused) as refused:
        keeps(HEALTH, expression)
    assert refused.value.refusal.text.startswith("Failed to create boolean expression evaluator: ")
    assert text in refused.value.refusal.text


@pytest.mark.parametrize(("expression", "said"), SAID_BY_GO)
def test_a_mistake_is_named_as_go_bexpr_names_it(expression, said):
    assert mistakes(expression) == said


@pytest.mark.parametrize("nested", ["(" * NESTING_MAX, "not " * NESTING_MAX, "not (" * (NESTING_MAX // 2)])
def test_a_mistake_in_the_deepest_nesting_is_named(nested):
    with pytest.raises(ValueError, match="no match found, expected: "):
        parse(nested + "Service.Port == ")


def test_a_hundred_terms_need_no_recursion():
    expression = " or ".join(f"Service.Port == {port}" for port in range(100))
    assert keeps(HEALTH, expression)(ROW)
