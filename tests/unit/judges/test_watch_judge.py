"""What a reader may be told, and what a follower must have been told."""

from __future__ import annotations

import pytest

from lictor_actors.judges.watches import IndexFell, WatchJudge


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
