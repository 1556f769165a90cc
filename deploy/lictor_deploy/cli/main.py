"""The console script. cyclopts and each group of commands are imported when they are used."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence

from lictor_deploy.cli.commands import COMMANDS
from lictor_deploy.words.sentence import Failure

NO_COMMAND = 127
"""Consul's exit code, and a shell's, for a command that does not exist."""
INSTEAD = {
    **dict.fromkeys(("-v", "-version"), ("version",)),
    "-autocomplete-install": ("completion", "install"),
    "-autocomplete-uninstall": ("completion", "uninstall"),
}
"""Flags of Consul's that are a command of their own, with one dash."""
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
    arguments = instead_of(arguments)
    try:
        refuse_unknown(arguments)
        return start_agent(arguments[1:]) if arguments[:1] == ["agent"] else call(arguments)
    except Failure as failure:
        print(failure, file=sys.stderr)
        return failure.status


def instead_of(words: Sequence[str]) -> Sequence[str]:
    """The command that the first word stands for, if it is such a flag; ``help kv`` is ``kv --help``."""
    first = words[0] if words else ""
    if first == "help":
        return [*words[1:], "--help"]
    return INSTEAD.get(first[1:] if first.startswith("--") else first, words)


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


def refuse_unknown(words: Sequence[str]) -> None:
    """Raise Failure if these words begin with no command."""
    if not words or words[0].startswith("-") or words[0] in COMMANDS:
        return
    from difflib import get_close_matches

    from lictor_deploy.cli.not_yet import command_not_yet

    if not_yet := command_not_yet(words):
        raise Failure(f"{not_yet} See `lictor --help`.")
    near = get_close_matches(words[0], COMMANDS, 1)
    meant = f": did you mean {near[0]!r}?" if near else "."
    raise Failure(f"There is no command {words[0]!r}{meant} See `lictor --help`.", NO_COMMAND)


if __name__ == "__main__":
    main()
