"""Every core command against a running agent, as a script sees it: what is printed, where, and the exit code.

``transcripts.txt`` holds the command after ``$``, its output, lines of standard error after ``!``, and the exit code
after ``=`` if it is not 0. What differs from run to run is written as its kind: ``<uuid>``, ``<index>``. Standard input
is "from stdin", and ``SESSION`` the id that ``session create`` printed. ``LICTOR_REWRITE=1`` writes them anew.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lictor import Cluster
from lictor_deploy.cli.main import run

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]
TRANSCRIPTS = Path(__file__).parent / "transcripts.txt"
VARYING = (
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "<uuid>"),
    (re.compile(r"\b[0-9a-f]{8}\b"), "<uuid>"),
    (re.compile(r"\b127\.\d+\.\d+\.\d+\b"), "<ip>"),
    (re.compile(r"(Index(?: +|\": ))\d+"), r"\1<index>"),
    (re.compile(r"(true +3 +)\d+"), r"\1<index>"),
    (re.compile(r"to index \d+"), "to index <index>"),
    (re.compile(r"(serfHealth +)\d+$", re.MULTILINE), r"\1<index>"),
    (re.compile(r" {2,}"), "  "),
)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    with Cluster.local(1, 1) as made:
        yield made


@pytest.fixture
def shell(cluster: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with a file or two, and the variables."""
    monkeypatch.setenv("CONSUL_HTTP_ADDR", cluster.nodes["agent-1"].http)
    monkeypatch.setenv("SHELL", "/bin/sh")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text('{"x": 1}')
    (tmp_path / "exported").write_text('[{"key": "app/a", "flags": 0, "value": "aGVsbG8="}]')
    return tmp_path


def varying(text: str) -> str:
    for pattern, kind in VARYING:
        text = pattern.sub(kind, text)
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


def test_every_command_as_a_script_sees_it(
    shell: Path, capfd: pytest.CaptureFixture[str], until: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    until(lambda: run(["kv", "put", "first", "yes"]) == 0)
    until(lambda: run(["catalog", "services", "-node=agent-1"]) == 0)
    capfd.readouterr()
    told: list[str] = []
    session = ""
    for line in TRANSCRIPTS.read_text(encoding="utf-8").splitlines():
        if not line.startswith("$ "):
            continue
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"from stdin")))
        words = [word.replace("SESSION", session) for word in shlex.split(line)[2:]]
        status = run(words)
        out, err = capfd.readouterr()
        session = out.strip() if words[:2] == ["session", "create"] else session
        errors = "".join(f"! {each}\n" for each in err.splitlines())
        told.append(f"{line}\n{varying(out)}{varying(errors)}{f'= {status}' + chr(10) if status else ''}")
    if os.environ.get("LICTOR_REWRITE"):
        TRANSCRIPTS.write_text("".join(told), encoding="utf-8")
    assert "".join(told) == TRANSCRIPTS.read_text(encoding="utf-8")
