"""What an actor declares that it hears, and how its handlers are found."""

from __future__ import annotations

import pytest

from lictor_actors.kernel.vocabulary import By, Handlers, UnknownMessage, Vocabulary
from lictor_actors.roles.agent.agent import Agent
from lictor_actors.roles.checker import Checker
from lictor_actors.roles.gateway.gateway import Gateway
from lictor_actors.roles.prober.prober import Prober
from lictor_actors.roles.server.server import Server
from lictor_messages.answers import Command, Query
from lictor_messages.base import KINDS, KINDS_ON, WIRE, Message
from lictor_messages.kv import GetKey, PutKey, ReapDue

ROLES = (Server, Agent, Prober, Gateway, Checker)


def nothing(*_: object) -> None: ...


def something(*_: object) -> None: ...


def test_a_declaration_holds_for_derived_kinds_until_a_nearer_one() -> None:
    hears = Vocabulary().on(Query, by=By.NODES).on(GetKey, by=By.CLIENTS).on(ReapDue)
    assert hears.audience(GetKey) is By.CLIENTS
    assert hears.audience(Query) is By.NODES
    assert hears.audience(ReapDue) is By.HOME
    assert hears.audience(PutKey) is None
    assert hears.hears(GetKey, By.CLIENTS)
    assert not hears.hears(GetKey, By.NODES)
    assert not hears.hears(ReapDue, By.CLIENTS)


def test_a_vocabulary_that_grows_leaves_the_one_before_as_it_was() -> None:
    small = Vocabulary().on(Query)
    assert small.audience(PutKey) is None
    assert small.on(Command).audience(PutKey) is By.HOME
    assert small.audience(PutKey) is None


def test_a_handler_is_found_by_the_nearest_class() -> None:
    handlers = Handlers(Vocabulary().on(Query, GetKey), {Query: nothing, GetKey: something})
    assert handlers[GetKey] is something
    assert handlers[Query] is nothing
    with pytest.raises(UnknownMessage, match=r"no line for kv\.put_key: declare it in the actor's `hears` and"):
        handlers[PutKey]


def test_a_kind_that_is_declared_is_handled_and_the_other_way_round() -> None:
    with pytest.raises(ValueError, match="declares GetKey, for which there is no handler: add one"):
        Handlers(Vocabulary().on(GetKey), {})
    with pytest.raises(ValueError, match="a handler for PutKey, which the actor's `hears` does not declare: add it"):
        Handlers(Vocabulary().on(GetKey), {GetKey: nothing, PutKey: nothing})


def test_every_kind_of_the_wire_is_heard_by_somebody_or_answers() -> None:
    """A request that no actor of any node takes would be a line without a reader."""
    unheard = [
        kind.kind
        for kind in KINDS_ON[WIRE].values()
        if kind.__module__.startswith("lictor_messages.")
        and not any(role.hears.audience(kind) for role in ROLES)
        and "Answered by" in (kind.__doc__ or "")
    ]
    assert unheard == []


def test_timers_and_notices_of_the_host_cannot_come_from_elsewhere() -> None:
    local = [name for name in KINDS if name.endswith("_due") or name.startswith(("host.", "jobs.", "web."))]
    assert len(local) > 40
    assert [name for name in local if name in KINDS_ON[WIRE]] == ["host.undeliverable"]


@pytest.mark.parametrize("role", ROLES)
def test_none_of_our_actors_hears_everything(role: type) -> None:
    assert role.hears.audience(Message) is None
    assert not any(role.hears.hears(kind, By.ANYONE) for kind in role.hears.kinds)
