"""Whole servers with few entries between snapshots, under load and trouble, watched by Raft's judge."""

from __future__ import annotations

from random import Random

import pytest
from servers_in_world import Servers

from lictor_actors.hosts.seat import Seat
from lictor_actors.journal.journal import Journal
from lictor_actors.journal.recovery import JournalCorrupt
from lictor_actors.judges.raft import RaftJudge
from lictor_actors.raft.stable import Stable
from lictor_actors.roles.server.server import Server
from lictor_messages.kv import GetKey, PutKey
from lictor_messages.refusals import Refused


def watched(servers: int, seed: int) -> tuple[Servers, RaftJudge]:
    cluster = Servers(servers=servers, agents=0, seed=seed, snapshot_threshold=30, trailing_logs=5)

    def on_disk(node: str, index: int) -> int | None:
        stable = Stable()
        for record in Journal.open(cluster.world.machines[node].disk.copy()).recovered("server"):
            stable.recover(record)
        return stable.log.term_at(index)

    judge = RaftJudge(on_disk)

    def saw(seat: Seat) -> None:
        if seat.life is not None and isinstance(seat.life.actor, Server):
            judge.saw(seat.node.name, seat.life.actor.raft, seat.life.actor.applied)

    for node in cluster.up():
        judge.saw(node, cluster.server(node).raft, cluster.server(node).applied)
    cluster.world.watchers.setdefault("server", []).append(saw)
    cluster.world.listeners.append(judge.heard)
    return cluster, judge


@pytest.mark.parametrize("seed", range(8))
def test_crashes_and_partitions_among_snapshots_break_no_promise_and_lose_no_write(seed: int) -> None:
    cluster, judge = watched(3 if seed % 2 else 5, seed)
    dice = Random(seed)
    acknowledged: dict[str, bytes] = {}
    for step in range(60):
        trouble(cluster, dice)
        for number in range(6):
            leader = cluster.leader()
            if leader:
                key, value = f"k{number}", b"%d" % step
                acknowledged.pop(key, None)  # a write without an answer may have happened or not
                if not isinstance(cluster.ask(leader, PutKey(key=key, value=value), 2), Refused):
                    acknowledged[key] = value
    cluster.heal()
    for node in cluster.nodes:
        if node not in cluster.up():
            cluster.world.restart(node)
    cluster.until(lambda: cluster.leader() and cluster.server(cluster.leader()).raft.ready and cluster.same(), 120)
    for key, value in acknowledged.items():
        assert cluster.ask(cluster.leader(), GetKey(key=key)).entries[0].value == value
    assert judge.committed > 150
    assert max(cluster.server(node).raft.first_index for node in cluster.nodes) > 100
    assert cluster.world.crashes == []


def trouble(cluster: Servers, dice: Random) -> None:
    match dice.randrange(8):
        case 0 if len(cluster.up()) > len(cluster.nodes) // 2 + 1:
            cluster.world.crash(dice.choice(cluster.up()))
        case 1 | 2:
            for node in cluster.nodes:
                if node not in cluster.up():
                    cluster.world.restart(node)
        case 3:
            cluster.isolate(dice.choice(cluster.nodes))
        case 4 | 5:
            cluster.heal()
    cluster.world.run(dice.random())


def test_a_byte_flipped_on_a_server_with_snapshots_is_never_served() -> None:
    cluster, _ = watched(3, 11)
    cluster.write(200, keys=20)
    victim = cluster.followers()[0]
    cluster.world.crash(victim)
    good = cluster.world.machines[victim].disk.copy()
    dice, refused = Random(5), 0
    for _ in range(30):
        disk = cluster.world.machines[victim].disk = good.copy()
        name = dice.choice([name for name, size in disk.list().items() if size])
        disk.flip(name, dice.randrange(disk.list()[name]), 0xFF)
        try:
            cluster.world.restart(victim)
        except JournalCorrupt:
            refused += 1
            continue
        cluster.until(cluster.same, 30)
        cluster.world.crash(victim)
    assert refused
