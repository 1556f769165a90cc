"""``lictor operator set-aside``: all of a node's memory or none of it, nothing deleted, never half of it.

And ``accept-loss``: what can be read of it, for a node that no other counts on.
"""

import os
from pathlib import Path

import pytest

from lictor_actors.hosts.disks.file import FileDisk
from lictor_actors.journal.journal import Journal
from lictor_actors.journal.recovery import JournalCorrupt
from lictor_actors.journal.segments import BEGUN
from lictor_actors.raft.configuration import of_voters
from lictor_deploy.agent import accepted_loss
from lictor_deploy.agent import set_aside as module
from lictor_deploy.agent.identity import node_id
from lictor_messages.journal import Append, Cell, JournalRecord


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


# -- accepting a loss -------------------------------------------------------------------------------------------------


def of_servers(directory: Path, *names: str) -> list[JournalRecord]:
    """What a server among these wrote, in three segments; its agent wrote, too."""
    founding = b"\x02" + of_voters(names).pack()
    records = [Cell(name="term", data=(5).to_bytes(8, "big")), Append(index=1, term=1, data=founding)]
    records += [Append(index=index, term=4, data=b"\x00" + bytes(200)) for index in range(2, 8)]
    disk = FileDisk(directory)
    journal = Journal.open(disk, 600)
    journal.write("agent", [Cell(name="service:web", data=b"1")])
    for record in records:
        journal.write("server", [record])
        journal.sync()
    disk.close()
    return records


def read(directory: Path, stream: str) -> list[JournalRecord]:
    disk = FileDisk(directory)
    try:
        return Journal.open(disk).recovered(stream)
    finally:
        disk.close()


def cut_last(directory: Path) -> Path:
    last = max(directory.glob("journal-0*"))
    os.truncate(last, 100)
    return last


def test_a_lone_server_goes_on_with_what_can_be_read(lictor, tmp_path):
    records = of_servers(tmp_path, "s1.dc1")
    old = node_id("", str(tmp_path))
    last = cut_last(tmp_path)
    files = {path.name: path.read_bytes() for path in tmp_path.glob("journal-0*")}
    dry = lictor("operator", "accept-loss", "-dry-run", f"-data-dir={tmp_path}")
    assert f"Refused:  {last} was cut" in dry.out
    assert "Nothing was written" in dry.out
    assert {path.name: path.read_bytes() for path in tmp_path.glob("journal-0*")} == files
    ran = lictor("operator", "accept-loss", f"-data-dir={tmp_path}")
    assert ran.status == 0
    found = read(tmp_path, "server")
    assert found == records[: len(found)]
    assert len(records) - 2 <= len(found) < len(records)
    assert f"Raft's log up to entry {len(found) - 1} of term 4" in ran.out
    assert read(tmp_path, "agent") == [Cell(name="service:web", data=b"1")]
    assert node_id("", str(tmp_path)) == old
    aside = tmp_path / "set-aside-1"
    assert {path.name: path.read_bytes() for path in aside.iterdir()} == files
    assert not (tmp_path / "readable").exists()
    again = lictor("operator", "accept-loss", f"-data-dir={tmp_path}")
    assert "would accept this journal" in again.err


def test_a_server_of_several_may_not_forget_under_its_own_name(lictor, tmp_path):
    of_servers(tmp_path, "s1.dc1", "s2.dc1", "s3.dc1")
    cut_last(tmp_path)
    ran = lictor("operator", "accept-loss", f"-data-dir={tmp_path}")
    assert ran.status == 1
    assert "one of 3 that vote (s1.dc1, s2.dc1, s3.dc1)" in ran.err
    assert not (tmp_path / "set-aside-1").exists()


def test_without_its_beginning_a_log_is_of_no_use(lictor, tmp_path):
    of_servers(tmp_path, "s1.dc1")
    (tmp_path / "journal-00000001").unlink()
    ran = lictor("operator", "accept-loss", f"-data-dir={tmp_path}")
    assert ran.status == 1
    assert "perhaps one of several" in ran.err or "beginning of the log is missing" in ran.err
    for file in tmp_path.glob("journal-0*"):
        file.unlink()
    assert "Nothing can be read" in lictor("operator", "accept-loss", f"-data-dir={tmp_path}").err


def test_what_ended_midway_says_how_to_go_on_and_is_no_journal_for_a_node(lictor, tmp_path, monkeypatch):
    of_servers(tmp_path, "s1.dc1")
    cut_last(tmp_path)

    def fail(*_: object) -> None:
        raise OSError("the power failed")

    monkeypatch.setattr(accepted_loss, "move", fail)
    assert "ended midway: the power failed" in lictor("operator", "accept-loss", f"-data-dir={tmp_path}").err
    monkeypatch.undo()
    with pytest.raises(JournalCorrupt, match="has lost all files"):
        read(tmp_path, "server")
    assert "Put the files back" in lictor("operator", "accept-loss", f"-data-dir={tmp_path}").err
