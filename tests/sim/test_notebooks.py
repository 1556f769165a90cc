"""Each notebook runs from its first cell to its last, and its cells print what is stored in it."""

from __future__ import annotations

import io
import json
import os
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


def printed(source: str, name: str, names: dict[str, object]) -> str:
    with redirect_stdout(io.StringIO()) as out:
        exec(compile(source, name, "exec"), names)
    return out.getvalue()


def stored(cell: dict[str, Any]) -> str:
    return "".join("".join(output["text"]) for output in cell["outputs"])


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_prints_what_is_stored_in_it(path: Path) -> None:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert cells
    names: dict[str, object] = {}
    said = [printed("".join(cell["source"]), f"{path.name}[{n}]", names) for n, cell in enumerate(cells)]
    if os.environ.get("LICTOR_REWRITE"):
        for number, (cell, text) in enumerate(zip(cells, said, strict=True), 1):
            lines = text.splitlines(keepends=True)
            cell["outputs"] = [{"name": "stdout", "output_type": "stream", "text": lines}] if text else []
            cell["execution_count"] = number
        path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    assert said == [stored(cell) for cell in cells], "LICTOR_REWRITE=1 pytest tests/sim/test_notebooks.py"
