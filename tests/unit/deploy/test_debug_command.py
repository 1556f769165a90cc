"""``lictor debug journal`` at files that are none: a sentence, not the verdict on an empty journal."""

import pytest

from lictor_actors.hosts.disks.file import FileDisk
from lictor_actors.journal.journal import Journal
from lictor_actors.journal.segments import segment_name
from lictor_messages.journal import Cell


@pytest.mark.parametrize("name", ["passwd", "journal-1.bak"])
def test_a_file_that_is_no_journal_is_named(lictor, tmp_path, name):
    (tmp_path / name).write_bytes(b"root:x:0:0")
    ran = lictor("debug", "journal", str(tmp_path / name))
    assert ran.status == 1
    assert f"{name} is no journal" in ran.err


def test_a_place_where_nothing_is(lictor, tmp_path):
    ran = lictor("debug", "journal", str(tmp_path / "nowhere"))
    assert ran.status == 1
    assert "There is no journal at" in ran.err


def test_a_journal_that_no_node_would_accept_is_status_1(lictor, tmp_path):
    journal = Journal.open(FileDisk(tmp_path))
    for name in ("a", "b"):
        journal.write("server", [Cell(name=name, data=b"x" * 100)])
        journal.sync()
    assert lictor("debug", "journal", str(tmp_path)).status == 0
    segment = tmp_path / segment_name(1)
    segment.write_bytes(segment.read_bytes().replace(b"x" * 100, b"y" * 100, 1))
    ran = lictor("debug", "journal", str(tmp_path), "-summary")
    assert (ran.status, ran.out[:22]) == (1, "The journal is refused")
