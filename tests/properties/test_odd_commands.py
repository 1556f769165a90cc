"""What a stranger writes is refused before the log, or works for good.

That is: applied on all servers, told in every form, while time passes, through restarts and snapshots.

The kinds are read off the classes: a new command is tried as soon as it is defined.
"""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odd_messages import Odd, kinds_of
from servers_in_world import Servers

from lictor_messages.answers import Command, Query, Rendered, Written
from lictor_messages.autopilot import (
    AutopilotConfiguration,
    RemovePeer,
    SetAutopilotConfiguration,
    TransferLeadership,
)
from lictor_messages.base import Message
from lictor_messages.catalog import (
    CheckRecord,
    ListChecksInState,
    ListNodes,
    ListServiceHealth,
    ListServices,
    NodeRecord,
    Register,
    ServiceRecord,
)
from lictor_messages.codec import pack_body
from lictor_messages.envelope import at
from lictor_messages.kv import VALUE_MOST, GetKey, ListKeyNames, ListKeys, PutKey
from lictor_messages.queries import (
    CreatePreparedQuery,
    ExplainPreparedQuery,
    ListPreparedQueries,
    PreparedQuery,
    QueryTemplate,
    ServiceQuery,
)
from lictor_messages.refusals import Refused
from lictor_messages.sessions import CreateSession, ListSessions, SessionRecord
from lictor_messages.snapshots import StageRestore
from lictor_messages.txn import KeyOperation, Operation, ReadTransaction, Transact, Transacted

KINDS = [kind for kind in kinds_of(Command) if kind is not RemovePeer]
"""Without what takes a server out: that is for an operator to ask, and to regret."""
SESSIONS = tuple(f"0a1b2c3d-0000-4000-8000-00000000000{n}" for n in (1, 2))
NODE = NodeRecord(node="n1", address="10.9.0.1")
CONTENTS: tuple[Message, ...] = (
    Register(
        node=NODE,
        service=ServiceRecord(node="n1", id="web", service="web"),
        checks=(
            CheckRecord(node="n1", check_id="c1", name="c", status="passing", service_id="web"),
            CheckRecord(node="n1", check_id="serfHealth", name="s", status="passing"),
        ),
    ),
    CreateSession(session=SessionRecord(id=SESSIONS[0], node="n1", ttl="10s")),
    CreateSession(session=SessionRecord(id=SESSIONS[1], node="n1", node_checks=(), behavior="delete")),
    PutKey(key="a", value=b"1", acquire=SESSIONS[0]),
    PutKey(key="a/b", value=b"2", acquire=SESSIONS[1]),
)
LISTS: tuple[Query, ...] = (
    ListNodes(rendered=True),
    ListServices(rendered=True),
    ListServiceHealth(service="web", rendered=True),
    ListChecksInState(state="any", rendered=True),
    ListKeys(prefix="", rendered=True),
    ListKeyNames(prefix="", rendered=True),
    ListSessions(rendered=True),
    ListPreparedQueries(rendered=True),
)


class Stranger:
    """Servers with something in the store, at the mercy of a stranger at the typed door of one node after the other."""

    def __init__(self, servers: int) -> None:
        self.cluster = Servers(servers, 0, check_every=200, snapshot_threshold=10, trailing_logs=2)
        self.world = self.cluster.world
        self._count = 0
        for command in CONTENTS:
            assert isinstance(self.says(command, self.cluster.leader()), Written)

    def says(self, message: Message, node: str) -> Message:
        """Its answer; the stranger counts its requests, so that none is another's repeat."""
        self._count += 1
        answers: list[Message] = []
        door = self.world.door(node, f"stranger{self._count}")
        door.ask(at("agent", node), message, answers.append, 10)
        self.world.run_until(lambda: bool(answers), 11)
        return answers[0]

    def works_on(self) -> None:
        """Every server has the same, contradicts itself nowhere, and tells all of it."""
        cluster = self.cluster
        cluster.until(lambda: cluster.leader() and len(cluster.up()) == len(cluster.nodes) and cluster.same())
        for node in cluster.nodes:
            cluster.server(node).check()
            for query in LISTS:
                answer = self.says(query.model_copy(update={"consistency": "stale"}), node)
                assert isinstance(answer, Rendered), answer
        assert self.world.crashes == []


