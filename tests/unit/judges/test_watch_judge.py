"""What a reader may be told, and what a follower must have been told."""

from __future__ import annotations

import pytest

from lictor_actors.judges.watches import IndexFell, IndexStood, WatchJudge


def test_an_index_never_falls_for_one_reader() -> None:
    judge = WatchJudge()
    judge.answered("r", "k", 5, b"a")
    judge.answered("r", "k", 5, b"a")
    judge.answered("other", "k", 3, b"old")
    judge.answered("r", "another", 2, None)
    with pytest.raises(IndexFell, match=r"r saw k at index 4 .* after 5"):
        judge.answered("r", "k", 4, b"old")


def test_a_follower_must_have_seen_the_last_word() -> None:
    judge = WatchJudge()
    judge.answered("r", "k", 5, b"a")
    assert judge.index("r", "k") == 5
    assert judge.behind("r", "k", b"a") == []
    assert judge.behind("r", "k", b"b") == ["r still waits at index 5 with b'a', and k holds b'b'"]
    assert judge.behind("nobody", "k", b"b")


def test_a_list_that_changes_has_another_index_whichever_reader_is_told() -> None:
    judge = WatchJudge()
    both, one = (("d/1", b"a"), ("d/2", b"b")), (("d/1", b"a"),)
    judge.listed("r", "d/", 5, both)
    judge.listed("s", "d/", 5, both)
    judge.listed("s", "d/1", 5, one)
    judge.listed("r", "d/", 6, one)
    with pytest.raises(IndexStood, match=r"d/ at index 6 .* s was told"):
        judge.listed("s", "d/", 6, both)
