"""The tree of commands as cyclopts reads it, with Go's flag style in front."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from difflib import get_close_matches
from itertools import takewhile
from typing import Any, Literal, get_args, get_origin

from cyclopts import (
    App,
    CoercionError,
    CycloptsError,
    MissingArgumentError,
    Parameter,
    Token,
    UnknownOptionError,
    UnusedCliTokensError,
)
from cyclopts.exceptions import UnknownCommandError

from lictor_deploy.cli.commands import COMMANDS
from lictor_deploy.cli.not_yet import command_not_yet, flag_not_yet
from lictor_deploy.cli.one_dash import console, one_dash

Flags = frozenset[str]
REMEDY: dict[Any, str] = {int: "give a whole number", float: "give a number", bool: "give true or false"}
"""What a flag of this type takes."""
HELP: Flags = frozenset(("-h", "-help", "--help"))
NO_COMMAND, NO_SUBCOMMAND = 127, 1
"""Consul's exit codes where the help is the answer because something is missing."""


def call(arguments: Sequence[str]) -> int:
    """Run the command that the arguments name; its exit status. What they say wrong is a sentence on stderr."""
    app = build(arguments[0] if arguments else "")
    words, apps, _ = app.parse_commands(list(takewhile(lambda word: not word.startswith("-"), arguments)))
    chosen = apps[-1]
    helped = bool(HELP & set(arguments))
    if chosen.default_command is None or helped:
        app.console = console()
    try:
        tokens = dashed(apart(arguments[len(words) :], chosen), values_of(chosen))
        outcome = app([*words, *tokens], exit_on_error=False, print_error=False, result_action="return_value")
    except CycloptsError as error:
        print(f"{complaint(error, words)}\nSee `{' '.join(('lictor', *words))} --help`.", file=sys.stderr)
        return 1
    if chosen.default_command is None and not helped:
        return NO_SUBCOMMAND if words else NO_COMMAND
    return outcome if isinstance(outcome, int) else 0


def build(chosen: str = "") -> App:
    """The tree of commands, with the one that is about to run."""
    app = App(
        name="lictor",
        help="Service discovery and coordination, built from actors. Try `lictor dev` for a whole cluster.",
        help_flags=["--help", "-h"],
        version_flags=[],
        help_format="plaintext",
        default_parameter=Parameter(negative=(), show_default=False, allow_repeating=True),  # the last one wins
    )
    for name, (place, summary) in COMMANDS.items():
        if name == chosen:  # its own docstring says more than the line in the list
            app.command(place, name=name)
        else:
            app.command(place, name=name, help=summary)
    return app


def complaint(error: CycloptsError, words: Sequence[str]) -> str:
    """What is wrong with the arguments of the command that these words name, in one line."""
    if isinstance(error, UnknownOptionError):
        flag = (error.token.keyword or error.token.value).lstrip("-").partition("=")[0]
        return flag_not_yet(words, flag) or no_flag(flag, error)
    if isinstance(error, UnknownCommandError) and (not_yet := command_not_yet([*words, *(error.unused_tokens or ())])):
        return not_yet
    if isinstance(error, UnusedCliTokensError) and error.unused_tokens:
        return f"Too many arguments: there is no place for {error.unused_tokens[0]!r}."
    if isinstance(error, CoercionError) and error.token is not None:
        return bad_value(error, error.token)
    if isinstance(error, MissingArgumentError) and error.argument is not None:
        name = error.argument.name
        return f"{one_dash(name)} needs a value." if name.startswith("-") else f"{name} is missing."
    return one_dash(one_line(str(error)))


def bad_value(error: CoercionError, token: Token) -> str:
    """Which flag does not take which value, and what it takes instead."""
    name = one_dash(token.keyword) if token.keyword else error.argument.name if error.argument else "an argument"
    choices = get_args(error.target_type) if get_origin(error.target_type) is Literal else ()
    remedy = (
        f"give {' or '.join(map(str, choices))}"
        if choices
        else error.msg or REMEDY.get(error.target_type, "see its help")
    )
    return f"Bad value {token.value!r} for {name}: {remedy}."


def no_flag(flag: str, error: UnknownOptionError) -> str:
    """What to say of a flag that neither Consul nor Lictor has."""
    known = [name.lstrip("-") for argument in error.argument_collection or () for name in argument.names]
    near = get_close_matches(flag, known, 1)
    return f"There is no flag -{flag}{f': did you mean -{near[0]}?' if near else '.'}"


def values_of(app: App) -> Flags | None:
    """The flags of a command of which an argument may begin with a dash too, None for any other command."""
    if app.default_command is None:
        return None
    arguments = app.assemble_argument_collection()
    if not any(argument.parameter.allow_leading_hyphen for argument in arguments):
        return None
    return frozenset(name.lstrip("-") for argument in arguments for name in argument.names) | {"help"}


def apart(arguments: Sequence[str], app: App) -> Sequence[str]:
    """``-n 3 PREFIX CHILD -x`` → ``-n 3 -- PREFIX CHILD -x``, if the command runs another: its flags are not ours."""
    if app.default_command is None:
        return arguments
    known = app.assemble_argument_collection()
    if not any(
        each.field_info.kind is each.field_info.VAR_POSITIONAL and each.parameter.allow_leading_hyphen for each in known
    ):
        return arguments
    with_value = {name.lstrip("-") for each in known if each.hint is not bool for name in each.names}
    at = 0
    while at < len(arguments) and arguments[at].startswith("-"):
        if arguments[at] == "--":
            return arguments
        at += 2 if arguments[at].lstrip("-") in with_value else 1
    return [*arguments[:at], "--", *arguments[at:]] if at < len(arguments) else arguments


def dashed(arguments: Sequence[str], known: Flags | None = None) -> list[str]:
    """Go's flags have one dash or two: ``-http-addr=x`` → ``--http-addr=x``. What follows ``--`` stays, and so does
    what is not ``known``, where a value may begin with a dash."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    return [f"-{word}" if is_go_flag(word, known) else word for word in arguments[:end]] + list(arguments[end:])


def is_go_flag(word: str, known: Flags | None) -> bool:
    """One dash and more than one letter."""
    return len(word) > 2 and word[0] == "-" and word[1].isalpha() and (not known or word[1:].partition("=")[0] in known)


def one_line(text: str) -> str:
    """A message without line breaks."""
    return " ".join(text.split())
