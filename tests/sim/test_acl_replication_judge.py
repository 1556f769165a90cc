"""Random writes of access control in both datacenters, under faults: a secondary never holds what the primary never
had, and in the end both are alike. Planted bugs show that the judge can tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from random import Random

import pytest
from acl_cluster import ROOT, uuid
from acl_datacenters import SECONDARY, Datacenters

from lictor_actors.faults import world_faults
from lictor_actors.judges.replicas import ReplicasJudge, Row
from lictor_actors.store.store import Store
from lictor_actors.swarm.mutants import replication as bugs
from lictor_actors.swarm.patch import Bug, planted
from lictor_messages import acl
from lictor_messages.base import Message

PRIMARY = "server-1.dc1"
NUMBERS = range(1, 6)


class Churn:
    """Random writers in both datacenters, a judge that looks after every event."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(seed)
        self.both = Datacenters(seed)
        self.world = self.both.world
        self.judge = ReplicasJudge()
        self.local = [uuid(900)]
        self._doors = count()
        self._seen: dict[str, int] = {}
        assert self.both.run_until(lambda: self.both.status().replicated, 60)
        self.both.done("agent-1.dc2", self.both.token(900, local=True))
        self.both.done(PRIMARY, self.both.token(901, local=True))
        assert self.both.run_until(lambda: all(uuid(900) in self.both.store(n).acl.tokens for n in SECONDARY), 10)

    def look(self) -> bool:
        """What has changed since the last event."""
        for node in (PRIMARY, *SECONDARY):
            server = self.world.actor(f"server@{node}")
            if server is None or not server.applied:
                continue
            index = server.store.acl.indexes.table("acl-tokens", "acl-policies", "acl-roles")
            if self._seen.get(node) != index:
                self._seen[node] = index
                self._told(node, server.store)
        return bool(self.judge.faults)

    def _told(self, node: str, store: Store) -> None:
        if node == PRIMARY:
            self.judge.primary_has(rows_of(store))
        else:
            self.judge.replica_has(node, rows_of(store), self.local)

    def write(self) -> None:
        """Someone writes something, somewhere."""
        node = self.rng.choice((PRIMARY, "agent-1.dc2"))
        door = self.world.door(node, f"w{next(self._doors)}")
        door.ask("agent", self._drawn(), lambda _: None, within_s=20, token=ROOT)

    def _drawn(self) -> Message:
        number, name, new = self.rng.choice(NUMBERS), self.rng.choice("uvwxyz"), self.rng.random() < 0.5
        rules = f'key "{self.rng.choice("ab")}" {{ policy = "read" }}'
        links = (acl.AclLink(id=uuid(self.rng.choice(NUMBERS))),)
        match self.rng.randrange(6):
            case 0 | 1:
                return acl.PutAclPolicy(policy=acl.AclPolicy(id=uuid(number), name=name, rules=rules), new=new)
            case 2:
                role = acl.AclRole(id=uuid(100 + number), name=name, policies=links, description=name)
                return acl.PutAclRole(role=role, new=new)
            case 3:
                ids = {"accessor_id": uuid(200 + number), "secret_id": uuid(1200 + number) if new else ""}
                return acl.PutAclToken(token=acl.AclToken(**ids, policies=links, description=name), new=new)
            case 4:
                return acl.DeleteAclPolicy(id=uuid(number))
            case _:
                return acl.DeleteAclToken(accessor_id=uuid(200 + number))

    def strike(self) -> Iterator[Callable[[], object]]:
        """Something breaks; what is given heals it."""
        faults = world_faults(self.world)
        match self.rng.randrange(4):
            case 0:
                yield faults.cut("*.dc1", "*.dc2").heal
            case 1:
                yield faults.isolate(self.rng.choice(SECONDARY)).heal
            case 2:
                node = self.rng.choice((PRIMARY, *SECONDARY))
                self.world.crash(node)
                yield lambda: self.world.restart(node)

    def run(self, rounds: int) -> list[str]:
        """The judge's faults."""
        for _ in range(rounds):
            heals = list(self.strike())
            for _ in range(6):
                self.write()
                if self.world.run_until(self.look, self.rng.uniform(0.1, 2.0)):
                    return self.judge.faults
            for heal in heals:
                heal()
        self.world.run_until(self.look, 180)
        for node in SECONDARY:
            self.judge.settled(node, rows_of(self.both.store(node)), self.local)
        return self.judge.faults


def rows_of(store: Store) -> list[Row]:
    return [*store.acl.policies.values(), *store.acl.roles.values(), *store.acl.tokens.values()]


@pytest.mark.sim
@pytest.mark.timeout(240)
@pytest.mark.parametrize("seed", range(1, 5))
def test_a_secondary_is_as_the_primary_is_or_was(seed: int) -> None:
    assert Churn(seed).run(6) == []


BUGS = [
    bugs.keeps_what_the_primary_has_deleted,
    bugs.knows_rows_by_their_ids_alone,
    bugs.revokes_local_tokens,
    bugs.gives_local_tokens_away,
    bugs.gives_tokens_other_secrets,
    bugs.writes_here_what_is_for_all,
]


@pytest.mark.sim
@pytest.mark.timeout(240)
@pytest.mark.parametrize("bug", BUGS, ids=[bug.__name__ for bug in BUGS])
def test_the_judge_finds(bug: Bug) -> None:
    with planted(bug):
        assert any(Churn(seed).run(6) for seed in range(1, 5))
