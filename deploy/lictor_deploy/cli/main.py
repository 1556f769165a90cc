"""The console script: Go's flag style in front of cyclopts, each group of commands imported when it is used."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from difflib import get_close_matches
from itertools import takewhile

from cyclopts import App, CycloptsError, Parameter, UnusedCliTokensError

from lictor_deploy.sentence import Failure

HERE = "lictor_deploy.cli"
COMMANDS = {
    "agent": (f"{HERE}.agent:agent", "Run one node."),
    "dev": (f"{HERE}.dev:dev", "Run a whole cluster on this machine."),
    "members": (f"{HERE}.members:members", "List the members of the gossip pool."),
    "join": (f"{HERE}.members:join", "Make the agent join a cluster."),
    "leave": (f"{HERE}.members:leave", "Make the agent leave and stop."),
    "force-leave": (f"{HERE}.members:force_leave", "Turn a failed member into one that has left."),
    "maint": (f"{HERE}.maint:maint", "Take a node or a service out of every answer for a while."),
    "kv": (f"{HERE}.kv:app", "Read and write the key-value store."),
    "snapshot": (f"{HERE}.snapshot:app", "Save and restore all that the servers know."),
    "session": (f"{HERE}.session:app", "Make, renew and end sessions."),
    "lock": (f"{HERE}.lock:lock", "Run a command while holding a lock."),
    "catalog": (f"{HERE}.catalog:app", "Look into the catalog."),
    "operator": (f"{HERE}.operator:app", "Look after the servers."),
    "event": (f"{HERE}.event:event", "Send an event to every node."),
    "info": (f"{HERE}.info:info", "Show the agent's figures."),
    "fault": (f"{HERE}.fault:app", "Break a running dev cluster on purpose, and heal it."),
    "chaos": (f"{HERE}.chaos:app", "Run scenarios of faults."),
    "sim": (f"{HERE}.sim:sim", "Run clusters under virtual time from a seed."),
    "explain": (f"{HERE}.explain:explain", "Tell the story of a seed."),
    "timeline": (f"{HERE}.timeline:timeline", "Draw what happened, on the terminal or for a browser."),
    "debug": (f"{HERE}.debug:app", "Look at what is on a node's disk."),
    "version": (f"{HERE}.version:version", "Show the version."),
}
"""Name → where its function lives, and its line in the help. Imported on use: ``lictor version`` pays for nothing
else."""


LOCK_FLAGS_WITH_VALUE = (
    *("n", "name", "timeout", "try", "monitor-retry"),
    *("http-addr", "token", "token-file", "datacenter"),
)
"""Flags of ``lictor lock`` whose value may be the next word."""


Flags = frozenset[str]


def main(argv: Sequence[str] | None = None) -> None:
    """Run one command and exit with its status."""
    arguments = sys.argv[1:] if argv is None else list(argv)
    try:
        status = run(arguments)
    except KeyboardInterrupt:
        status = 130
    except BrokenPipeError:  # the reader of a pipe went away, as `head` does
        sys.stderr.close()
        status = 141
    sys.exit(status)


def run(arguments: Sequence[str]) -> int:
    """Run one command; its exit status. Every refusal is a sentence on stderr."""
    if arguments and arguments[0] in ("-v", "-version", "--version"):
        arguments = ["version"]
    if arguments and not arguments[0].startswith("-") and arguments[0] not in COMMANDS:
        print(unknown(arguments[0]), file=sys.stderr)
        return 1
    if arguments[:1] == ["lock"]:
        arguments = child_apart(arguments)
    app = build(arguments[0] if arguments else "")
    words, apps, _ = app.parse_commands(list(takewhile(lambda word: not word.startswith("-"), arguments)))
    try:
        tokens = dashed(arguments, values_of(apps[-1]))
        outcome = app(tokens, exit_on_error=False, print_error=False, result_action="return_value")
    except CycloptsError as error:
        print(f"{complaint(error)}\nSee `{' '.join(('lictor', *words))} --help`.", file=sys.stderr)
        return 1
    except Failure as failure:
        print(failure, file=sys.stderr)
        return failure.status
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


def unknown(word: str) -> str:
    """There is no such command; perhaps another was meant."""
    near = get_close_matches(word, COMMANDS, 1)
    return f"There is no command {word!r}{f': did you mean {near[0]!r}?' if near else '.'} See `lictor --help`."


def complaint(error: CycloptsError) -> str:
    """What is wrong with the arguments, in one line."""
    if isinstance(error, UnusedCliTokensError) and error.unused_tokens:
        return f"Too many arguments: there is no place for {error.unused_tokens[0]!r}."
    return one_line(str(error))


def values_of(app: App) -> Flags | None:
    """The flags of a command of which an argument may begin with a dash too, None for any other command."""
    if app.default_command is None:
        return None
    arguments = app.assemble_argument_collection()
    if not any(argument.parameter.allow_leading_hyphen for argument in arguments):
        return None
    return frozenset(name.lstrip("-") for argument in arguments for name in argument.names) | {"help"}


def dashed(arguments: Sequence[str], known: Flags | None = None) -> list[str]:
    """Go's flags have one dash or two: ``-http-addr=x`` → ``--http-addr=x``. What follows ``--`` stays, and so does
    what is not ``known``, where a value may begin with a dash."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    return [f"-{word}" if is_go_flag(word, known) else word for word in arguments[:end]] + list(arguments[end:])


def child_apart(arguments: Sequence[str]) -> list[str]:
    """``lock -n 3 PREFIX CHILD -x`` → ``lock -n 3 PREFIX -- CHILD -x``: the child's flags are not ours."""
    at = 1
    while at < len(arguments) and arguments[at].startswith("-"):
        if arguments[at] == "--":
            return list(arguments)
        at += 2 if arguments[at].lstrip("-") in LOCK_FLAGS_WITH_VALUE else 1
    return [*arguments[: at + 1], "--", *arguments[at + 1 :]] if at + 1 < len(arguments) else list(arguments)


def is_go_flag(word: str, known: Flags | None) -> bool:
    """One dash and more than one letter."""
    return len(word) > 2 and word[0] == "-" and word[1].isalpha() and (not known or word[1:].partition("=")[0] in known)


def one_line(text: str) -> str:
    """A message without line breaks."""
    return " ".join(text.split())


if __name__ == "__main__":
    main()
