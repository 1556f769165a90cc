"""The page on the Python client: its list of methods is made from the code, and its examples run."""

from __future__ import annotations

import ast
import asyncio
import inspect
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import lictor
from lictor_actors.client.both import Both

PAGE = Path(__file__).parents[2] / "docs" / "python.md"
BEGIN, END = "test_python_page.py -->\n", "<!-- end -->"
GROUPS = (
    "kv",
    "txn",
    "query",
    "catalog",
    "health",
    "agent",
    "session",
    "event",
    "status",
    "coordinate",
    "operator",
    "acl",
)


def _rows(group: str, api: type) -> Iterator[str]:
    for name in dir(api):
        if isinstance(inspect.getattr_static(api, name), Both):
            method = getattr(api, name)
            parameters = [p for p in inspect.signature(method).parameters.values() if p.name != "self"]
            said = ", ".join(map(_plain, parameters)).replace("**options", "…")
            yield f"| `{group}{name}({said})` | {inspect.getdoc(method).splitlines()[0]} |"  # type: ignore[union-attr]


def _plain(parameter: inspect.Parameter) -> str:
    """Names and defaults; types are the editor's business."""
    return str(parameter.replace(annotation=inspect.Parameter.empty))


def _table() -> str:
    client = lictor.Client("tcp://127.0.0.1:1")
    rows = [row for group in GROUPS for row in _rows(f"{group}.", type(getattr(client, group)))]
    return "\n".join(("| method | |", "|---|---|", *rows, *_rows("", type(client)))) + "\n"


def test_the_list_of_methods_is_the_codes() -> None:
    before, rest = PAGE.read_text().split(BEGIN)
    after = rest[rest.index(END) :]
    if os.environ.get("LICTOR_REWRITE"):
        PAGE.write_text(before + BEGIN + _table() + after)
    assert before + BEGIN + _table() + after == PAGE.read_text(), "LICTOR_REWRITE=1 pytest tests/golden"


def run(cell: str, names: dict[str, object]) -> None:
    """As Jupyter does: with ``await`` at the top level."""
    code = compile(cell, PAGE.name, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    if code.co_flags & inspect.CO_COROUTINE:
        asyncio.run(eval(code, names))
    else:
        exec(code, names)


@pytest.mark.e2e
def test_its_examples_run(capsys: pytest.CaptureFixture[str]) -> None:
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    with lictor.Cluster.local(1, 0) as cluster:
        names: dict[str, object] = {}
        for block in blocks:
            place = cluster.nodes["server-1"]
            here = block.replace("tcp://127.0.0.1:8304", place.door).replace("127.0.0.1:8500", place.http)
            run(here, names)
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "b'debug=1'"
    assert "b'debug=0'" in said[2:]  # over HTTP
    assert said[-1] == "value is 5: it takes bytes or str"
