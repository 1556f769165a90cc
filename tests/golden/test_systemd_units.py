"""The unit of deploy/systemd is one by systemd's own tools, and starts what it says."""

from __future__ import annotations

import configparser
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from agent_words import configuration

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "deploy" / "systemd" / "lictor.service"
USERS = ROOT / "deploy" / "systemd" / "lictor.sysusers"
EXPOSURE_MAX = 2.0
"""Of 10; systemd calls what is below 2 OK and leaves out what a daemon with a network cannot give up."""
systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd's tools are not installed")


def start() -> list[str]:
    unit = configparser.ConfigParser(strict=False, interpolation=None, delimiters=("=",))
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # its keys are written in capitals
    unit.read(UNIT)
    return shlex.split(unit["Service"]["ExecStart"])


def analyze(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = ["systemd-analyze", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit, with a program that is there in place of the installed one."""
    program = tmp_path / "lictor"
    program.symlink_to(sys.executable)
    made = tmp_path / UNIT.name
    made.write_text(UNIT.read_text().replace(start()[0], str(program)))
    return made


@systemd
def test_systemd_takes_the_unit(unit: Path) -> None:
    said = analyze("verify", "--man=no", unit)
    assert (said.returncode, said.stderr) == (0, "")


@systemd
def test_systemd_finds_a_slip_in_it(unit: Path) -> None:
    unit.write_text(unit.read_text().replace("NoNewPrivileges=yes", "NoNewPrivilege=yes"))
    assert "NoNewPrivilege" in analyze("verify", "--man=no", unit).stderr


@systemd
def test_little_is_left_open_to_a_broken_agent(unit: Path) -> None:
    threshold = f"--threshold={round(EXPOSURE_MAX * 10)}"
    said = analyze("security", "--offline=true", threshold, unit)
    assert said.returncode == 0, said.stdout[-200:]


@pytest.mark.skipif(shutil.which("systemd-sysusers") is None, reason="systemd's tools are not installed")
def test_the_user_of_the_unit_is_made(tmp_path: Path) -> None:
    there = tmp_path / "usr" / "lib" / "sysusers.d"
    there.mkdir(parents=True)
    (tmp_path / "etc").mkdir()
    (there / "lictor.conf").write_text(USERS.read_text())
    said = subprocess.run(
        ["systemd-sysusers", f"--root={tmp_path}", "lictor.conf"], capture_output=True, text=True, check=False
    )
    if os.geteuid():
        pytest.skip("only root makes users")
    assert said.returncode == 0, said.stderr
    assert "lictor:x:" in (tmp_path / "etc" / "passwd").read_text()


def test_the_agent_takes_its_command() -> None:
    program, *words = start()
    assert program.endswith("/bin/lictor")
    assert configuration(words).data_dir == "/var/lib/lictor"
    assert "StateDirectory=lictor\n" in UNIT.read_text()
