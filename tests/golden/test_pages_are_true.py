"""What the pages name exists: files, folders, classes, and what belongs to them."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import get_args

import pytest

from lictor_actors.faults import VERBS
from lictor_actors.scenario.load import parse
from lictor_messages.refusals import Code

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [
    ROOT / "CONTRIBUTING.md",
    ROOT / "STYLE.md",
    *(DOCS / f"{name}.md" for name in ("architecture", "faults", "http", "simulator", "status")),
    *sorted((DOCS / "extending").glob("*.md")),
    *sorted((DOCS / "failures").glob("*.md")),
]
SHIPPED = ("lictor", "messages", "actors", "deploy")
CODE = re.compile(r"`([^`\n]+)`")
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
EXAMPLE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TOP = re.compile(r"^(?:class )?([A-Z][a-z0-9]+\w*)(?=[(:\[ ])", re.MULTILINE)
PATH = re.compile(r"[\w.@-]+(/[\w.@-]+)*(/|\.(py|pyi|toml|md|txt|jsonl))")
CLASS = re.compile(r"[A-Z][a-z0-9]+\w*")
PART = re.compile(r"([A-Z][a-z0-9]+\w*)\.([a-z_]\w*)")
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
NO_CLASSES = {
    *("Failover", "Failovers", "Host", "LastIndex", "LockIndex", "Meta", "Origin", "Retry", "Status"),
    "Due",
    *get_args(Code),
}
"""Words of Consul's JSON and of HTTP, the end of a timer's name, and refusals, which look like classes."""


@cache
def files() -> tuple[str, ...]:
    folders = [ROOT / folder for folder in (*SHIPPED, "docs", "tests", "benchmarks", "examples", "changelog.d")]
    inside = (path for folder in folders for path in folder.rglob("*") if path.suffix != ".pyc")
    return tuple(f"/{path.relative_to(ROOT)}{'/' * path.is_dir()}" for path in (*folders, *inside, *ROOT.glob("*.*")))


@cache
def sources() -> dict[str, str]:
    """Every public name at the top of a file, or of an example of the pages, and the text around it."""
    texts = [path.read_text() for folder in (*SHIPPED, "tests") for path in (ROOT / folder).rglob("*.py")]
    texts += [block for page in PAGES for block in EXAMPLE.findall(page.read_text())]
    found: dict[str, str] = {}
    for text in texts:
        for name in TOP.findall(text):
            found[name] = found.get(name, "") + text
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_names_exists(page: Path) -> None:
    prose = FENCED.sub("", page.read_text())
    wrong = []
    for said in CODE.findall(prose):
        if PATH.fullmatch(said):
            wrong += [said] if not any(path.endswith(f"/{said.lstrip('./')}") for path in files()) else []
        elif CLASS.fullmatch(said) and said not in NO_CLASSES:
            wrong += [said] if said not in sources() else []
        elif part := PART.fullmatch(said):
            wrong += [said] if not re.search(rf"\b{part[2]}\b", sources().get(part[1], "")) else []
    wrong += [link for link in LINK.findall(prose) if not (page.parent / link).exists()]
    assert not wrong, f"{page.name} names what there is not: {wrong}"


def test_every_fault_verb_is_on_its_page() -> None:
    page = (DOCS / "faults.md").read_text()
    missing = [verb for verb in VERBS if f"`{verb}`" not in page]
    assert not missing, f"say in docs/faults.md what these mean, on which levels, and what heals them: {missing}"


def test_the_scenario_of_the_page_on_faults_is_one() -> None:
    (example,) = re.findall(r"^```toml\n(.*?)^```$", (DOCS / "faults.md").read_text(), re.MULTILINE | re.DOTALL)
    assert parse(example).name == "leader isolated during writes"
