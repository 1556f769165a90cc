"""docs/commands.md: every command with its flags and an example, made from the commands' own help."""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from cyclopts import App

from lictor_deploy.cli.commands import COMMANDS
from lictor_deploy.cli.one_dash import one_dash
from lictor_deploy.cli.options import Reach
from lictor_deploy.cli.tree import build

PAGE = Path(__file__).parents[2] / "docs" / "commands.md"
BEGIN = "<!-- made from the code: LICTOR_REWRITE=1 pytest tests/golden/test_commands_page.py -->\n"
OWN_PAGES = {"agent": "[configuration.md](configuration.md)", "fault": "[faults.md](faults.md)"}
"""Commands whose flags or verbs have a page of their own."""


def leaves(app: App, words: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], App]]:
    """Every command that does something, with its words."""
    if app.default_command is not None:
        yield words, app
    for name in sorted(name for name in app if not name.startswith("-")):
        yield from leaves(app[name], (*words, name))


def rows(app: App) -> Iterator[str]:
    """A line for each argument and flag, but those that every command which asks an agent has."""
    for argument in app.assemble_argument_collection(parse_docstring=True):
        if argument.show and not {name.lstrip("-").replace("-", "_") for name in argument.names} & SHARED:
            meaning = " ".join((argument.parameter.help or "").split()).replace("|", "\\|")
            yield f"| `{one_dash(argument.names[0])}` | {meaning} |"


SHARED = {*Reach.__dataclass_fields__, "reach"}


def asks_an_agent(app: App) -> bool:
    if app.default_command is None:
        return False
    return any("--http-addr" in argument.names for argument in app.assemble_argument_collection())


def section(words: tuple[str, ...], app: App) -> Iterator[str]:
    text = inspect.cleandoc(app.help)
    examples = re.findall(r"Example: (lictor .*)", text)
    prose = " ".join(re.split(r"Example: |Parameters\n", text)[0].split())
    yield f"## lictor {' '.join(words)}\n\n{prose}{' *' if asks_an_agent(app) else ''}\n"
    if examples:
        yield "```console\n" + "".join(f"$ {example}\n" for example in examples) + "```\n"
    if words[0] in OWN_PAGES:
        yield f"Its flags: {OWN_PAGES[words[0]]}.\n"
    elif lines := list(rows(app)):
        yield "| | |\n|---|---|\n" + "\n".join(lines) + "\n"


def made() -> str:
    parts = []
    for name in COMMANDS:
        app = build(name)
        if name == "fault":
            parts += section(("fault",), app[name])
        else:
            parts += [part for words, leaf in leaves(app[name], (name,)) for part in section(words, leaf)]
    return "\n".join(parts)


@pytest.mark.slow
def test_the_page_of_commands_is_the_codes() -> None:
    before, _, _ = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    whole = f"{before}{BEGIN}{made()}"
    if os.environ.get("LICTOR_REWRITE"):
        PAGE.write_text(whole, encoding="utf-8")
    assert whole == PAGE.read_text(encoding="utf-8"), "LICTOR_REWRITE=1 pytest tests/golden"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_section_and_an_example(name: str) -> None:
    section = PAGE.read_text(encoding="utf-8").partition(f"\n## lictor {name}")[2]
    assert f"$ lictor {name}" in section.partition("\n## lictor ")[0] or f"## lictor {name} " in section


def test_the_readme_names_every_page() -> None:
    readme = (PAGE.parents[1] / "README.md").read_text(encoding="utf-8")
    assert [page.name for page in sorted(PAGE.parent.glob("*.md")) if f"(docs/{page.name})" not in readme] == []
