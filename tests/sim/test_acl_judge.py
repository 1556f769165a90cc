"""Random policies and random readers, at the same moments by the same doors: nothing is seen that rules deny."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from lictor_actors.consul.uuids import new_uuid
from lictor_actors.hosts.world import World
from lictor_actors.judges.rights import RightsJudge, Rule
from lictor_actors.node.in_world import add_node, cluster_specs
from lictor_actors.roles.server.authorize import Authorize
from lictor_actors.roles.server.leader import proposals
from lictor_actors.swarm.mutants import rights
from lictor_actors.swarm.patch import Patch, planted
from lictor_messages import acl, kv
from lictor_messages.base import Message
from lictor_messages.catalog import NodeRecord, Register, ServiceRecord
from lictor_messages.refusals import Refused
from lictor_messages.txn import KeyOperation, Operation, Transact, Transacted
from lictor_messages.web import HttpAnswered, HttpAsked

ROOT = "11111111-2222-4333-8444-555555555555"
NODE = "server-1.dc1"
KEYS = [f"{first}/{second}" for first in "ab" for second in "abc"]
SERVICES = ["a", "ab", "b", "ba"]
READERS = 4


class Readers:
    """A small cluster, readers with policies of their own, and a judge of all that they are told."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(seed)
        self.world = World(seed=seed)
        on = {f"{role}.acl": True for role in ("server", "agent", "gateway")}
        on |= {f"{role}.acl_default_policy": "deny" for role in ("server", "agent", "gateway")}
        (spec,) = cluster_specs(seed, 1, 0)
        add_node(self.world, spec.having({**on, "server.acl_initial_management": ROOT}))
        assert self.world.run_until(lambda: isinstance(self.ask(acl.ListAclTokens()), acl.AclTokens), 20)
        self.judge = RightsJudge()
        self.doors = 0
        self.secrets = [new_uuid(self.rng.randbytes(16)) for _ in range(READERS)]
        self.policies = [new_uuid(self.rng.randbytes(16)) for _ in range(READERS)]
        for number, (secret, policy) in enumerate(zip(self.secrets, self.policies, strict=True)):
            self.rule(number, new=True)
            token = acl.AclToken(accessor_id=policy, secret_id=secret, policies=(acl.AclLink(id=policy),))
            self.done(acl.PutAclToken(token=token, new=True))
        for key in KEYS:
            self.done(kv.PutKey(key=key, value=b"1"))
        for name in SERVICES:
            service = ServiceRecord(node="n1", id=name, service=name)
            self.done(Register(node=NodeRecord(node="n1", address="10.9.9.9"), service=service))

    def ask(self, message: Message) -> Message:
        return self.world.ask(NODE, "agent", message, token=ROOT)

    def done(self, message: Message) -> None:
        assert not isinstance(answer := self.ask(message), Refused), answer

    def rule(self, number: int, *, new: bool = False) -> None:
        """Another policy for this reader."""
        rules = [
            Rule(resource, "".join(self.rng.choices("ab/", k=self.rng.randint(0, 2))), self.rng.random() < 0.7, access)
            for resource in ("key", "service")
            for access in self.rng.choices(("read", "write", "deny"), k=self.rng.randint(0, 3))
        ]
        said = "\n".join(f'{r.resource}{"_prefix" * r.is_prefix} "{r.name}" {{ policy = "{r.access}" }}' for r in rules)
        self.judge.holds(self.secrets[number], rules)
        policy = acl.AclPolicy(
            id=self.policies[number], name=f"p{number}", rules=f'{said}\nnode_prefix "" {{ policy = "read" }}'
        )
        self.done(acl.PutAclPolicy(policy=policy, new=new))

    def get(self, target: str, token: str, heard: Callable[[Any], None]) -> None:
        self.doors += 1
        asked = HttpAsked(method="GET", target=target, headers=(("x-consul-token", token),))
        self.world.door(NODE, f"d{self.doors}").ask("gateway", asked, heard, within_s=30)

    def round(self) -> None:
        """All readers ask the same, several times at one moment; some go on waiting; a policy changes."""
        index = dict(self.read("/v1/kv/?recurse"))
        for secret in self.secrets:
            self.get(f"/v1/kv/?recurse&wait=20s&index={index[secret]}", secret, self.keys_of(secret))
        self.read("/v1/kv/?keys")
        self.transact()
        self.read("/v1/catalog/services")
        for key in self.rng.sample(KEYS, 2):
            self.read(f"/v1/kv/{key}")
        for number in range(READERS):
            if self.rng.random() < 0.5:
                self.rule(number)
        self.world.run(1)
        self.judge.settled()
        self.done(kv.PutKey(key=self.rng.choice(KEYS), value=self.rng.randbytes(2)))
        self.world.run(1)

    def transact(self) -> None:
        """All readers read everything in a transaction that goes through the log."""
        trees = (Operation(kv=KeyOperation(verb="get-tree", key=tree)) for tree in "ab")
        asked, told = Transact(operations=tuple(trees)), []
        for secret in self.secrets:
            self.doors += 1

            def heard(said: Message, secret: str = secret) -> None:
                assert isinstance(said, Transacted)
                self.judge.saw(secret, "key", [row.kv.key for row in said.results if row.kv is not None])
                told.append(secret)

            self.world.door(NODE, f"d{self.doors}").ask("agent", asked, heard, within_s=30, token=secret)
        self.world.run(1)
        assert told

    def read(self, target: str) -> list[tuple[str, str]]:
        """Two of each reader at once; returns the index that each was told."""
        told: list[tuple[str, str]] = []
        whole = target.endswith(("recurse", "keys", "services"))
        for secret in self.secrets * 2:
            look = self.keys_of(secret, whole=whole)

            def heard(said: HttpAnswered, secret: str = secret, look: Callable[[Any], None] = look) -> None:
                look(said)
                told.append((secret, dict(said.headers).get("X-Consul-Index", "1")))

            self.get(target, secret, heard)
        self.world.run(1)
        assert len(told) == 2 * READERS
        return told

    def keys_of(self, secret: str, *, whole: bool = False) -> Callable[[Any], None]:
        def look(said: Any) -> None:
            if not isinstance(said, HttpAnswered) or said.status not in (200, 404):
                return
            body = json.loads(said.body) if said.body else []
            if isinstance(body, dict):
                seen, resource, every = list(body), "service", SERVICES
                seen = [name for name in seen if name != "consul"]
            else:
                seen, resource, every = [row if isinstance(row, str) else row["Key"] for row in body], "key", KEYS
            self.judge.saw(secret, resource, seen)
            if whole and said.status == 200:
                self.judge.missed(secret, resource, every, seen)

        return look


