"""The status of a running cluster: one line on a terminal, a line for each change in a pipe."""

from __future__ import annotations

import io
import os

import pytest

from lictor_deploy.local.live_status import CLEAR, ClusterNow, LiveStatus, listed, shortened
from lictor_deploy.local.parent.convergence import Convergence

CALM = ClusterNow("server-1.dc1", 100, 0)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")


def shown(out: io.StringIO) -> str:
    """What is left to read on the line."""
    return out.getvalue().rpartition(CLEAR)[2]


def test_the_line_has_leader_members_faults_and_the_last_event() -> None:
    out = Terminal()
    status = LiveStatus(CALM, out, lambda: "12:00:01")
    assert shown(out) == "leader server-1 | 100 alive, 0 failed | no faults"
    status.event("f1 isolate server-1.dc1")
    status.look(ClusterNow("server-1.dc1", 99, 1, ("f1 isolate server-1.dc1",)))
    assert shown(out) == (
        "leader server-1 | 99 alive, 1 failed | 1 fault: f1 isolate server-1.dc1 | 12:00:01 1 failed, 99 alive"
    )


def test_nothing_is_drawn_again_that_has_not_changed() -> None:
    out = Terminal()
    status = LiveStatus(CALM, out)
    before = out.getvalue()
    status.look(CALM)
    assert out.getvalue() == before


def test_without_a_leader_the_last_count_of_members_stays() -> None:
    out = Terminal()
    LiveStatus(CALM, out, lambda: "12:00:01").look(ClusterNow("", 0, 100))
    assert shown(out) == "no leader | 100 alive, 0 failed | no faults | 12:00:01 leader: none"


def test_the_line_makes_room_for_what_is_printed_beside_it() -> None:
    out = Terminal()
    status = LiveStatus(CALM, out)
    status.beside(lambda: print("server-2 died", file=out))
    *_, beside, again = out.getvalue().split(CLEAR)
    assert (beside, again) == ("server-2 died\n", "leader server-1 | 100 alive, 0 failed | no faults")
    status.close()
    assert out.getvalue().endswith("no faults\n")


def test_the_line_fits_its_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    out = Terminal()
    LiveStatus(CALM._replace(faults=("f1 " + "x" * 99,) * 5), out)
    assert (len(shown(out)), shown(out)[-1]) == (39, "…")


def test_a_pipe_gets_changes_only() -> None:
    out = io.StringIO()
    status = LiveStatus(CALM, out, lambda: "12:00:01")
    status.look(CALM)
    status.look(ClusterNow("server-2.dc1", 99, 1))
    status.event("healed f1 isolate server-1.dc1")
    status.close()
    assert out.getvalue().splitlines() == [
        "12:00:01 leader: server-2",
        "12:00:01 1 failed, 99 alive",
        "12:00:01 healed f1 isolate server-1.dc1",
    ]


def test_long_texts_and_lists_end_in_time() -> None:
    assert (shortened("abc", 3), shortened("abcd", 3)) == ("abc", "ab…")
    assert listed(["a", "b"]) == "a, b"
    assert listed([f"n{i}" for i in range(12)]).endswith("n9 and 2 more")


def test_nodes_that_are_late_are_named_and_the_leader_counts_members() -> None:
    convergence = Convergence(["s1"], ["a1", "a2"])
    assert convergence.late() == ["s1", "a1", "a2"]
    assert convergence.alive == 0
    convergence.report({"s1": [3, "h", "s1", 3], "a1": [2, "g", "", 0]})
    assert convergence.late() == ["a1", "a2"]
    assert convergence.alive == 3


def test_a_pipe_that_is_not_read_holds_nothing_up_and_is_told_what_it_missed() -> None:
    reading, writing = os.pipe()
    with open(reading, "rb", buffering=0) as reader, open(writing, "w") as out:
        status = LiveStatus(CALM, out, lambda: "12:00:01")
        os.set_blocking(writing, False)
        filled = fill(writing)
        os.set_blocking(writing, True)
        status.event("lost")  # would wait for ever if it were written
        status.event("lost as well")
        reader.read(filled)
        status.event("said")
        assert reader.read(1000) == b"12:00:01 said (2 before it left out: they were not read)\n"


def fill(pipe: int) -> int:
    """Write until nothing more fits; how many bytes did."""
    filled = 0
    while True:
        try:
            filled += os.write(pipe, bytes(4096))
        except BlockingIOError:
            return filled
