"""``lictor timeline`` and ``lictor explain``."""

from __future__ import annotations

from pathlib import Path

import pytest

from lictor_actors.timeline import TimelineRecord, write
from lictor_deploy.cli.main import run
from lictor_deploy.timelines.show import from_log, with_ends


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "run.jsonl"
    records = [
        TimelineRecord(1.0, "server-1.dc1", "leader", "raft: leads term 2", role="server"),
        TimelineRecord(2.0, "server-1.dc1", "operation", "put_key", until=2.1),
        TimelineRecord(3.0, "server-1.dc1", "fault", "f1 isolate server-1.dc1", until=4.0),
    ]
    path.write_text("".join(write(records)))
    return path


def test_a_file_is_drawn(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["timeline", str(file)]) == 0
    out = capsys.readouterr().out
    assert "raft: leads term 2" in out
    assert "put_key" not in out
    assert "\x1b" not in out
    assert run(["timeline", str(file), "-kinds", "operation", "-from", "1500ms", "-until", "2.5s"]) == 0
    out = capsys.readouterr().out
    assert "put_key" in out
    assert "leads term" not in out


def test_a_page_that_cannot_be_written_is_a_sentence(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["timeline", str(file), "-html", "/none/out.html"]) == 1
    assert "Cannot write /none/out.html: No such file or directory." in capsys.readouterr().err


def test_a_page_is_written(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "out.html"
    assert run(["timeline", str(file), "-html", str(page)]) == 0
    assert page.read_text().startswith("<!doctype html>")
    assert capsys.readouterr().out == f"{page}: 3 records\n"


def test_refusals_are_sentences(tmp_path: Path, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text("hello\n")
    for words, says in [
        (["timeline"], "Name a file"),
        (["timeline", str(tmp_path / "none")], "Cannot read"),
        (["timeline", str(bad)], "line 1 is no record"),
        (["timeline", str(file), "-kinds", "party"], "There is no kind 'party'"),
        (["timeline", str(file), "-from", "soon"], "soon"),
        (["timeline", str(file), "-node", "server-9"], "There is no node 'server-9' in this timeline"),
    ]:
        assert run(words) == 1
        assert says in capsys.readouterr().err


def test_a_live_log_is_read_with_its_faults() -> None:
    log = [
        "2026-01-02T15:04:05.250Z [INFO]  server@server-1.dc1 raft: leads term 2\n",
        "2026-01-02T15:04:05.260Z [INFO]  server@server-1.dc1 leads term 2\n",
        "2026-01-02T15:04:06.000Z [INFO] ! f1 isolate server-1.dc1\n",
        "2026-01-02T15:04:08.500Z [INFO] ! healed f1 isolate server-1.dc1\n",
        "Traceback (most recent call last):\n",
        "2026-01-02T15:04:09.000Z [WARN]  something else entirely\n",
    ]
    leader, fault = with_ends(from_log(log))
    assert (leader.node, leader.role, leader.kind) == ("server-1.dc1", "server", "leader")
    assert (fault.what, round(fault.until - fault.t, 3)) == ("f1 isolate server-1.dc1", 2.5)


@pytest.mark.slow
def test_the_story_of_a_seed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "4", "-until", "8s", "-without", "1"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("Seed 4: every promise was kept.\nDrawn: 3 servers")
    assert "  2    6.500 s  restart" in out
    assert "raft: leads term" in out
