"""Flags read without cyclopts mean what they mean with it, and what is not plain is left to it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lictor_deploy.cli.agent import agent
from lictor_deploy.cli.plain_flags import read_plain
from lictor_deploy.cli.tree import build, dashed, values_of

FLAGS = [name.replace("_", "-") for name in agent.__annotations__ if name != "return"]
VALUES = st.one_of(
    st.sampled_from(
        ["", "0", "-1", "8500", "007", "1e3", "1_000", " 5", "true", "false", "-dev", "--", "a:b", "x=y", "é"]
    ),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6),
)
NAMES = st.sampled_from([*FLAGS, "no-dev", "data_dir", "help", "h", "return", "nope", "Dev"])
WORDS = st.one_of(
    st.builds("{}{}".format, st.sampled_from(["-", "--", "---", ""]), NAMES).map(lambda word: [word]),
    st.builds("{}{}={}".format, st.sampled_from(["-", "--"]), NAMES, VALUES).map(lambda word: [word]),
    st.builds(lambda name, value: [f"-{name}", value], NAMES, VALUES),
    VALUES.map(lambda value: [value]),
)


def fitting(flag: str) -> st.SearchStrategy[list[str]]:
    """One use of a flag that is most likely plain."""
    takes = agent.__annotations__[flag.replace("-", "_")]
    if takes.startswith("bool"):
        return st.sampled_from([[f"-{flag}"], [f"--{flag}"]])
    values = st.integers(-2, 99_999).map(str) if takes.startswith("int") else VALUES
    return st.one_of(values.map(lambda value: [f"-{flag}={value}"]), values.map(lambda value: [f"--{flag}", value]))


LINES = st.one_of(
    st.lists(st.sampled_from(FLAGS).flatmap(fitting), max_size=5),
    st.lists(st.one_of(WORDS, st.sampled_from(FLAGS).flatmap(fitting)), max_size=5),
).map(lambda parts: [word for part in parts for word in part])


def by_cyclopts(words: list[str]) -> dict[str, Any]:
    app = build("agent")
    tokens = dashed(["agent", *words], values_of(app["agent"]))
    _, bound, _ = app.parse_args(tokens, exit_on_error=False, print_error=False)
    return dict(bound.arguments)


@given(LINES)
@pytest.mark.slow
def test_what_is_plain_means_the_same_with_cyclopts(words: list[str]) -> None:
    plain = read_plain(agent, words)
    if plain is not None:
        assert plain == by_cyclopts(words)


@pytest.mark.parametrize("flag", FLAGS)
@pytest.mark.slow
def test_every_flag_of_an_agent_has_a_plain_form(flag: str) -> None:
    takes = agent.__annotations__[flag.replace("-", "_")]
    words = [f"-{flag}"] if takes.startswith("bool") else [f"-{flag}", "7", f"--{flag}=8"]
    plain = read_plain(agent, words)
    assert plain
    assert plain == by_cyclopts(words)


@pytest.mark.parametrize(
    "words",
    [
        *(
            ["-h"],
            ["-help"],
            ["--help"],
            ["-nope"],
            ["extra"],
            ["-node"],
            ["-node="],
            ["-node", "-dev"],
            ["-dev=false"],
        ),
        *(["-http-port=x"], ["-http-port", "-1"], ["-http-port=0x10"], ["-data_dir=x"], ["-return=1"]),
        ["-dev", "--", "-dev"],
    ],
    ids=" ".join,
)
def test_what_is_not_plain_is_left_to_cyclopts(words: list[str]) -> None:
    assert read_plain(agent, words) is None


def test_errors_of_flags_are_those_of_every_command(lictor: Any) -> None:
    ran = lictor("agent", "-nope")
    assert (ran.status, ran.out) == (1, "")
    assert "There is no flag -" in ran.err
    assert "See `lictor agent --help`" in ran.err
    assert "-http-port" in lictor("agent", "-http-port=many").err
    assert "Usage: lictor agent" in lictor("agent", "-help").out


def test_a_failure_behind_plain_flags_is_a_sentence(lictor: Any) -> None:
    ran = lictor("agent")
    assert (ran.status, ran.out) == (1, "")
    assert "Nothing says what this agent is" in ran.err