@settings(max_examples=max(10, settings.default.max_examples // 4))
@given(seed=st.integers(0, 2**32 - 1))
@pytest.mark.slow
def test_odd_commands_are_refused_or_work_for_good(seed: int) -> None:
    refused_or_for_good(Stranger(1), Odd(Random(seed)))


@pytest.mark.slow
@settings(max_examples=5)
@given(seed=st.integers(0, 2**32 - 1))
def test_odd_commands_to_three_servers_are_refused_or_work_for_good(seed: int) -> None:
    refused_or_for_good(Stranger(3), Odd(Random(seed)))


def refused_or_for_good(stranger: Stranger, odd: Odd) -> None:
    nodes = stranger.cluster.nodes
    for _ in range(25):
        answer = stranger.says(odd.message(KINDS), odd.rng.choice(nodes))
        pack_body(answer)
        assert not isinstance(answer, Refused) or answer.words
    assert stranger.world.crashes == []
    stranger.works_on()
    stranger.world.run(35)  # sessions end, and what they held is let go or deleted
    stranger.world.crash(nodes[0])
    stranger.world.restart(nodes[0])
    stranger.works_on()


@pytest.mark.slow
@settings(max_examples=5)
@given(seed=st.integers(0, 2**32 - 1))
def test_odd_commands_reach_a_follower_that_was_away(seed: int) -> None:
    stranger, odd = Stranger(3), Odd(Random(seed), oddness=0.05)
    kinds = [kind for kind in KINDS if kind is not TransferLeadership]
    away = stranger.cluster.followers()[0]
    stranger.world.stop(away)
    for _ in range(30):
        stranger.says(odd.message(kinds), stranger.cluster.leader())
    stranger.world.restart(away)
    stranger.works_on()


@pytest.mark.slow
@settings(max_examples=5)
@given(seed=st.integers(0, 2**32 - 1))
def test_what_odd_commands_deleted_is_forgotten_in_time(seed: int) -> None:
    stranger, odd = Stranger(1), Odd(Random(seed), oddness=0.05)
    for _ in range(30):
        stranger.says(odd.message(KINDS), stranger.cluster.leader())
    stranger.world.run(1000)
    stranger.works_on()


def refused(*said: Message) -> Refused:
    """The answer to the last of these."""
    cluster = Servers(1, 0)
    answers = [cluster.ask(cluster.leader(), message) for message in said]
    assert isinstance(answers[-1], Refused), answers[-1]
    assert answers[-1].row.definite
    return answers[-1]


def kv(verb: str, key: str = "a", **fields: object) -> Operation:
    return Operation(kv=KeyOperation.model_validate({"verb": verb, "key": key, **fields}))


def test_a_value_has_the_same_limit_as_over_http() -> None:
    text = 'Value for key "a" is too large (524289 > 524288 bytes)'
    large = b"x" * (VALUE_MOST + 1)
    assert refused(PutKey(key="a", value=large)) == Refused(code="TooLarge", text=text)
    assert refused(Transact(operations=(kv("set", value=large),))) == Refused(code="TooLarge", text=text)
    cluster = Servers(1, 0)
    assert isinstance(cluster.ask(cluster.leader(), PutKey(key="a", value=large[:-1])), Written)


@pytest.mark.parametrize("kind", [Transact, ReadTransaction])
def test_a_transaction_has_the_same_limits_as_over_http(kind: type[Transact | ReadTransaction]) -> None:
    text = "Transaction contains too many operations (129 > 128)"
    assert refused(kind(operations=(kv("get"),) * 129)) == Refused(code="TooLarge", text=text)
    many = kind(operations=(kv("get-tree"),) * 128)
    assert refused(PutKey(key="a", value=b"x" * 200_000), many).code == "TooLarge"


def test_flags_in_a_transaction_are_unsigned() -> None:
    said = refused(Transact(operations=(kv("set", flags=-1),)))
    assert said == Refused(code="Invalid", text="flags must be an unsigned number of 64 bits, not -1")


def test_figures_of_autopilot_are_not_negative() -> None:
    said = refused(SetAutopilotConfiguration(configuration=AutopilotConfiguration(min_quorum=-1)))
    assert said == Refused(code="Invalid", text="min_quorum must not be negative, it is -1")


def test_a_registration_has_a_bounded_number_of_checks() -> None:
    checks = tuple(CheckRecord(node="n1", check_id=f"c{n}", name="c") for n in range(513))
    assert refused(Register(node=NODE, checks=checks)).code == "TooLarge"


@pytest.mark.parametrize(("restore", "part"), [("", 0), ("r", -1)])
def test_a_part_of_a_restore_has_a_name_and_a_place(restore: str, part: int) -> None:
    assert refused(StageRestore(id=restore, part=part, data=b"")).code == "Invalid"


def test_templates_cannot_be_blown_up() -> None:
    template = QueryTemplate(type="name_prefix_match")
    query = PreparedQuery(id=SESSIONS[0], name="w", template=template, service=ServiceQuery(service="${name.full}"))
    blown = query.model_copy(update={"service": ServiceQuery(service="${name.full}" * 129)})
    assert "129 variables are used, 128 at most can be" in refused(CreatePreparedQuery(query=blown)).words
    named = query.model_copy(update={"name": "w" * 1025})
    assert refused(CreatePreparedQuery(query=named)).code == "Invalid"
    asked = refused(CreatePreparedQuery(query=query), ExplainPreparedQuery(name_or_id="w" * 1025))
    assert asked.words == "the name of a prepared query has 1024 characters at most"


def test_what_a_transaction_read_is_not_kept_if_it_is_large() -> None:
    """A row of a snapshot that no server can read back would be the end of all of them."""
    cluster = Servers(1, 0)
    leader = at("server", cluster.leader())
    cluster.ask(cluster.leader(), PutKey(key="a", value=b"x" * 100_000))
    door, answers = cluster.world.door(cluster.leader(), "stranger"), list[Message]()
    reads = Transact(operations=(kv("set", "b"), kv("get")))
    asked = door.ask(leader, reads, answers.append)
    cluster.until(lambda: answers)
    door.ask(leader, reads, answers.append, request=asked)
    cluster.until(lambda: len(answers) == 2)
    assert isinstance(answers[0], Transacted)
    assert isinstance(answers[1], Refused)
    assert not answers[1].row.definite
    assert cluster.ask(cluster.leader(), GetKey(key="b"))
    cluster.server(cluster.leader()).store.check()


def test_a_long_request_id_is_remembered_by_its_hash() -> None:
    cluster = Servers(1, 0)
    leader, name = at("server", cluster.leader()), "r" * 100_000
    door, answers = cluster.world.door(cluster.leader(), "stranger"), list[Message]()
    for value in (b"1", b"2"):
        door.ask(leader, PutKey(key="a", value=value), answers.append, request=name)
        cluster.until(lambda value=value: len(answers) == int(value))
    assert answers[0] == answers[1]
    rows = cluster.server(cluster.leader()).store.dedup.rows()
    assert len(repr(rows)) < 50_000
