"""Every command that a page shows is one that there is: its verbs, flags and values, the files and paths it names.

Many are run too, as they stand on their pages: those of the README, the tutorial and the page on faults
(``tests/e2e/test_examples.py``), of the command line (``test_commands_page_runs.py``), of the failures, of three
machines, of TLS, datacenters and DNS. What needs other machines, Docker or minutes is read here.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from itertools import takewhile

import pytest
from cyclopts import CycloptsError
from documented import ROOT, Command, documented

from lictor_actors.roles.api.api import ROUTER
from lictor_deploy.cli.main import instead_of
from lictor_deploy.cli.tree import apart, build, complaint, dashed, values_of

MADE_BY_THE_READER = {("docs/extending/option.md", "-open-writes=7")}
"""Flags that there are once the reader has done what the page says."""
COMMANDS = [one for one in documented() if (one.page, one.words[-1]) not in MADE_BY_THE_READER]
Words = tuple[str, ...]
OTHERS = {
    *("cat", "cd", "diff", "dig", "export", "for", "go", "grep", "less", "mkdir", "mv", "openssl", "pip", "pkill"),
    *("ray", "sleep", "sort", "systemctl", "systemd-sysusers", "ulimit"),
}
"""Other people's programs: of these only the files of this repository that they name are looked for."""
OURS = re.compile(r"(?:tests|examples|benchmarks|deploy|notebooks)/[\w./-]+")


def reads(words: Words) -> str:
    """What ``lictor`` would say against these words; its own way of reading them, without running anything."""
    words = tuple(instead_of(words))
    if not words:
        return ""
    app = build(words[0])
    named, apps, _ = app.parse_commands(list(takewhile(lambda word: not word.startswith("-"), words)))
    if apps[-1].default_command is None and "--help" not in words:
        return f"lictor {shlex.join(words)} names no command"
    tokens = dashed(apart(words[len(named) :], apps[-1]), values_of(apps[-1]))
    try:
        app.parse_args([*named, *tokens], exit_on_error=False, print_error=False)
    except CycloptsError as error:
        return complaint(error, named)
    return ""


def lictor(words: Words) -> str:
    return reads(words[1:])


def within(words: Words) -> str:
    """``docker run … lictor agent …``, ``kubectl exec … -- lictor …``: the image's program is ``lictor``."""
    runs = words[1] in ("run", "exec") and "lictor" in words
    return reads(words[words.index("lictor") + 1 :]) if runs else ""


def make(words: Words) -> str:
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    wrong = [word for word in words[1:] if "=" not in word and word not in targets]
    return f"the Makefile has no {wrong}" if wrong else ""


def python(words: Words) -> str:
    """A script of ours, and flags that it says itself."""
    if words[1] == "-m":
        return ""
    script = ROOT / words[1]
    files = [script] if script.is_file() else sorted(script.glob("*.py"))
    if not files:
        return f"there is no {words[1]}"
    source = "".join(file.read_text(encoding="utf-8") for file in files)
    flags = [word.lstrip("-") for word in words[2:] if word.startswith("-")]
    unsaid = [flag for flag in flags if not re.search(rf"\b{flag.replace('-', '[-_]')}\b", source)]
    return f"{words[1]} does not say {unsaid}" if unsaid else ""


def curl(words: Words) -> str:
    """A path of the API that is answered, or a page of another server."""
    method = words[words.index("-X") + 1] if "-X" in words else "POST" if "-d" in words else "GET"
    for word in words:
        if path := re.search(r"/v1/[^?\s]*", word):
            routes = [route for route in ROUTER.table if route.method == method]
            if not any(path[0] == r.path or (r.path.endswith("/") and path[0].startswith(r.path)) for r in routes):
                return f"no route answers {method} {path[0]}"
    return ""


def others(words: Words) -> str:
    return ""


PROGRAMS: dict[str, Callable[[Words], str]] = {
    **dict.fromkeys(OTHERS, others),
    **{"lictor": lictor, "make": make, "python": python, "python3": python, "curl": curl},
    **{"docker": within, "kubectl": within, "install": others, "pytest": others},
}


def wrong(command: Command) -> str:
    """What is wrong with it, "" if nothing is."""
    program = command.words[0].rpartition("/")[2]
    assert program in PROGRAMS, f"say in PROGRAMS of {__name__} how a command of {program} is checked"
    missing = [path for word in command.words for path in OURS.findall(word) if not (ROOT / path).exists()]
    return f"there is no {missing}" if missing else PROGRAMS[program](command.words)


@pytest.mark.parametrize("command", COMMANDS, ids=str)
def test_it_is_a_command_that_there_is(command: Command) -> None:
    assert wrong(command) == ""


@pytest.mark.parametrize(
    "line",
    [
        "lictor kv gett color",
        "lictor kv get -stael color",
        "lictor fault isolat leader",
        "lictor fault loss all all -probabilty 0.3",
        "lictor sim -seed fourteen",
        "docker run --rm lictor agnet",
        "make upp",
        "python examples/none.py",
        "python benchmarks/hundred.py -shorter",
        "pytest tests/none",
        "curl -X PUT 127.0.0.1:8500/v1/kw/color",
    ],
)
def test_a_wrong_one_is_found(line: str) -> None:
    assert wrong(Command("a page", tuple(shlex.split(line))))
