"""The console script. cyclopts and each group of commands are imported when they are used."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence

from lictor_deploy.cli.commands import COMMANDS
from lictor_deploy.words.sentence import Failure

LOCK_FLAGS_WITH_VALUE = (
    *("n", "name", "timeout", "try", "monitor-retry"),
    *("http-addr", "token", "token-file", "datacenter"),
)
"""Flags of ``lictor lock`` whose value may be the next word."""

UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EIO)
"""What a write to standard output may meet: a full disk, a spent quota, a device that fails."""


def main(argv: Sequence[str] | None = None) -> None:
    """Run one command and exit with its status."""
    arguments = sys.argv[1:] if argv is None else list(argv)
    try:
        status = run(arguments)
        if sys.stdout is not None:
            sys.stdout.flush()
    except KeyboardInterrupt:
        status = 130
    except BrokenPipeError:  # the reader of a pipe went away, as `head` does
        sys.stderr.close()
        status = 141
    except OSError as error:
        if error.errno not in UNWRITABLE or error.filename is not None:
            raise
        print(f"Cannot write the output: {os.strerror(error.errno)}.", file=sys.stderr)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what is left of it would fail again at the end
        status = 1
    sys.exit(status)


def run(arguments: Sequence[str]) -> int:
    """Run one command; its exit status. Every refusal is a sentence on stderr."""
    if arguments and arguments[0] in ("-v", "-version", "--version"):
        arguments = ["version"]
    if arguments and arguments[0] == "help":
        arguments = [*arguments[1:], "--help"]
    if arguments and (why := no_command(arguments)):
        print(why, file=sys.stderr)
        return 1
    if arguments[:1] == ["lock"]:
        arguments = child_apart(arguments)
    try:
        return start_agent(arguments[1:]) if arguments[:1] == ["agent"] else call(arguments)
    except Failure as failure:
        print(failure, file=sys.stderr)
        return failure.status


def start_agent(words: Sequence[str]) -> int:
    """``lictor agent``: plain flags need no cyclopts, whose import takes a sixth of the time until an agent answers."""
    from lictor_actors.hosts.live.garbage import put_off

    with put_off():
        from lictor_deploy.cli.agent import agent
        from lictor_deploy.cli.plain_flags import read_plain

        flags = read_plain(agent, words)
        return call(["agent", *words]) if flags is None else agent(**flags)


def call(arguments: Sequence[str]) -> int:
    """Let cyclopts find the command and read its arguments."""
    from lictor_deploy.cli import tree

    return tree.call(arguments)


def no_command(words: Sequence[str]) -> str:
    """Why these words begin with no command, "" if they do."""
    word = words[0]
    if word.startswith("-") or word in COMMANDS:
        return ""
    from difflib import get_close_matches

    from lictor_deploy.cli.not_yet import command_not_yet

    if not_yet := command_not_yet(words):
        return f"{not_yet} See `lictor --help`."
    near = get_close_matches(word, COMMANDS, 1)
    return f"There is no command {word!r}{f': did you mean {near[0]!r}?' if near else '.'} See `lictor --help`."


def child_apart(arguments: Sequence[str]) -> list[str]:
    """``lock -n 3 PREFIX CHILD -x`` → ``lock -n 3 PREFIX -- CHILD -x``: the child's flags are not ours."""
    at = 1
    while at < len(arguments) and arguments[at].startswith("-"):
        if arguments[at] == "--":
            return list(arguments)
        at += 2 if arguments[at].lstrip("-") in LOCK_FLAGS_WITH_VALUE else 1
    return [*arguments[: at + 1], "--", *arguments[at + 1 :]] if at + 1 < len(arguments) else list(arguments)


if __name__ == "__main__":
    main()
