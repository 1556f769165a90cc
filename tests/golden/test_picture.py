"""The picture at the head of the README fetches nothing, and shows what its script runs and lictor has."""

from __future__ import annotations

import re
import shlex
from html import unescape
from pathlib import Path
from xml.etree import ElementTree

import pytest
from cyclopts import App

from lictor_deploy.cli.one_dash import one_dash
from lictor_deploy.cli.tree import build

ROOT = Path(__file__).parents[2]
SVG = (ROOT / "docs" / "picture.svg").read_text()
SCRIPT = (ROOT / "examples" / "picture.py").read_text()


def lines() -> list[str]:
    """What a reader sees, from top to bottom: each line is made of pieces of one colour."""
    rows: dict[float, str] = {}
    for piece in ElementTree.fromstring(SVG).iter("{http://www.w3.org/2000/svg}text"):
        if "clip-path" in piece.attrib:
            row = float(piece.attrib["y"])
            rows[row] = rows.get(row, "") + unescape(piece.text or "").replace("\xa0", " ")
    return [rows[row].rstrip() for row in sorted(rows)]


def commands() -> list[str]:
    return [line[2:].partition("   #")[0] for line in lines() if line.startswith("$ ")]


def test_the_readme_opens_with_it() -> None:
    assert "](docs/picture.svg)" in (ROOT / "README.md").read_text().partition("## ")[0]


def test_it_fetches_nothing() -> None:
    drawn = re.sub(r"<!--.*?-->", "", SVG, flags=re.DOTALL).replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert not re.findall(r"@font-face|@import|https?:|//|<image|<script|(?<!lictor)href=|url\((?!#)", drawn)


def test_it_shows_what_its_script_runs() -> None:
    assert len(commands()) == 8
    said = [command.replace("CONSUL_HTTP_ADDR=127.0.0.6:8500", "CONSUL_HTTP_ADDR={AGENT}") for command in commands()]
    assert [command for command in said if command not in SCRIPT] == []


def test_it_shows_the_fault_and_the_healing() -> None:
    seen = lines()
    healed = seen.index("Healed: f1")
    assert [sum(" failed " in line for line in part) for part in (seen[:healed], seen[healed:])] == [1, 0]
    leaders = [line for line in seen if re.fullmatch(r'"[\d.]+:8300"', line)]
    assert len(set(leaders)) == 2


@pytest.mark.parametrize("command", sorted({line for line in commands() if line.startswith("lictor ")}))
def test_its_commands_exist(command: str) -> None:
    app: App = build()
    words = shlex.split(command)[1:]
    while words and words[0] in app:
        app = app[words.pop(0)]
    assert app.default_command is not None, command
    flags = {one_dash(name) for part in app.assemble_argument_collection() for name in part.names}
    assert {word for word in words if word.startswith("-")} <= flags
