"""``lictor debug journal`` at files that are none: a sentence, not the verdict on an empty journal."""

import pytest


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
