"""Records: files of them, what notes mean, which are shown."""

from __future__ import annotations

import pytest

from lictor_actors.timeline import TimelineRecord, read, write
from lictor_actors.timeline.choose import choose, from_start, meant, merged
from lictor_actors.timeline.notes import fault_of, kind_of, named
from lictor_actors.timeline.record import NoTimeline
from lictor_actors.timeline.spans import faults, leaders, nodes_of, outages

N1, N2 = "server-1.dc1", "server-2.dc1"


def test_a_file_gives_back_what_was_written_in_the_order_of_time() -> None:
    late = TimelineRecord(2.5, N1, "message", "raft.vote", "c1", "server", N2, 2.6, "delayed")
    early = TimelineRecord(1.0, "", "fault", "f1 isolate server-1.dc1")
    lines = list(write([late, early]))
    assert lines[0] == '{"t":1.0,"kind":"fault","what":"f1 isolate server-1.dc1"}\n'
    assert list(read(lines)) == [early, late]


@pytest.mark.parametrize(
    "line", ["", "[]", "{", '{"t":1}', '{"t":1,"kind":"party","what":""}', '{"t":"x","kind":"note"}']
)
def test_a_line_that_is_none_is_named(line: str) -> None:
    good = TimelineRecord(1.0, N1, "note", "hello").to_json()
    if not line:
        assert len(list(read([good, line, good]))) == 2
        return
    with pytest.raises(NoTimeline, match="line 2"):
        list(read([good, line]))


def test_notes_have_kinds() -> None:
    assert kind_of("raft: stands for term 3") == "election"
    assert kind_of("raft: leads term 3") == "leader"
    assert kind_of("leads term 3") is None
    assert kind_of("suspects: n2.dc1, no answer to a whole probe round") == "suspicion"
    assert kind_of("anything else") == "note"
    assert fault_of("healed f12 cut a > b") == ("f12", True, "cut a > b")
    assert fault_of("power cut n1.dc1") == ("", False, "power cut n1.dc1")
    assert named("f1 cut prober@server-1.dc1 > server-2", [N1, N2, "agent-1.dc1"]) == [N1, N2]
    assert named("f1 cut server-11.dc1", [N1]) == []


def test_who_led_and_who_was_down() -> None:
    records = [
        TimelineRecord(1.0, N1, "leader", "raft: leads term 2"),
        TimelineRecord(2.0, N1, "fault", "power cut server-1.dc1"),
        TimelineRecord(3.0, N2, "leader", "raft: leads term 3"),
        TimelineRecord(4.0, N1, "fault", "restart server-1.dc1"),
        TimelineRecord(5.0, "", "fault", "f1 isolate server-2.dc1", until=6.0),
        TimelineRecord(5.6, N2, "leader", "raft: no quorum answers in term 3"),
        TimelineRecord(7.0, N1, "leader", "raft: leads term 4"),
        TimelineRecord(9.0, N1, "note", "the end"),
    ]
    assert nodes_of(records) == [N1, N2]
    assert leaders(records) == [
        (N1, 1.0, 2.0, "leads term 2"),
        (N2, 3.0, 5.6, "leads term 3"),
        (N1, 7.0, 9.0, "leads term 4"),
    ]
    assert outages(records) == [(N1, 2.0, 4.0, "down: power cut")]
    assert faults(records, [N1, N2]) == [(N2, 5.0, 6.0, "f1 isolate server-2.dc1")]


def test_servers_come_first_and_ten_after_nine() -> None:
    names = ["agent-10.dc1", "agent-9.dc1", "server-2.dc1", "server-10.dc1"]
    assert nodes_of([TimelineRecord(0.0, name, "note", "") for name in names]) == [
        "server-2.dc1",
        "server-10.dc1",
        "agent-9.dc1",
        "agent-10.dc1",
    ]


def test_what_touches_the_window_is_chosen() -> None:
    long = TimelineRecord(1.0, "", "fault", "f1 isolate server-1.dc1", until=5.0)
    note = TimelineRecord(3.0, N2, "note", "hello")
    assert choose([long, note], since=2.0, until=4.0) == [long, note]
    assert choose([long, note], since=5.5) == []
    assert choose([long, note], kinds=("note",)) == [note]
    assert choose([long, note], who=["server-1.dc1"]) == [long]
    assert choose([long, note], who=[N2]) == [note]


def test_one_node_is_shown_with_whom_it_talks_to_and_several_among_themselves() -> None:
    out = TimelineRecord(1.0, N1, "message", "raft.vote", to=N2)
    far = TimelineRecord(1.0, N2, "message", "swim.ping", to="agent-1.dc1")
    said = TimelineRecord(2.0, "", "verdict", "PromiseBroken")
    lossy = TimelineRecord(2.0, "", "fault", "f2 loss all all probability=0.1")
    records = [out, far, said, lossy]
    assert choose(records, who=[N1]) == [out, said, lossy]
    assert choose(records, who=[N2]) == records
    assert choose(records, who=[N1, N2]) == [out, said, lossy]


def test_names_and_globs_mean_nodes() -> None:
    nodes = [N1, N2, "agent-1.dc1", "agent-2.dc1"]
    assert meant("", nodes) == []
    assert meant("agent-2, server-*", nodes) == [N1, N2, "agent-2.dc1"]
    assert meant(N1, nodes) == [N1]
    with pytest.raises(LookupError, match="no node 'agent-7' in this timeline: there are server-1"):
        meant("agent-7", nodes)


def test_what_many_say_at_once_is_one_line() -> None:
    said = [TimelineRecord(1.0 + i / 10, f"n{i}", "failure", f"failed: n9, accused by n{i}") for i in range(4)]
    later = TimelineRecord(9.0, "n1", "failure", "failed: n9, accused by n1")
    assert merged([*said, later]) == [(said[0], 3), (later, 0)]


def test_times_of_the_day_become_times_since_the_start() -> None:
    day = [TimelineRecord(1000.5, N1, "note", "b", until=1001.0), TimelineRecord(1000.0, N1, "note", "a")]
    assert [(r.t, r.until, r.what) for r in from_start(day)] == [(0.0, 0.0, "a"), (0.5, 1.0, "b")]
