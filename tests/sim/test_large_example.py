"""The large test in its short form: its page says what happened, and its status whether that is what had to happen."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lictor_actors.swarm.mutants.swim import waits_for_ever
from lictor_actors.swarm.patch import planted
from lictor_actors.timeline import read

LARGE = Path(__file__).parents[2] / "examples" / "large"
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
Run = Callable[[list[str]], int]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """``python examples/large`` in this process; its modules are gone afterwards."""
    monkeypatch.syspath_prepend(str(LARGE))
    before = set(sys.modules)
    spec = importlib.util.spec_from_file_location("large_example", LARGE / "__main__.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module.main
    for name in set(sys.modules) - before:
        if str(LARGE) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


def seen(page: str, what: str) -> str:
    (found,) = re.findall(rf"^\| {what}[^|]* \| (.*) \|$", page, re.MULTILINE)
    return str(found)


def test_sixty_nodes_live_through_it_and_the_page_says_so(run: Run, tmp_path: Path) -> None:
    file, timeline = tmp_path / "page.md", tmp_path / "run.jsonl"
    assert run(["-nodes", "60", "-page", str(file), "-timeline", str(timeline)]) == 0
    page = file.read_text()
    assert page.startswith("# 60 nodes, 285 services\n")
    assert seen(page, "failures that all others learned of") == "6 of 6"
    assert seen(page, "instances healthy in the catalog meanwhile") == "255 of 285"
    assert seen(page, "acknowledged and lost") == "0"
    assert seen(page, "nodes that lived, within reach") == "0"
    assert " while parted), " in seen(page, "through an agent of rack 1")
    assert int(seen(page, "elections")) >= 2
    assert re.search(r"leads term 3$", page, re.MULTILINE)
    with timeline.open() as lines:
        records = list(read(lines))
    assert {"fault", "election", "leader", "suspicion", "failure"} <= {record.kind for record in records}


def test_it_says_what_did_not_come_about(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "page.md"
    monkeypatch.setattr(sys.modules["story"], "WHOLE_WITHIN_S", 5.0)
    with planted(waits_for_ever):
        assert run(["-nodes", "25", "-page", str(file)]) == 1
    assert "- not all others learned that agent-" in file.read_text()
    assert "not as expected: " in capsys.readouterr().err


def test_too_few_nodes_are_refused_in_a_sentence(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run(["-nodes", "3"])
    assert "-nodes 3: the story needs 25 nodes" in capsys.readouterr().err
