"""``lictor debug``: what is in the archive, what is said of what is not, and how little an interruption costs."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from lictor_deploy.cli import debug as debug_command
from lictor_deploy.cli.debug_capture import EVERY_TARGET

SELF = {"Config": {"Version": "1.22.1"}}


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, agent: Any) -> Any:
    monkeypatch.setattr(debug_command, "DURATION_LEAST_S", 0.0)
    monkeypatch.setattr(debug_command, "INTERVAL_LEAST_S", 0.0)
    monkeypatch.chdir(tmp_path)
    agent.on("GET", "/v1/agent/self", SELF)
    agent.on("GET", "/v1/agent/host", {"CPU": []})
    agent.on("GET", "/v1/agent/members", [{"Name": "n1"}])
    agent.on("GET", "/v1/agent/metrics", {"Gauges": []})
    agent.on("GET", "/v1/agent/monitor", b"a line\nanother\n")
    agent.on("GET", "/debug/pprof/goroutine", b"Thread 1\n")
    agent.on("GET", "/debug/pprof/profile", b"a;b 7\n")
    return agent


@pytest.mark.slow
def test_everything_that_the_agent_has_is_in_the_archive(lictor: Any, quick: Any, tmp_path: Path) -> None:
    ran = lictor("debug", "-duration=0.4s", "-interval=0.25s", "-output=d")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.endswith("    Saved debug archive: d.tar.gz\n")
    assert (tmp_path / "d.tar.gz").stat().st_mode & 0o777 == 0o600
    with tarfile.open(tmp_path / "d.tar.gz") as tar:
        tar.extractall(tmp_path / "out", filter="data")
    assert not (tmp_path / "d").exists()
    root = tmp_path / "out" / "d"
    assert json.loads((root / "agent.json").read_bytes()) == SELF
    assert json.loads((root / "members.json").read_bytes()) == [{"Name": "n1"}]
    assert (root / "consul.log").read_text() == "a line\nanother\n"
    assert (root / "metrics.json").read_text() == '{"Gauges": []}\n' * 2
    assert next(file.read_text() for file in root.glob("*/goroutine.prof")) == "Thread 1\n"
    assert next(file.read_text() for file in root.glob("*/profile.prof")) == "a;b 7\n"
    index = json.loads((root / "index.json").read_bytes())
    assert index["Missing"] == {"pprof: heap.prof": "Unexpected response code: 404 ()"}
    assert {name: index[name] for name in ("Version", "AgentVersion", "Interval", "Duration", "Targets")} == {
        "Version": 1,
        "AgentVersion": "1.22.1",
        "Interval": "250ms",
        "Duration": "400ms",
        "Targets": list(EVERY_TARGET),
    }


def test_what_takes_no_time_is_not_waited_for(lictor: Any, quick: Any, tmp_path: Path) -> None:
    ran = lictor("debug", "-capture=members", "-capture=host", "-archive=false", "-output=sub/d")
    assert (ran.status, ran.err) == (0, "")
    assert sorted(path.name for path in (tmp_path / "sub" / "d").iterdir()) == [
        "host.json",
        "index.json",
        "members.json",
    ]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.slow
def test_a_signal_ends_it_early_and_what_there_is_stays(quick: Any, tmp_path: Path, number: int) -> None:
    words = [
        sys.executable,
        "-m",
        "lictor_deploy.cli.entry",
        "debug",
        "-capture=metrics",
        "-capture=agent",
        "-output=d",
    ]
    debug = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert debug.stdout is not None
    while "Capture successful" not in debug.stdout.readline():
        assert debug.poll() is None
    debug.send_signal(number)
    out, err = debug.communicate(timeout=30)
    assert (debug.returncode, err) == (0, "")
    assert out.startswith("==> Told to stop: keeping what there is\n")
    with tarfile.open(tmp_path / "d.tar.gz") as tar:
        assert {"d/agent.json", "d/metrics.json", "d/index.json"} <= set(tar.getnames())


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["-duration=1s"], "-duration=1s is too short: give at least 10s."),
        (["-interval=1s"], "-interval=1s is too short: give at least 5s."),
        (["-duration=10s", "-interval=11s"], "-interval=11s is longer than -duration=10s"),
        (["-capture=thoughts"], "-capture=thoughts is nothing that can be collected: give metrics,"),
        (["-duration=soon"], "Bad value 'soon' for -duration: give a duration"),
        (["extra"], "extra"),
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused_before_anything_is_asked(
    lictor: Any, agent: Any, tmp_path: Path, monkeypatch: Any, flags: list[str], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = lictor("debug", *flags)
    assert (ran.status, ran.out) == (1, "")
    assert words in ran.err
    assert agent.asked == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["d", "d.tar.gz"])
def test_what_is_there_is_not_written_over(lictor: Any, quick: Any, tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    ran = lictor("debug", "-capture=host", "-output=d")
    assert ran.status == 1
    assert "-output" in ran.err
    assert list(tmp_path.iterdir()) == [tmp_path / name]


def test_an_agent_that_is_not_there_leaves_nothing_behind(lictor: Any, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CONSUL_HTTP_ADDR", "127.0.0.1:1")
    ran = lictor("debug")
    assert (ran.status, ran.out) == (1, "")
    assert list(tmp_path.iterdir()) == []
