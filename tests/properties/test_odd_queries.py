"""Whatever is asked of servers, each question is answered, or refused with words, and no actor falls over it.

The kinds are read off the classes: a new query is tried as soon as it is defined.
"""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odd_messages import Odd, kinds_of
from servers_in_world import Servers

from lictor_messages.answers import Query, Written
from lictor_messages.autopilot import GetAutopilotConfiguration
from lictor_messages.base import Message
from lictor_messages.catalog import CheckRecord, ListNodes, NodeRecord, Register, ServiceRecord
from lictor_messages.envelope import at
from lictor_messages.kv import PutKey
from lictor_messages.queries import (
    CreatePreparedQuery,
    ExplainPreparedQuery,
    PreparedQuery,
    QueryTemplate,
    ServiceQuery,
)
from lictor_messages.refusals import Refused
from lictor_messages.sessions import CreateSession, RenewSession, SessionRecord
from lictor_messages.snapshots import OpenSnapshot, ReadSnapshot, SnapshotOpened

SECOND = 1_000_000_000
KINDS = kinds_of(Query)
ID = "0a1b2c3d-0000-4000-8000-000000000001"
CHECK = CheckRecord(node="n1", check_id="c1", name="c", status="passing", service_id="web")
CONTENTS: tuple[Message, ...] = (
    Register(
        node=NodeRecord(node="n1", address="10.9.0.1"),
        service=ServiceRecord(node="n1", id="web", service="web", tags=("a", "b")),
        checks=(CHECK,),
    ),
    PutKey(key="a", value=b"1"),
    PutKey(key="a/b", value=b"2"),
    CreateSession(session=SessionRecord(id=ID, node="n1", node_checks=(), ttl="86400s")),
    CreatePreparedQuery(
        query=PreparedQuery(
            id=ID,
            name="w",
            template=QueryTemplate(type="name_prefix_match", regexp="^w(.*)$"),
            service=ServiceQuery(service="${match(1)}", tags=("${name.full}",)),
        )
    ),
)


class Asked:
    """Servers with something in the store, on which nobody may wait for long."""

    def __init__(self, servers: int) -> None:
        self.cluster = Servers(servers, 0, check_every=1000)
        self.answers: list[Message] = []
        self._count = 0
        for node in self.cluster.nodes:
            reads = self.cluster.server(node).reads
            reads._options = reads._options.model_copy(update={"max_wait_ns": SECOND, "default_wait_ns": SECOND})
        for command in CONTENTS:
            assert isinstance(self.cluster.ask(self.cluster.leader(), command), Written)

    def asks(self, query: Message, target: str, within_s: float = 10) -> None:
        """Not waiting for the answer."""
        self._count += 1
        door = self.cluster.world.door(target, f"stranger{self._count}")
        door.ask(at("server", target), query, self.answers.append, within_s)

    def whole(self, expected: int) -> None:
        """Everything was answered, in words where it was refused, and nobody crashed."""
        self.cluster.world.run_until(lambda: len(self.answers) == expected, 12)
        assert self.cluster.world.crashes == []
        assert len(self.answers) == expected
        for answer in self.answers:
            assert not isinstance(answer, Refused) or (answer.words and answer.row.definite), answer


@pytest.mark.parametrize("servers", [1, 3])
@settings(max_examples=max(10, settings.default.max_examples // 4))
@given(seed=st.integers(0, 2**32 - 1))
@pytest.mark.slow
def test_an_odd_query_is_answered_or_refused(servers: int, seed: int) -> None:
    asked, odd = Asked(servers), Odd(Random(seed))
    for _ in range(40):
        asked.asks(odd.message(KINDS), odd.rng.choice(asked.cluster.nodes))
    asked.cluster.world.run(0.2)
    for command in (PutKey(key="a", value=b"new"), *CONTENTS[:1]):
        asked.cluster.ask(asked.cluster.leader(), command)
    asked.whole(40)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
@pytest.mark.slow
def test_every_kind_with_every_option(kind: type[Query]) -> None:
    asked, odd, count = Asked(3), Odd(Random(kind.kind), oddness=0), 0
    for consistency in ("default", "consistent", "stale"):
        for rendered in (False, True):
            for options in ({}, {"min_index": 1 << 60}, {"min_index": 1 << 60, "wait_ns": -1}, {"max_stale_ns": 1}):
                fields = {**odd.fields(kind), "dc": "", "consistency": consistency, "rendered": rendered, **options}
                for node in asked.cluster.nodes:
                    asked.asks(kind.model_validate(fields), node)
                    count += 1
    asked.whole(count)


def test_what_has_no_json_is_refused_by_name() -> None:
    cluster = Servers(1, 0)
    query = GetAutopilotConfiguration(rendered=True, consistency="stale")
    refused = cluster.ask(cluster.leader(), query)
    text = "autopilot.get_autopilot_configuration is not answered as JSON: ask with rendered=False"
    assert refused == Refused(code="BadRequest", text=text)


def test_a_query_cannot_wait_for_less_than_no_time() -> None:
    cluster = Servers(1, 0)
    refused = cluster.ask(cluster.leader(), ListNodes(min_index=1 << 60, wait_ns=-1))
    assert isinstance(refused, Refused)
    assert (refused.code, refused.words) == (
        "BadRequest",
        "wait_ns must not be negative (-1): 0 stands for five minutes",
    )


@pytest.mark.parametrize("row", [10**9, 2**62])
def test_a_slice_of_a_snapshot_begins_where_there_is_one(row: int) -> None:
    cluster = Servers(1, 0)
    opened = cluster.ask(cluster.leader(), OpenSnapshot())
    assert isinstance(opened, SnapshotOpened)
    refused = cluster.ask(cluster.leader(), ReadSnapshot(id=opened.id, row=row, check=2**32 - 1))
    assert isinstance(refused, Refused)
    assert refused.code == "BadRequest"
    assert cluster.world.crashes == []


def test_a_name_that_templates_are_sought_for_is_short() -> None:
    asked = Asked(1)
    refused = asked.cluster.ask(asked.cluster.leader(), ExplainPreparedQuery(name_or_id="w" * 1_000_000))
    assert refused == Refused(code="Invalid", text="the name of a prepared query has 1024 characters at most")
    assert asked.cluster.ask(asked.cluster.leader(), RenewSession(id=ID)).sessions
