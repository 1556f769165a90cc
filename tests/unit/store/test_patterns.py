"""Patterns that users write: RE2's words, and no pattern keeps a server busy."""

import re

import pytest

from lictor_actors.store.families.queries.templates import rendered
from lictor_actors.store.filter.patterns import MOST, BadPattern, compiled, found
from lictor_messages.queries import PreparedQuery, QueryTemplate, ServiceQuery


@pytest.mark.timeout(10)
@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)*c", "(.*)*x"])
def test_no_pattern_takes_for_ever(pattern: str) -> None:
    assert found(pattern, "a" * 4000 + "b") is None


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("geo-(.*$", "missing closing ): `geo-"),
        ("(", "missing closing ): `(`"),
        ("[a", "missing closing ]: `[a`"),
        ("x[z-a]", "invalid character class range: `z-a`"),
        ("a)", "unexpected ): `a)`"),
        ("(?=x)", "invalid or unsupported Perl syntax: `(?=`"),
        (r"\1", "invalid escape sequence"),
        ("x{1001}", "invalid repeat count"),
        ("\ud800", "surrogates not allowed"),
        ("x" * (MOST + 1), "longer than 1024 characters"),
    ],
)
def test_what_is_no_pattern_is_said(pattern: str, words: str) -> None:
    with pytest.raises(BadPattern, match=re.escape(words)):
        compiled(pattern)


def test_a_match_is_found_anywhere_with_its_groups() -> None:
    match = found("(é+)-([0-9]*)", "x éé- y")
    assert (match[0], match[1], match[2]) == ("éé-", "éé", "")


def test_a_template_whose_pattern_is_none_matches_nothing() -> None:
    template = QueryTemplate(type="name_prefix_match", regexp="(")
    query = PreparedQuery(id="x", name="", template=template, service=ServiceQuery(service="a${match(0)}"))
    assert rendered(query, "b").service.service == "a"
