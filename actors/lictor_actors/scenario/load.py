"""Scenario files: TOML, checked, with every complaint at its line and with its remedy."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from lictor_actors.faults.presets import PRESETS
from lictor_actors.faults.steps import Problem, problem_of, read_steps
from lictor_actors.scenario.model import Scenario
from lictor_actors.scenario.rehearse import rehearse

_HEADER = re.compile(r"\s*\[\[?\s*([A-Za-z0-9_.\- ]+?)\s*\]\]?\s*(#.*)?$")
T = TypeVar("T")
Where = tuple[str | int, ...]


class ScenarioError(ValueError):
    """A file that is no scenario: ``file:line: what is wrong, and what would be right``."""


def load(path: Path) -> Scenario:
    """Read and check a file. Raises ScenarioError, also for one that cannot be read."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ScenarioError(f"{path}: cannot be read: it is no text in UTF-8") from None
    return parse(text, str(path), default_name=path.stem)


def parse(text: str, file: str = "scenario", default_name: str = "unnamed") -> Scenario:
    """Check a scenario's text. Raises ScenarioError."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"^(.*) \(at line (\d+), column \d+\)$", str(error))
        line, why = (found[2], found[1]) if found else ("1", str(error))
        raise ScenarioError(f"{file}:{line}: this is no TOML: {why}") from None
    except RecursionError:
        raise ScenarioError(f"{file}:1: this is no scenario: its values are nested too deeply") from None
    try:
        return _checked(data, default_name)
    except Problem as problem:
        raise ScenarioError(f"{file}:{line_of(text, problem.where)}: {problem}") from None


def of_preset(name: str) -> Scenario:
    """The preset for half a minute on a small cluster, with clients and everything expected. Raises LookupError."""
    if name not in PRESETS:
        raise LookupError(f"there is no preset {name!r}: there are {', '.join(PRESETS)}")
    return parse(
        f"""
        name = "{name}"
        duration = "30s"
        [workload]
        kv = {{}}
        [[step]]
        preset = "{name}"
        [expect]
        linearizable = ["kv"]
        eventually = {{ one_leader = "20s", members_agree = "120s", catalog_matches = "120s", no_false_failed = true }}
        """,
        name,
    )


def line_of(text: str, where: Where) -> int:
    """The line of the key that these keys lead to, or of the nearest table around it."""
    lines = text.splitlines()
    start, end, rest = _table(lines, where)
    for key in reversed([part for part in rest if isinstance(part, str)]):
        named = re.compile(rf"(?:^|[\s{{,.]){re.escape(key)}\s*[=.]|^\s*\[.*\b{re.escape(key)}\s*\]")
        for number in range(start, end):
            if named.search(lines[number].partition("#")[0]):
                return number + 1
    return start + 1


def _checked(data: dict[str, Any], default_name: str) -> Scenario:
    tables = data.get("step", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise Problem(("step",), "write each step as [[step]]")
    steps = _in_step(read_steps, tables)
    try:
        head = {"name": default_name} | {key: value for key, value in data.items() if key != "step"}
        scenario = Scenario.model_validate({**head, "step": steps})
    except ValidationError as error:
        raise problem_of(error, Scenario) from None
    if scenario.expect.linearizable and scenario.workload.kv is None:
        raise Problem(("expect", "linearizable"), "this needs a workload to judge: add [workload] with kv = {}")
    _in_step(partial(rehearse, scenario), tables)
    return scenario


def _in_step(do: Callable[[list[Any]], T], tables: list[Any]) -> T:
    try:
        return do(tables)
    except Problem as problem:
        raise Problem(("step", *problem.where), problem.text) from None


def _table(lines: list[str], where: Where) -> tuple[int, int, Where]:
    """First and last line of the innermost table with a header of its own, and the keys inside it."""
    headers = [*_headers(lines), (len(lines), "")]
    for depth in (2, 1):
        name, nth = _header_of(where[:depth])
        found = [place for place, (_, known) in enumerate(headers) if known == name]
        if name and len(found) > nth:
            end = next(line for line, known in headers[found[nth] + 1 :] if not known.startswith(f"{name}."))
            return headers[found[nth]][0], end, where[depth:]
    return 0, headers[0][0], where


def _header_of(where: Where) -> tuple[str, int]:
    """``("step", 2)`` is the third [[step]]; ``("workload", "kv")`` is [workload.kv]."""
    if len(where) == 2 and isinstance(where[1], int):
        return str(where[0]), where[1]
    return ".".join(str(part) for part in where), 0


def _headers(lines: list[str]) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(lines):
        found = _HEADER.match(line)
        if found:
            yield number, found[1].replace(" ", "")
