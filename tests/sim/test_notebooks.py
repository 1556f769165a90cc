"""Each notebook runs from its first cell to its last, and shows what is stored in it; of pictures their words count."""

from __future__ import annotations

import ast
import base64
import io
import json
import os
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
PNG = "image/png"
Output = dict[str, Any]

pytest.importorskip("matplotlib", reason="pictures need matplotlib: pip install 'lictor[notebooks]'")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def run(source: str, name: str, names: dict[str, object]) -> list[Output]:
    """What a cell shows: what it prints, and its last line if that is an expression."""
    module = ast.parse(source, name)
    last = module.body.pop() if module.body and isinstance(module.body[-1], ast.Expr) else None
    with redirect_stdout(io.StringIO()) as out:
        exec(compile(module, name, "exec"), names)
        value = eval(compile(ast.Expression(last.value), name, "eval"), names) if isinstance(last, ast.Expr) else None
    return [*printed(out.getvalue()), *([shown(value)] if value is not None else [])]


def printed(text: str) -> list[Output]:
    return [{"name": "stdout", "output_type": "stream", "text": text.splitlines(keepends=True)}] if text else []


def shown(value: object) -> Output:
    data: dict[str, Any] = {"text/plain": repr(value).splitlines(keepends=True)}
    if hasattr(value, "_repr_html_"):
        data["text/html"] = value._repr_html_().splitlines(keepends=True)
    if hasattr(value, "_repr_png_"):
        data[PNG] = base64.b64encode(value._repr_png_()).decode()
    return {"output_type": "display_data", "data": data, "metadata": {}}


def words(outputs: list[Output]) -> list[Output]:
    """Without pixels, which differ from one version of matplotlib and its fonts to the next."""
    return [{**o, "data": {**o["data"], PNG: "drawn"}} if PNG in o.get("data", {}) else o for o in outputs]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
async def test_a_notebook_shows_what_is_stored_in_it(path: Path) -> None:
    """Inside a running loop, as in Jupyter."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert cells
    names: dict[str, object] = {}
    shows = [run("".join(cell["source"]), f"{path.name}[{n}]", names) for n, cell in enumerate(cells)]
    if os.environ.get("LICTOR_REWRITE"):
        for number, (cell, outputs) in enumerate(zip(cells, shows, strict=True), 1):
            cell["outputs"], cell["execution_count"] = outputs, number
        path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    assert [words(outputs) for outputs in shows] == [words(cell["outputs"]) for cell in cells], (
        "LICTOR_REWRITE=1 pytest tests/sim/test_notebooks.py"
    )