def faults(seed: int, rounds: int = 6) -> list[str]:
    readers = Readers(seed)
    for _ in range(rounds):
        readers.round()
        if readers.judge.faults:
            break
    return readers.judge.faults


@pytest.mark.parametrize("seed", range(1, 5))
def test_nothing_is_seen_that_rules_deny(seed: int) -> None:
    assert not faults(seed)


# -- planted bugs ---------------------------------------------------------------------


def what_a_transaction_wrote_and_read_is_told_whole(patch: Patch) -> None:
    patch.set(proposals, "outcome_for", lambda sight, outcome: outcome)


def what_waits_is_not_weighed_anew(patch: Patch) -> None:
    patch.set(Authorize, "changed", lambda self: False)


BUGS = [
    rights.tells_all_what_was_rendered_for_one,
    rights.joins_all_who_ask_the_same,
    rights.hides_no_keys,
    what_a_transaction_wrote_and_read_is_told_whole,
    what_waits_is_not_weighed_anew,
    rights.denies_names_and_no_prefixes,
]


@pytest.mark.parametrize("bug", BUGS, ids=[bug.__name__ for bug in BUGS])
def test_the_judge_finds(bug: Callable[[Patch], None]) -> None:
    with planted(bug):
        assert any(faults(seed, 12) for seed in range(1, 5))
