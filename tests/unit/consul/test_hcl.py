"""HCL 1: what each form means, where a text stops making sense, and that any object that is written is read again."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lictor_actors.consul.hcl import NESTING_MAX, BadHcl, labelled, parse

FORMS = [
    ("", {}),
    ('a = 1 b = "x"', {"a": 1, "b": "x"}),
    ("a = 1, b = true", {"a": 1, "b": True}),
    ("# one\n// two\n/* three\n four */ a = false", {"a": False}),
    ('"a b" = 1', {"a b": 1}),
    ("a-b.c_1 = 1", {"a-b.c_1": 1}),
    ("a = 1 a = 2", {"a": 2}),
    ("a { b = 1 }", {"a": {"b": 1}}),
    ("a = { b = 1, c = 2 }", {"a": {"b": 1, "c": 2}}),
    ("a {} a { b = 1 }", {"a": [{}, {"b": 1}]}),
    ('key "x/" { policy = "read" }', {"key": {"x/": {"policy": "read"}}}),
    ('key "x" {} key "y" {}', {"key": [{"x": {}}, {"y": {}}]}),
    ('a "b" c {}', {"a": {"b": {"c": {}}}}),
    ('a = [1, "two", true, [3], {four = 4},]', {"a": [1, "two", True, [3], {"four": 4}]}),
    ("a = []", {"a": []}),
    ("a = -12", {"a": -12}),
    ("a = 0x1F", {"a": 31}),
    ("a = -0x10", {"a": -16}),
    ("a = 017", {"a": 15}),
    ("a = 0", {"a": 0}),
    ("a = 1.5", {"a": 1.5}),
    ("a = -2.5e3", {"a": -2500.0}),
    ("a = 1e3", {"a": 1000.0}),
    (r'a = "q\" \\ \n \t \u00e9 \x41 \101"', {"a": 'q" \\ \n \t é A A'}),
    ('a = "${x "y"} $ {"', {"a": '${x "y"} $ {'}),
    ("a = <<EOF\none\n  two\nEOF\nb = 1", {"a": "one\n  two\n", "b": 1}),
    ("a = <<-EOF\n    one\n      two\n    EOF\n", {"a": "one\n  two\n"}),
    ("a = <<-EOF\n  one\n    EOF\n", {"a": "  one\n"}),
    ("a = <<E_1\nE_1", {"a": ""}),
    ("a = <<EOF\nEOFS\nEOF\n", {"a": "EOFS\n"}),
]


@pytest.mark.parametrize(("text", "means"), FORMS)
def test_what_a_form_means(text, means):
    assert parse(text) == means


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a", "line 1, column 2: the end stands there, expected a name, a string, =, {"),
        ("a =", "line 1, column 4: the end stands there, expected a string"),
        ("a = \n @x", "line 2, column 2: @x stands there"),
        ('a "b" = 1', "line 1, column 7: = stands there, expected a name, a string, {"),
        ("{", "line 1, column 1: { stands there"),
        ("a {", "line 1, column 4: the end stands there"),
        ("a = [1 2]", "line 1, column 8: 2] stands there"),
        ("a = 1 }", "line 1, column 7: } stands there"),
        ("true = 1", "line 1, column 1: true stands there"),
        ("\na = 08", "line 2, column 5: 08 is no number"),
        (r'a = "\q"', r"line 1, column 5: \q is no escape"),
        (r'a = "\U00110000"', "line 1, column 5"),
        ('a = "x\ny"', 'line 1, column 5: "x stands there'),
        ("a = <<EOF\none\n", "line 1, column 5: <<EOF stands there"),
        ("a = 1 a {}", "a is a value in one place and a block in another"),
        ("a = " + "[" * 1000, f"line 1, column 69: nested more than {NESTING_MAX} deep"),
        ("a {" * 10_000, f"nested more than {NESTING_MAX} deep"),
    ],
)
def test_where_a_text_stops_making_sense(text, words):
    with pytest.raises(BadHcl) as failure:
        parse(text)
    assert words in str(failure.value)


def test_labels_and_bodies_come_out_in_order_from_one_block_from_many_and_from_json():
    assert labelled(parse('key "a" { p = 1 }')["key"]) == [("a", {"p": 1})]
    many = parse('key "a" { p = 1 } key "b" {} key "a" { p = 2 }')["key"]
    assert labelled(many) == [("a", {"p": 1}), ("b", {}), ("a", {"p": 2})]
    assert labelled(json.loads('{"a": {"p": 1}, "b": {}}')) == [("a", {"p": 1}), ("b", {})]


scalars = st.booleans() | st.integers(-(2**63), 2**63) | st.text(st.characters(exclude_characters="$", codec="utf-8"))


def nested(one):
    return st.lists(one, max_size=4) | st.dictionaries(st.text("abc-_é", min_size=1), one, max_size=4)


values = st.recursive(scalars, nested, max_leaves=12)


def written(value):
    """A value in HCL. JSON's texts and numbers are HCL's as well, but for pairs of surrogates."""
    if isinstance(value, dict):
        return (
            "{" + "\n".join(f"{json.dumps(key, ensure_ascii=False)} = {written(x)}" for key, x in value.items()) + "}"
        )
    if isinstance(value, list):
        return f"[{', '.join(map(written, value))}]"
    return json.dumps(value, ensure_ascii=False).replace("\\/", "/")


@given(st.dictionaries(st.text(st.characters(exclude_characters="$", codec="utf-8"), min_size=1), values, max_size=4))
@pytest.mark.slow
def test_what_is_written_is_read_again(value):
    text = "\n".join(f"{json.dumps(key, ensure_ascii=False)} = {written(one)}" for key, one in value.items())
    assert parse(text) == value


@given(st.text(st.sampled_from('ab=1{}[]",<EOF\n-#/*\\$ \t.0x')))
def test_any_text_is_read_or_refused_with_a_place(text):
    try:
        told = parse(text)
    except BadHcl as failure:
        told = str(failure)
    assert isinstance(told, dict) or "line " in told or "write it one way" in told
