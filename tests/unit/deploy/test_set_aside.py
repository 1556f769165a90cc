"""``lictor operator set-aside``: all of a node's memory or none of it, nothing deleted, never half of it."""

from pathlib import Path

import pytest

from lictor_actors.hosts.disks import FileDisk
from lictor_actors.journal.journal import Journal
from lictor_actors.journal.recovery import JournalCorrupt
from lictor_actors.journal.segments import BEGUN
from lictor_deploy import set_aside as module
from lictor_deploy.identity import node_id
from lictor_messages.journal import Append


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Of a server with three segments, and with a file that is none of its business."""
    node_id("", str(tmp_path))
    disk = FileDisk(tmp_path)
    journal = Journal.open(disk, 600)
    journal.write("server", [Append(index=index, term=1, data=bytes(200)) for index in range(1, 6)])
    journal.sync()
    disk.close()
    (tmp_path / "mine.txt").write_text("x")
    (tmp_path / "peers.json").write_text("[]")
    (tmp_path / "raft").mkdir()
    (tmp_path / "raft" / "peers.json").write_text("[1]")
    return tmp_path


def test_all_is_moved_and_the_node_is_another(lictor, directory):
    before = {path.name: path.read_bytes() for path in directory.iterdir() if path.is_file()}
    old = node_id("", str(directory))
    ran = lictor("operator", "set-aside", f"-data-dir={directory}")
    assert ran.status == 0
    assert f"Moved to {directory}/set-aside-1: journal-00000001, " in ran.out
    assert "lictor snapshot restore" in ran.out
    assert {path.name for path in directory.iterdir()} == {"mine.txt", "raft", "set-aside-1"}
    assert not (directory / "raft" / "peers.json").exists()
    moved = {path.name: path.read_bytes() for path in (directory / "set-aside-1").iterdir()}
    assert {**moved, "mine.txt": b"x"} == {**before, "raft-peers.json": b"[1]"}
    assert node_id("", str(directory)) != old
    disk = FileDisk(directory)
    assert Journal.open(disk).recovered("server") == []
    disk.close()
    assert lictor("operator", "set-aside", f"-data-dir={directory}").status == 0
    assert (directory / "set-aside-2" / "node-id").exists()


def test_a_dry_run_moves_nothing(lictor, directory):
    before = sorted(directory.iterdir())
    ran = lictor("operator", "set-aside", "-dry-run", f"-data-dir={directory}")
    assert "Would be moved: journal-00000001, " in ran.out
    assert sorted(directory.iterdir()) == before


def test_it_refuses_in_a_sentence(lictor, directory, tmp_path_factory):
    assert "There is no directory" in lictor("operator", "set-aside", f"-data-dir={directory}/absent").err
    empty = lictor("operator", "set-aside", f"-data-dir={tmp_path_factory.mktemp('empty')}")
    assert "a node that is started there is new" in empty.err
    disk = FileDisk(directory)
    ran = lictor("operator", "set-aside", f"-data-dir={directory}")
    disk.close()
    assert ran.status == 1
    assert "in use by another process" in ran.err
    assert BEGUN in {path.name for path in directory.iterdir()}


def test_wherever_it_ends_too_early_the_node_refuses_to_start_and_a_second_time_completes_it(directory, monkeypatch):
    names, real = module.remembered(directory), module.os.rename
    assert names[-1] == BEGUN
    for moved in range(1, len(names)):
        left = iter(range(1))

        def rename(old: Path, new: Path, left=left) -> None:
            if next(left, None) is None:
                raise OSError("the power failed")
            real(old, new)

        monkeypatch.setattr(module.os, "rename", rename)
        with pytest.raises(OSError, match="power"):
            module.set_aside(directory, module.remembered(directory))
        monkeypatch.undo()
        disk = FileDisk(directory)
        with pytest.raises(JournalCorrupt, match=r"is missing|has lost all files"):
            Journal.open(disk)
        disk.close()
        assert module.remembered(directory) == names[moved:]
    module.set_aside(directory, module.remembered(directory))
    assert module.remembered(directory) == []
