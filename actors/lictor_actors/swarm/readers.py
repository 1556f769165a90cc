"""Readers with policies of their own, at any node, while the policies change: nothing is seen that their rules deny.

A policy whose write was not acknowledged may be in force from then on, and one that was replaced may have been until
the replacement was acknowledged: an answer has to be right by one that may have been in force since it was asked.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from random import Random

from lictor_actors.hosts.world import World
from lictor_actors.judges.rights import RightsJudge, Rule
from lictor_actors.node.spec import NodeSpec
from lictor_messages import acl
from lictor_messages.answers import Written
from lictor_messages.base import Message
from lictor_messages.kv import PutKey
from lictor_messages.refusals import Refused
from lictor_messages.web import HttpAnswered, HttpAsked

ROOT = "11111111-2222-4333-8444-555555555555"
"""Secret of the token that may do everything."""
PREFIX = "guarded/"
KEYS = [f"{PREFIX}{first}{second}" for first in "ab" for second in "abc"]
READERS = 3
EVERY_S = 0.15
CHANGE_S = 0.7
PATIENCE_S = 10.0


@dataclass(slots=True)
class _Version:
    """Rules that a reader was given."""

    rules: tuple[Rule, ...]
    acknowledged: bool = False
    ended_at: int = 0
    """When it was known that they are not in force any more; 0: they may be."""


def with_tokens(spec: NodeSpec) -> NodeSpec:
    """The node with access control; where no rule speaks all may do all, so that the others need no tokens."""
    given: dict[str, object] = {f"{role}.acl": True for role in ("server", "agent", "gateway")}
    return spec.having({**given, "server.acl_initial_management": ROOT})


def _id(number: int) -> str:
    return f"aaaaaaaa-2222-4333-8444-{number:012}"


class Readers:
    """Until ``stop``. All of them ask the same at the same moment and the same node."""

    def __init__(self, world: World, nodes: list[str], rng: Random, broken: Callable[[str], None]) -> None:
        self.judge = RightsJudge(default_allows=True)
        self._world = world
        self._rng = rng
        self._broken = broken
        self._nodes = nodes
        self._doors = {node: world.door(node, "reader") for node in nodes}
        self._secrets = [_id(1000 + number) for number in range(READERS)]
        self._versions: list[list[_Version]] = [[] for _ in range(READERS)]
        self._ready: set[int] = set()
        """Readers whose tokens are there."""
        self._index = 1
        """Of the last answer: beyond it a blocked query waits."""
        self._going = True
        for number in range(READERS):
            self._make(number)
        self._change_again()
        self._again()

    def stop(self) -> None:
        """They have read enough."""
        self._going = False

    # -- rules that change ----------------------------------------------------------

    def _change_again(self) -> None:
        if self._going:
            self._world.at(self._rng.expovariate(1 / CHANGE_S), self._change)

    def _change(self) -> None:
        self._change_again()
        if not self._ready:
            return
        number = self._rng.choice(sorted(self._ready))
        self._put_policy(number, False, lambda _: None)
        self._order(PutKey(key=self._rng.choice(KEYS), value=self._rng.randbytes(2)), lambda _: None)

    def _make(self, number: int) -> None:
        """A policy and the token that bears it, tried until they are there."""
        self._put_policy(number, True, partial(self._made_policy, number))

    def _made_policy(self, number: int, answer: Message) -> None:
        if not self._done(answer):
            self._world.at(0.5, partial(self._make, number))
            return
        token = acl.AclToken(
            accessor_id=_id(number), secret_id=self._secrets[number], policies=(acl.AclLink(id=_id(number)),)
        )
        self._order(acl.PutAclToken(token=token, new=True), partial(self._made_token, number))

    def _made_token(self, number: int, answer: Message) -> None:
        if self._done(answer):
            self._ready.add(number)
        else:
            self._world.at(0.5, partial(self._made_policy, number, Written(index=1)))

    @staticmethod
    def _done(answer: Message) -> bool:
        """Also of one that was there already: an earlier try has come through."""
        return isinstance(answer, Written) or (isinstance(answer, Refused) and answer.code == "Invalid")

    def _put_policy(self, number: int, new: bool, then: Callable[[Message], None]) -> None:
        rules = tuple(self._drawn())
        version = _Version(rules)
        self._versions[number].append(version)
        said = "\n".join(f'key{"_prefix" * r.is_prefix} "{r.name}" {{ policy = "{r.access}" }}' for r in rules)
        policy = acl.AclPolicy(id=_id(number), name=f"reader-{number}", rules=said)
        self._order(acl.PutAclPolicy(policy=policy, new=new), partial(self._written, number, version, then))

    def _written(self, number: int, version: _Version, then: Callable[[Message], None], answer: Message) -> None:
        if isinstance(answer, Written):
            version.acknowledged = True
            for before in self._versions[number][: self._versions[number].index(version)]:
                if before.acknowledged and not before.ended_at:
                    before.ended_at = self._world.time
        then(answer)

    def _drawn(self) -> Iterable[Rule]:
        for access in self._rng.choices(("read", "write", "deny", "deny"), k=self._rng.randint(1, 4)):
            if self._rng.random() < 0.5:
                yield Rule("key", self._rng.choice(KEYS), False, access)
            else:
                yield Rule("key", PREFIX + self._rng.choice(("", "a", "b")), True, access)

    def _order(self, message: Message, then: Callable[[Message], None]) -> None:
        self._doors[self._rng.choice(self._nodes)].ask("agent", message, then, PATIENCE_S, token=ROOT)

    # -- reading --------------------------------------------------------------------

    def _again(self) -> None:
        if self._going:
            self._world.at(self._rng.expovariate(1 / EVERY_S), self._read)

    def _read(self) -> None:
        self._again()
        if len(self._ready) < READERS:
            return
        door = self._doors[self._rng.choice(self._nodes)]
        waits = f"{PREFIX}?recurse&wait=5s&index={self._index}"
        target = self._rng.choice((f"{PREFIX}?recurse", f"{PREFIX}?keys", self._rng.choice(KEYS), waits))
        for number, secret in enumerate(self._secrets):
            asked = HttpAsked(method="GET", target=f"/v1/kv/{target}", headers=(("x-consul-token", secret),))
            door.ask("gateway", asked, partial(self._told, number, self._world.time), PATIENCE_S)

    def _told(self, number: int, asked_at: int, answer: Message) -> None:
        if not isinstance(answer, HttpAnswered) or answer.status != 200:
            self._world.count(f"reader_{answer.status if isinstance(answer, HttpAnswered) else answer.kind}")
            return
        self._world.count("reader_told")
        self._index = int(dict(answer.headers)["X-Consul-Index"])
        rows = json.loads(answer.body)
        names = [row if isinstance(row, str) else row["Key"] for row in rows]
        possible = [v.rules for v in self._versions[number] if not 0 < v.ended_at <= asked_at]
        self.judge.saw_by(f"reader {number}", possible, "key", names)
        for fault in self.judge.faults:
            self._broken(f"seen without the right to: {fault}")
        self.judge.faults.clear()
