"""A node that moves must have ended where it was before it begins where it goes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from lictor_actors.judges.lives import judge_lives, lives_of
from lictor_actors.timeline import TimelineRecord
from lictor_actors.timeline.live import LiveRecorder, together

N1 = "n1.dc1"


def deeds(*said: tuple[float, str, str], node: str = N1) -> list[TimelineRecord]:
    """(when, process, what); what is neither ``starts`` nor ``lives`` is a message."""
    return [
        TimelineRecord(t, node, "note" if " as " in what else "message", what, process=process)
        for t, process, what in said
    ]


MOVES = ((1, "a", "starts as x"), (2, "a", "swim.ping"), (5, "b", "starts as x"), (6, "b", "swim.ping"))


@pytest.mark.parametrize(
    "said",
    [
        MOVES,
        (*MOVES, (7, "a", "starts as x"), (8, "a", "swim.ping")),
        (*MOVES, (7, "b", "starts as x"), (8, "b", "swim.ping")),
        ((1, "a", "lives as x"), *MOVES[1:]),
        (*MOVES, (7, "a", "starts as y"), (8, "b", "swim.ping"), (8, "a", "swim.ping")),
    ],
    ids=["moved", "returned", "started again", "ran when the recording began", "another identity"],
)
def test_one_life_after_the_other_is_fine(said: Sequence[tuple[float, str, str]]) -> None:
    assert judge_lives(deeds(*said)) == []


@pytest.mark.parametrize(
    "said",
    [
        (*MOVES, (5.5, "a", "swim.ping")),
        (*MOVES, (60, "a", "swim.ping")),
        (*MOVES, (7, "a", "starts as x"), (8, "a", "swim.ping"), (9, "b", "swim.ping")),
        (*MOVES[:2], (1.5, "b", "lives as x"), (2.5, "b", "swim.ping")),
    ],
    ids=["went on for a moment", "came back when it was healed", "two after a return", "two from the beginning"],
)
def test_a_life_that_goes_on_beside_the_next_is_found(said: Sequence[tuple[float, str, str]]) -> None:
    (verdict,) = judge_lives(deeds(*said))
    assert verdict.startswith("x lives twice: n1.dc1 in ")


def test_nodes_without_an_id_go_by_their_names() -> None:
    beside = [
        deed
        for node in ("n1.dc1", "n2.dc1")
        for deed in deeds((1, "a", "starts as "), (9, "a", "swim.ping"), node=node)
    ]
    assert judge_lives(beside) == []
    assert len(judge_lives([*beside, *deeds((2, "b", "lives as "), (3, "b", "swim.ping"))])) == 1


def test_what_was_done_to_a_node_is_no_sign_of_life() -> None:
    done = [TimelineRecord(9, N1, kind, "f1", process="a") for kind in ("fault", "operation", "verdict")]
    assert judge_lives([*deeds(*MOVES), *done]) == []


def test_a_recording_that_begins_in_the_middle_cannot_be_judged() -> None:
    with pytest.raises(ValueError, match="never began there"):
        lives_of(deeds((1, "a", "swim.ping")))


def test_files_of_two_processes_are_judged_by_which_wrote_what(tmp_path: Path) -> None:
    recorders = [LiveRecorder(tmp_path / f"{process}.trace") for process in ("a", "b")]
    for recorder in recorders:
        recorder.note("host@n1.dc1", "starts as x")
    for recorder in recorders:
        recorder.note("prober@n1.dc1", "suspects: n2.dc1")
        recorder.close()
    (verdict,) = judge_lives(together(sorted(tmp_path.glob("*.trace"))))
    assert "in a," in verdict
    assert "in b," in verdict
