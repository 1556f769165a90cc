"""Commands and flags of Consul's that Lictor has not are refused by name."""

from __future__ import annotations

from typing import Any

import pytest
from cyclopts import App

from lictor_deploy.cli.commands import COMMANDS
from lictor_deploy.cli.not_yet import COMMANDS_NOT_YET, FLAGS_NOT_YET
from lictor_deploy.cli.one_dash import one_dash
from lictor_deploy.cli.tree import build

EXAMPLE = {"": "members"}
"""Of every command: one of them."""
FLAGS = [(EXAMPLE.get(command, command), flag) for command, flags in FLAGS_NOT_YET.items() for flag in flags]


def named(words: str) -> App:
    """The command of these words."""
    app = build(words.split()[0])
    for word in words.split():
        app = app[word]
    return app


def demanded(words: str) -> list[str]:
    """What the command of these words does not go without."""
    arguments = named(words).assemble_argument_collection()
    return [f"{one_dash(argument.names[0])}=x" for argument in arguments if argument.required]


@pytest.mark.parametrize("command", COMMANDS_NOT_YET)
def test_a_command_that_consul_has_is_refused_by_name(lictor: Any, command: str) -> None:
    ran = lictor(*command.split(), "-x")
    assert (ran.status, ran.out) == (1, "")
    assert ran.err.startswith(f"Consul has the command {command!r}, Lictor not yet.")
    assert command not in COMMANDS


@pytest.mark.parametrize(("command", "flag"), FLAGS, ids=str)
@pytest.mark.parametrize("value", ["", "=x"])
@pytest.mark.slow
def test_a_flag_that_consul_has_is_refused_by_name(lictor: Any, command: str, flag: str, value: str) -> None:
    ran = lictor(*command.split(), *demanded(command), f"-{flag}{value}")
    assert (ran.status, ran.out) == (1, "")
    assert ran.err.startswith(f"Consul has the flag -{flag} of ")
    assert "Lictor not yet. Leave it out to run without.\nSee `lictor " in ran.err


@pytest.mark.parametrize("command", [command for command in FLAGS_NOT_YET if command])
def test_no_flag_that_there_is_is_listed(command: str) -> None:
    names = {name for argument in named(command).assemble_argument_collection() for name in argument.names}
    assert names.isdisjoint(f"--{flag}" for flag in (*FLAGS_NOT_YET[command], *FLAGS_NOT_YET[""]))
