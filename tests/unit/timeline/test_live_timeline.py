"""A timeline from what several processes wrote down: each message is sent in one file and arrives in another."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lictor_actors.bus.rules import DROP, PASS, Impairment
from lictor_actors.timeline import TimelineRecord, live
from lictor_actors.timeline.live import LiveRecorder, together
from lictor_deploy.timelines.live import since
from lictor_messages.envelope import Envelope
from lictor_messages.kv import GetKey, PutKey


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def time(self) -> float:
        self.now += 0.001
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(live, "time", made)
    return made


@pytest.fixture
def two(tmp_path: Path, clock: Clock) -> Iterator[tuple[LiveRecorder, LiveRecorder]]:
    made = LiveRecorder(tmp_path / "one.trace"), LiveRecorder(tmp_path / "two.trace")
    yield made
    for one in made:
        one.close()


def mail(key: str = "k") -> Envelope:
    return Envelope("agent@n1.dc1", "server@n2.dc1", GetKey(key=key), request="r1", reply_to="http@n1.dc1", cause="c1")


def read(tmp_path: Path) -> list[TimelineRecord]:
    return together(sorted(tmp_path.glob("*.trace")))


def messages(tmp_path: Path) -> list[tuple[str, str, bool]]:
    found = [record for record in read(tmp_path) if record.kind == "message"]
    return [(f"{record.node} > {record.to}", record.fate, record.until > record.t) for record in found]


def test_what_was_sent_here_arrived_there(tmp_path: Path, two: tuple[LiveRecorder, LiveRecorder]) -> None:
    two[0].sent(mail(), PASS)
    two[1].arrived(mail())
    (record,) = read(tmp_path)
    assert (record.node, record.to, record.what, record.cause, record.role) == (
        "n1.dc1",
        "n2.dc1",
        "kv.get_key",
        "c1",
        "agent",
    )
    assert record.until == pytest.approx(record.t + 0.001)


@pytest.mark.parametrize(
    ("impairment", "arrivals", "fates"),
    [
        (DROP, 0, [("dropped", False)]),
        (Impairment(1, 5), 1, [("delayed", True)]),
        (Impairment(1, 0, ("f1",)), 0, [("held", False)]),
        (Impairment(1, 0, (), True), 0, [("corrupted", False)]),
        (Impairment(2, 0), 2, [("duplicated", True), ("duplicated", True)]),
        (PASS, 0, [("lost", False)]),
        (PASS, 2, [("", True), ("duplicated", True)]),
    ],
)
def test_what_became_of_it_is_told(
    tmp_path: Path,
    clock: Clock,
    two: tuple[LiveRecorder, LiveRecorder],
    impairment: Impairment,
    arrivals: int,
    fates: list[tuple[str, bool]],
) -> None:
    two[0].sent(mail(), impairment)
    for _ in range(arrivals):
        two[1].arrived(mail())
    clock.now += 1
    two[0].note("server@n1.dc1", "the end")
    assert [(fate, arrived) for _, fate, arrived in messages(tmp_path)] == fates


def test_a_dropped_message_does_not_take_the_place_of_an_equal_one(
    tmp_path: Path, two: tuple[LiveRecorder, LiveRecorder]
) -> None:
    for impairment in (DROP, PASS):
        two[0].sent(mail(), impairment)
    two[1].arrived(mail())
    assert [(fate, arrived) for _, fate, arrived in messages(tmp_path)] == [("dropped", False), ("", True)]


def test_messages_that_overtake_each_other_are_told_apart(
    tmp_path: Path, two: tuple[LiveRecorder, LiveRecorder]
) -> None:
    for key in ("a", "b"):
        two[0].sent(mail(key), PASS)
    for key in ("b", "a"):
        two[1].arrived(mail(key))
    first, second = read(tmp_path)
    assert first.until > second.until


def test_what_the_bus_could_not_send_is_refused(tmp_path: Path, two: tuple[LiveRecorder, LiveRecorder]) -> None:
    two[0].sent(mail(), PASS)
    two[0].refused(mail())
    assert messages(tmp_path) == [("n1.dc1 > n2.dc1", "refused", False)]


def test_what_was_sent_just_before_the_end_is_not_called_lost(
    tmp_path: Path, two: tuple[LiveRecorder, LiveRecorder]
) -> None:
    two[0].sent(mail(), PASS)
    assert read(tmp_path) == []


def test_clients_notes_and_half_a_line(tmp_path: Path, two: tuple[LiveRecorder, LiveRecorder]) -> None:
    two[0].sent(Envelope("http@n1.dc1", "gateway@n1.dc1", PutKey(key="k", value=b"v"), request="r9"), PASS)
    two[0].note("server@n1.dc1", "raft: leads term 4")
    two[0].sent(Envelope("gateway@n1.dc1", "http@n1.dc1", GetKey(key="k"), request="r9"), PASS)
    with (tmp_path / "two.trace").open("a") as file:
        file.write('[100.5, "se')
    operation, leads = read(tmp_path)
    assert operation.what.startswith("put_key key=k")
    assert " → " in operation.what
    assert operation.until > operation.t
    assert (leads.kind, leads.node) == ("leader", "n1.dc1")


def test_a_fault_that_was_in_force_already_holds_from_the_beginning() -> None:
    log = [
        "2026-01-02T15:04:01.000Z [INFO] ! f1 isolate server-1.dc1",
        "2026-01-02T15:04:02.000Z [INFO] ! f2 isolate server-2.dc1",
        "2026-01-02T15:04:03.000Z [INFO] ! healed f1 isolate server-1.dc1",
        "2026-01-02T15:04:06.000Z [INFO] ! healed f2 isolate server-2.dc1",
    ]
    began = 1767366245.0
    (fault,) = since(log, began)
    assert (fault.what, fault.t, fault.until) == ("f2 isolate server-2.dc1", began, began + 1)
