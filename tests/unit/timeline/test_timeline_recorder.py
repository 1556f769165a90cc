"""What a recorder sees of a world."""

from __future__ import annotations

from functools import cache

from lictor_actors.faults import world_faults
from lictor_actors.faults.selectors import roles_of
from lictor_actors.hosts.world import World
from lictor_actors.node.in_world import add_cluster
from lictor_actors.timeline import TimelineRecord
from lictor_actors.timeline.recorder import ACTORS, Recorder
from lictor_messages.base import Message
from lictor_messages.kv import PutKey


@cache
def story() -> list[TimelineRecord]:
    """Three servers and an agent elect a leader; it is cut off for five seconds; a client writes before and after.

    Each of the three others has probed it by then (SWIM 4.3: within twice their number less one).
    """
    world = World(seed=3)
    add_cluster(world, 3, 1)
    recorder = Recorder(world)
    faults = world_faults(world)
    world.run(3.0)
    answers: list[Message] = []
    door = world.door("agent-1.dc1", "client")
    door.ask("agent", PutKey(key="a", value=b"1"), answers.append)
    world.run(1.0)
    fault = faults.isolate("leader")
    world.run(5.0)
    fault.heal()
    delay = faults.delay("server-1", "all", 0.05)
    door.ask("agent", PutKey(key="a", value=b"2"), answers.append)
    world.run(1.0)
    delay.heal()
    recorder.verdict(10.0, "a promise was broken")
    return recorder.records()


def of(kind: str) -> list[TimelineRecord]:
    return [record for record in story() if record.kind == kind]


def test_elections_and_leaders() -> None:
    first, second = of("leader")[0], of("leader")[-1]
    assert first.what == "raft: leads term 2"
    assert second.node != first.node
    assert any(r.node == first.node and "no quorum" in r.what for r in of("leader"))
    assert {r.node for r in of("election")} >= {first.node, second.node}


def test_faults_last_until_they_heal_and_name_whom_they_hit() -> None:
    isolate, delay = of("fault")
    assert isolate.what == f"f1 isolate {of('leader')[0].node}"
    assert isolate.node == of("leader")[0].node
    assert (isolate.t, isolate.until) == (4.0, 9.0)
    assert delay.what.startswith("f2 delay server-1.dc1")


def test_messages_arrive_or_have_a_fate() -> None:
    leader = of("leader")[0].node
    messages = of("message")
    cut = [m for m in messages if leader in (m.node, m.to) and 4.0 < m.t < 9.0]
    assert cut
    assert {m.fate for m in cut} <= {"dropped", "refused"}
    assert all(not m.until for m in cut)
    slow = [m for m in messages if m.fate == "delayed"]
    assert slow
    assert all(m.node == "server-1.dc1" and m.until - m.t >= 0.05 for m in slow if m.until)
    plain = [m for m in messages if not m.fate]
    assert all(0 < m.until - m.t < 0.01 for m in plain)
    assert all("://" not in m.to for m in plain)


def test_operations_run_from_call_to_answer_with_the_cause_of_all_that_they_set_off() -> None:
    first, second = of("operation")
    assert first.what.startswith("put_key key=a value=1 → written")
    assert (first.node, first.role, first.t) == ("agent-1.dc1", "client", 3.0)
    assert first.t < first.until < second.t
    assert any(m.cause == first.cause and m.what == "kv.put_key" for m in of("message"))


def test_suspicions_are_seen() -> None:
    leader = of("leader")[0].node
    assert any(leader in record.what for record in of("suspicion"))
    assert of("verdict") == [TimelineRecord(10.0, "", "verdict", "a promise was broken")]


def test_an_actor_of_a_node_is_not_taken_for_a_client() -> None:
    missing = {*roles_of(server=True)} - {*ACTORS}
    assert not missing, f"name these in ACTORS, timeline/recorder.py: {missing}"
