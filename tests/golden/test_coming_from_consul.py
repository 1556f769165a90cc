"""docs/coming-from-consul.md: how far each command of Consul's is, and how much of its endpoints and keys there is."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from lictor_actors.roles.api.api import ROUTER
from lictor_actors.roles.api.consul_endpoints import ACLS_OFF, CONSUL_ENDPOINTS, NO_COORDINATES
from lictor_deploy.cli.not_yet import COMMANDS_NOT_YET, NEVER, command_not_yet, flag_not_yet
from lictor_deploy.cli.tree import build
from lictor_deploy.config.consul_keys import LACKING, NOT_IN_FORCE, REMOVED

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "coming-from-consul.md"
BEGIN = "<!-- made from the code: LICTOR_REWRITE=1 pytest tests/golden/test_coming_from_consul.py -->\n"
KEYS = (ROOT / "tests/golden/consul_agent_keys.txt").read_text(encoding="utf-8").split()


class ConsulCommand(NamedTuple):
    """A command of Consul 1.22, and its flags beside those that each command has which asks an agent."""

    words: tuple[str, ...]
    flags: tuple[str, ...]

    @property
    def name(self) -> str:
        return " ".join(self.words)


def read(line: str) -> ConsulCommand:
    name, _, flags = line.partition(":")
    return ConsulCommand(tuple(name.split()), tuple(flags.split()))


COMMANDS = [read(line) for line in (ROOT / "tests/golden/consul_commands.txt").read_text("utf-8").splitlines()]


def flags_here(words: tuple[str, ...]) -> set[str] | None:
    """The flags of our command of these words, None if there is none."""
    _, apps, rest = build(words[0]).parse_commands(list(words))
    if rest or apps[-1].default_command is None:
        return None
    return {name.lstrip("-") for argument in apps[-1].assemble_argument_collection() for name in argument.names}


def lacking(command: ConsulCommand) -> list[str]:
    here = flags_here(command.words)
    return [flag for flag in command.flags if here is not None and flag not in here]


def state(command: ConsulCommand) -> str:
    if flags_here(command.words) is None:
        return "never" if command.words[0] in NEVER else "not yet"
    return "in part" if lacking(command) else "yes"


def share(there: int, whole: int) -> str:
    return f"{there} of {whole}"


def key_is_in_force(key: str) -> bool:
    parts = key.split(".")
    above = {".".join(parts[:depth]) for depth in range(1, len(parts) + 1)}
    return not above & {*LACKING, *NOT_IN_FORCE, *REMOVED}


def made() -> str:
    return "\n".join(["", *summary(), "", "## Its commands", "", *commands()]) + "\n"


def summary() -> Iterator[str]:
    built = {(route.method, route.path) for route in ROUTER.table}
    endpoints = [(method, one.path) for one in CONSUL_ENDPOINTS for method in one.methods.split()]
    off = sum(one.instead in (ACLS_OFF, NO_COORDINATES) for one in CONSUL_ENDPOINTS)
    states = Counter(state(command) for command in COMMANDS)
    yield "| of Consul's | there | the rest | one by one |"
    yield "|---|---|---|---|"
    yield (
        f"| endpoints of HTTP | {share(len(built & {*endpoints}), len(endpoints))} | refused by name with 404"
        f"{', or switched off' if off else ''} | [endpoints](http-compatibility.md) |"
    )
    yield (
        f"| keys of an agent's configuration | {share(sum(map(key_is_in_force, KEYS)), len(KEYS))} | accepted without"
        " effect, or refused by name | [configuration](configuration.md) |"
    )
    yield (
        f"| commands | {share(states['yes'] + states['in part'], len(COMMANDS))}, {states['in part']} of them in part |"
        " refused by name | below; ours: [commands](commands.md) |"
    )


def commands() -> Iterator[str]:
    yield "| `consul …` | `lictor …` | flags that it lacks |"
    yield "|---|---|---|"
    for command in COMMANDS:
        flags = ", ".join(f"`-{flag}`" for flag in lacking(command))
        yield f"| `{command.name}` | {state(command)} | {flags} |"


def test_the_page_is_the_codes() -> None:
    before, _, _ = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    whole = f"{before}{BEGIN}{made()}"
    if os.environ.get("LICTOR_REWRITE"):
        PAGE.write_text(whole, encoding="utf-8")
    assert whole == PAGE.read_text(encoding="utf-8"), "LICTOR_REWRITE=1 pytest tests/golden"


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_a_command_of_consuls_and_each_of_its_flags_is_there_or_named(command: ConsulCommand) -> None:
    if flags_here(command.words) is None:
        assert command_not_yet(command.words), "list it in COMMANDS_NOT_YET or NEVER"
    else:
        assert not command_not_yet(command.words), "it is there: take it off COMMANDS_NOT_YET"
        unnamed = [flag for flag in lacking(command) if not flag_not_yet(command.words, flag)]
        assert not unnamed, "list these in FLAGS_NOT_YET"


def test_no_command_that_there_is_is_said_to_be_lacking() -> None:
    assert not [name for name in COMMANDS_NOT_YET if flags_here(tuple(name.split())) is not None]
