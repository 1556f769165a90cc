"""Scripts by which shells complete ``lictor``: a table of what may follow which words, and lines that look into it.

They start no Python at the press of a key. bash and zsh read the same table, zsh without bash's ways.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from cyclopts import App

from lictor_deploy.cli.commands import COMMANDS
from lictor_deploy.cli.one_dash import one_dash
from lictor_deploy.cli.tree import build


class Offered(NamedTuple):
    """What may follow these words: names of commands, and flags with one dash."""

    words: tuple[str, ...]
    commands: tuple[str, ...]
    flags: tuple[str, ...]


def every() -> Iterator[Offered]:
    """The whole tree of commands."""
    yield Offered((), tuple(COMMANDS), ("-help", "-version"))
    for name in COMMANDS:
        yield from below(build(name)[name], (name,))


def below(app: App, words: tuple[str, ...]) -> Iterator[Offered]:
    """A command and all its own."""
    commands = tuple(name for name in app if not name.startswith("-"))
    arguments = app.assemble_argument_collection() if app.default_command is not None else ()
    flags = tuple(one_dash(each.names[0]) for each in arguments if each.names and each.names[0].startswith("-"))
    yield Offered(words, commands, ("-help", *flags))
    for name in commands:
        yield from below(app[name], (*words, name))


TABLE = """# Completion of lictor, made by `lictor completion {shell}`.
_lictor_offered() {{
    case "$1" in
{rows}
    esac
}}
"""
BASH = """
_lictor() {
    local at='' word
    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        [[ $word == -* ]] && continue
        [[ " $(_lictor_offered "$at") " == *" $word "* ]] || break
        at="${at:+$at }$word"
    done
    COMPREPLY=($(compgen -W "$(_lictor_offered "$at")" -- "${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _lictor lictor
"""
ZSH = """
_lictor() {
    local at='' word
    for word in "${(@)words[2,CURRENT-1]}"; do
        [[ $word == -* ]] && continue
        [[ " $(_lictor_offered "$at") " == *" $word "* ]] || break
        at="${at:+$at }$word"
    done
    compadd -- ${(s: :)"$(_lictor_offered "$at")"} || _files
}
autoload -Uz compinit && (( ${+functions[compdef]} )) || compinit
compdef _lictor lictor
"""
FISH = """# Completion of lictor, made by `lictor completion fish`.
function __lictor_said
    set -l words (commandline -opc)
    string join ' ' -- (string match -v -- '-*' $words[2..])
end
function __lictor_at
    set -l said (__lictor_said)
    test "$said" = "$argv"
end
function __lictor_in
    set -l said (__lictor_said)
    string match -q -- "$argv*" "$said"
end
"""


def table(shell: str) -> str:
    """A function that prints what may follow the words in its argument."""
    rows = (f"    '{' '.join(each.words)}') echo '{' '.join((*each.commands, *each.flags))}' ;;" for each in every())
    return TABLE.format(shell=shell, rows="\n".join(rows))


def fish() -> str:
    """fish knows flags with one dash itself; its conditions say after which words they may come."""
    lines = []
    for each in every():
        words = " ".join(each.words)
        if each.commands:
            lines.append(f"complete -c lictor -f -n '__lictor_at {words}' -a '{' '.join(each.commands)}'")
        lines += [f"complete -c lictor -n '__lictor_in {words}' -o {flag.removeprefix('-')}" for flag in each.flags]
    return FISH + "\n".join(lines) + "\n"


def script(shell: str) -> str:
    """The script for bash, zsh or fish."""
    return fish() if shell == "fish" else table(shell) + {"bash": BASH, "zsh": ZSH}[shell]
