"""Data directories are closed to other users, also those that were open; what is not a node's own is left alone."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from lictor_actors.hosts.disks.file import FileDisk
from lictor_deploy.agent.identity import node_id
from lictor_deploy.agent.limits import own_directory
from lictor_deploy.private import close_to_others
from lictor_deploy.words.sentence import Failure


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_what_a_node_makes_is_for_its_user_alone(tmp_path):
    data = tmp_path / "d"
    os.close(own_directory(data))
    node_id("", str(data))
    disk = FileDisk(data / "server-1")
    disk.write_at("journal", 0, b"x")
    disk.close()
    made = {path.relative_to(data).as_posix(): mode(path) for path in data.rglob("*")}
    assert made == {"lock": 0o600, "node-id": 0o600, "server-1": 0o700, "server-1/journal": 0o600}
    assert mode(data) == 0o700


def test_a_directory_that_was_open_is_closed_with_one_line(tmp_path):
    data = tmp_path / "d"
    (data / "logs").mkdir(parents=True)
    for name in ("node-id", "peers.json", "journal", "logs/server-1.log"):
        (data / name).touch(mode=0o644)
    os.symlink(tmp_path, data / "link")
    said = []
    lock = own_directory(data, say=said.append)
    os.close(lock)
    assert {mode(path) for path in data.rglob("*") if path.is_file()} == {0o600}
    assert (mode(data), mode(data / "logs")) == (0o700, 0o700)
    (line,) = said
    assert line == (
        f"The data directory {data} was open to other users, who may have read it: closed were the directory itself, "
        "journal, logs and 3 more."
    )
    os.close(own_directory(data, say=said.append))
    assert len(said) == 1


def test_what_an_operator_set_aside_is_a_nodes_own(tmp_path):
    """An older version's directory is open; a journal may be set aside there before this version is first started."""
    for name in ("set-aside-1", "readable"):
        (tmp_path / name).mkdir(mode=0o755)
    (tmp_path / "set-aside-1" / "journal-00000001").touch(mode=0o644)
    tmp_path.chmod(0o755)
    os.close(own_directory(tmp_path, say=lambda _: None))
    assert (mode(tmp_path), mode(tmp_path / "set-aside-1" / "journal-00000001")) == (0o700, 0o600)


@pytest.mark.parametrize("foreign", ["Documents", "log"])
def test_a_directory_that_holds_other_things_is_not_closed_but_refused(tmp_path, foreign):
    (tmp_path / foreign).mkdir()
    (tmp_path / "file").touch(mode=0o644)
    tmp_path.chmod(0o755)
    with pytest.raises(Failure, match=r"holds more than a node's data.*-data-dir, such as .*lictor, or .*chmod 0700"):
        own_directory(tmp_path)
    assert (mode(tmp_path), mode(tmp_path / "file")) == (0o755, 0o644)
    tmp_path.chmod(0o700)
    said = []
    os.close(own_directory(tmp_path, say=said.append))
    assert (said, mode(tmp_path / "file")) == ([], 0o644)


def test_the_directory_of_everybodys_temporary_files_is_refused(tmp_path):
    tmp_path.chmod(0o1777)
    with pytest.raises(Failure, match="open to other users"):
        own_directory(tmp_path)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o1777


@pytest.fixture
def as_another(monkeypatch):
    """This process takes itself for a user who owns nothing here."""
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 4321)


@pytest.mark.skipif(os.getuid() == 0, reason="root owns what root makes, and is trusted")
def test_a_directory_of_another_user_is_refused_in_words(tmp_path, as_another):
    with pytest.raises(Failure, match=r"belongs to another user \(\d+\): chown it to this one"):
        close_to_others(tmp_path, "-data-dir")


@pytest.mark.skipif(os.getuid() != 0, reason="needs root")
def test_of_roots_things_only_an_open_directory_is_refused(tmp_path, as_another):
    tmp_path.chmod(0o2775)
    with pytest.raises(Failure, match=r"belongs to root and is open to others \(mode 2775\)\. .*-data-dir .*lictor"):
        close_to_others(tmp_path, "-data-dir")
    tmp_path.chmod(0o700)
    (tmp_path / "peers.json").touch(mode=0o644)
    assert close_to_others(tmp_path, "-data-dir") == ""
