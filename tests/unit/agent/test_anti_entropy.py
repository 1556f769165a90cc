"""Anti-entropy against a stand-in for the servers: however they fail, the catalog ends equal to the agent."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lictor_actors.roles.agent.agent import Agent
from lictor_actors.roles.agent.anti_entropy import scale
from lictor_messages.agent import (
    Accepted,
    AgentOptions,
    CheckSpec,
    DeregisterCheck,
    DeregisterService,
    FullSyncDue,
    LeaveCluster,
    RegisterCheck,
    RegisterService,
    UpdateCheck,
)
from lictor_messages.answers import Written
from lictor_messages.base import FrozenMap, Message
from lictor_messages.catalog import (
    SERF_HEALTH,
    CheckRecord,
    Checks,
    Deregister,
    ListNodeChecks,
    ListNodeServices,
    NodeRecord,
    NodeServices,
    Register,
    ServiceRecord,
)
from lictor_messages.checker import CheckResult
from lictor_messages.host import Recovered, Undeliverable
from lictor_messages.members import Leave, Member, MemberJoined
from lictor_messages.refusals import Refused

SECOND = 1_000_000_000
OPTIONS = AgentOptions(node="n1.dc1", name="n1", dc="dc1", node_id="id-1", address="10.0.0.1")
MY_NODE = NodeRecord(node="n1", address="10.0.0.1", id="id-1")


def server(name: str) -> MemberJoined:
    tags = FrozenMap({"role": "consul"})
    return MemberJoined(
        member=Member(name=name, dc="dc1", address="10.0.0.9", port=8301, gossip="g", rest="r", tags=tags)
    )


def web(**fields: object) -> ServiceRecord:
    return ServiceRecord.model_validate({"node": "n1", "id": "web", "service": "web", **fields})


class Catalog:
    """What the servers keep of one node, as they answer about it."""

    def __init__(self) -> None:
        self.node: NodeRecord | None = None
        self.services: dict[str, ServiceRecord] = {}
        self.checks: dict[str, CheckRecord] = {}
        self.entries: list[Message] = []

    def answer(self, body: Message) -> Message:
        match body:
            case ListNodeServices():
                return NodeServices(node=self.node, services=tuple(self.services.values()))
            case ListNodeChecks():
                return Checks(checks=tuple(self.checks.values()))
            case Register():
                return self._register(body)
            case Deregister():
                return self._deregister(body)
        raise AssertionError(body)

    def _register(self, body: Register) -> Message:
        self.entries.append(body)
        if self.node is None or not body.skip_node_update:
            self.node = body.node.model_copy(update={"modify_index": len(self.entries)})
        if body.service is not None:
            self.services[body.service.id] = body.service.model_copy(update={"create_index": 1})
        for check in body.checks:
            if check.service_id and check.service_id not in self.services:
                return Refused(code="Invalid", text="Missing service registration")
            self.checks[check.check_id] = check.model_copy(update={"modify_index": len(self.entries)})
        return Written(index=len(self.entries))

    def _deregister(self, body: Deregister) -> Message:
        self.entries.append(body)
        if body.service_id:
            self.services.pop(body.service_id, None)
            self.checks = {i: c for i, c in self.checks.items() if c.service_id != body.service_id}
        self.checks.pop(body.check_id, None)
        return Written(index=len(self.entries))


def serve(b, catalog: Catalog) -> int:
    """Answer what the agent asked of servers until it asks no more; returns how many requests there were."""
    served = 0
    while asks := [e for e in b.take_sent() if e.target.startswith("server@") and e.reply_to == "agent@n1.dc1"]:
        for e in asks:
            served += 1
            b.answer(e, catalog.answer(e.body))
        b.pass_time(0)
    return served


@pytest.fixture
def agent(bench):
    b = bench(Agent(OPTIONS), "agent@n1.dc1")
    b.start()
    b.host(Recovered(records=(), done=True))
    b.tell(server("s1"))
    b.take_sent()
    return b


@pytest.fixture
def synced(agent):
    """An agent whose first full sync is behind it, with its catalog."""
    catalog = Catalog()
    catalog.node = MY_NODE
    agent.fire("full-sync")
    serve(agent, catalog)
    return agent, catalog


def plain(records: dict[str, ServiceRecord]) -> list[ServiceRecord]:
    return [r.model_copy(update={"create_index": 0, "modify_index": 0}) for r in records.values()]


# -- when --------------------------------------------------------------------------


@pytest.mark.parametrize(("nodes", "factor"), [(1, 1), (128, 1), (129, 2), (256, 2), (257, 3), (512, 3), (8192, 7)])
def test_the_scale_factor(nodes: int, factor: int) -> None:
    assert scale(nodes) == factor


def test_nothing_is_compared_before_the_journal_is_read(bench) -> None:
    b = bench(Agent(OPTIONS), "agent@n1.dc1")
    b.start()
    b.tell(server("s1"))
    assert "full-sync" not in b.timers
    b.host(Recovered(records=(), done=True))
    assert b.timers["full-sync"][0] - b.now <= 3 * SECOND


def test_agents_compare_within_three_seconds_of_the_first_server_and_not_all_at_once(seeded_bench) -> None:
    waits = []
    for seed in range(20):
        b = seeded_bench(Agent(OPTIONS), "agent@n1.dc1", seed)
        b.start()
        b.host(Recovered(records=(), done=True))
        b.tell(server("s1"))
        waits.append(b.timers["full-sync"][0] - b.now)
    assert max(waits) <= 3 * SECOND
    assert len(set(waits)) == 20


def test_an_agent_with_nothing_costs_one_light_sync_and_writes_nothing(agent) -> None:
    catalog = Catalog()
    agent.fire("full-sync")
    assert serve(agent, catalog) == 2
    assert catalog.entries == []
    wait = agent.timers["full-sync"][0] - agent.now
    assert 60 * SECOND <= wait <= 120 * SECOND


def test_another_server_does_not_start_what_is_about_to_happen_anyway(agent) -> None:
    due = agent.timers["full-sync"]
    agent.tell(server("s2"))
    assert agent.timers["full-sync"] == due


def test_a_server_that_appears_later_is_compared_with_soon(synced) -> None:
    agent, _ = synced
    agent.tell(server("s2"))
    assert agent.timers["full-sync"][0] - agent.now <= 3 * SECOND


# -- change sync -------------------------------------------------------------------


def test_a_registration_is_written_in_one_entry_and_then_accepted(synced) -> None:
    agent, catalog = synced
    q = agent.ask(RegisterService(service=web(), checks=(CheckSpec(ttl_ns=SECOND),)))
    (e,) = agent.asked(Register)
    assert agent.replies(q) == []
    agent.answer(e, catalog.answer(e.body))
    assert agent.replies(q) == [Accepted()]
    assert [type(entry) for entry in catalog.entries] == [Register]
    assert list(catalog.services) == ["web"]
    assert list(catalog.checks) == ["service:web"]


def test_the_node_is_written_only_if_the_catalog_has_it_otherwise(synced, agent) -> None:
    known, _ = synced
    known.ask(RegisterService(service=web()))
    (e,) = known.asked(Register)
    assert e.body.skip_node_update
    assert e.body.node == MY_NODE


def test_before_the_first_comparison_the_node_is_written_whole(agent) -> None:
    agent.ask(RegisterService(service=web()))
    (e,) = agent.asked(Register)
    assert not e.body.skip_node_update


def test_a_change_of_the_nodes_meta_data_is_written(bench) -> None:
    catalog = Catalog()
    catalog.node = MY_NODE
    b = bench(Agent(OPTIONS.model_copy(update={"meta": FrozenMap({"rack": "7"})})), "agent@n1.dc1")
    b.start()
    b.host(Recovered(records=(), done=True))
    b.tell(server("s1"))
    b.fire("full-sync")
    serve(b, catalog)
    assert catalog.node.meta == {"rack": "7"}
    assert len(catalog.entries) == 1


def test_what_changes_during_a_round_goes_into_the_next(synced) -> None:
    agent, catalog = synced
    agent.ask(RegisterService(service=web(port=1)))
    (first,) = agent.asked(Register)
    agent.take_sent()
    agent.ask(RegisterService(service=web(port=2)))
    agent.ask(DeregisterService(id="web"))
    assert agent.asked(Register) == []
    agent.answer(first, catalog.answer(first.body))
    agent.pass_time(0)
    assert [type(e.body) for e in agent.sent if e.reply_to == "agent@n1.dc1"] == [Deregister]
    serve(agent, catalog)
    assert catalog.services == {}


def test_registrations_of_a_crowd_soon_share_every_round(synced) -> None:
    """The first goes alone, and those that came while it was under way wait for the one that it answers."""
    agent, catalog = synced
    rounds = []
    for number in range(4):
        agent.ask(RegisterService(service=web(id="a", port=number)))
        for other in "bcd":
            agent.ask(RegisterService(service=web(id=other, port=number)))
        agent.pass_time(0)
        asks = agent.asked(Register)
        agent.take_sent()
        rounds.append(sorted(e.body.service.id for e in asks))
        agent.ask(RegisterService(service=web(id="e", port=number)))
        for e in asks:
            agent.answer(e, catalog.answer(e.body))
    assert rounds == [["a"], *[["a", "b", "c", "d", "e"]] * 3]


def test_a_removed_service_takes_its_checks_along(synced) -> None:
    agent, catalog = synced
    agent.ask(RegisterService(service=web(), checks=(CheckSpec(ttl_ns=SECOND),)))
    serve(agent, catalog)
    agent.ask(DeregisterService(id="web"))
    assert serve(agent, catalog) == 1
    assert (catalog.services, catalog.checks) == ({}, {})


def test_node_checks_come_and_go(synced) -> None:
    agent, catalog = synced
    agent.ask(RegisterCheck(check=CheckSpec(name="disk", ttl_ns=SECOND)))
    serve(agent, catalog)
    assert list(catalog.checks) == ["disk"]
    agent.ask(DeregisterCheck(id="disk"))
    serve(agent, catalog)
    assert catalog.checks == {}


def test_registering_the_same_again_asks_nothing_of_the_servers(synced) -> None:
    agent, catalog = synced
    agent.ask(RegisterService(service=web()))
    serve(agent, catalog)
    q = agent.ask(RegisterService(service=web()))
    assert agent.replies(q) == [Accepted()]
    assert agent.asked(Register) == []


def test_a_status_is_written_at_once(synced) -> None:
    agent, catalog = synced
    agent.ask(RegisterCheck(check=CheckSpec(name="job", ttl_ns=SECOND)))
    serve(agent, catalog)
    agent.ask(UpdateCheck(id="job", status="passing", output="1"))
    serve(agent, catalog)
    assert (catalog.checks["job"].status, catalog.checks["job"].output) == ("passing", "1")


def test_an_output_alone_waits_for_its_interval(synced) -> None:
    agent, catalog = synced
    agent.ask(RegisterCheck(check=CheckSpec(name="port", tcp="x:1", interval_ns=SECOND, status="passing")))
    serve(agent, catalog)
    for n in range(5):
        agent.tell(CheckResult(id="port", status="passing", output=str(n)))
    assert serve(agent, catalog) == 0
    agent.fire("full-sync")
    serve(agent, catalog)
    assert catalog.checks["port"].output == ""
    wait = agent.timers["output:port"][0] - agent.now
    assert 30 * SECOND < wait < 450 * SECOND
    agent.fire("output:port")
    serve(agent, catalog)
    assert catalog.checks["port"].output == "4"


def test_a_status_takes_the_waiting_output_along(synced) -> None:
    agent, catalog = synced
    agent.ask(RegisterCheck(check=CheckSpec(name="port", tcp="x:1", interval_ns=SECOND, status="passing")))
    serve(agent, catalog)
    agent.tell(CheckResult(id="port", status="passing", output="a"))
    agent.tell(CheckResult(id="port", status="critical", output="b"))
    serve(agent, catalog)
    assert catalog.checks["port"].output == "b"
    assert "output:port" not in agent.timers


def test_without_an_interval_outputs_are_written_at_once(bench) -> None:
    b = bench(Agent(OPTIONS.model_copy(update={"check_update_interval_ns": 0})), "agent@n1.dc1")
    b.start()
    b.host(Recovered(records=(), done=True))
    b.tell(server("s1"))
    catalog = Catalog()
    b.ask(RegisterCheck(check=CheckSpec(name="port", tcp="x:1", interval_ns=SECOND)))
    serve(b, catalog)
    b.tell(CheckResult(id="port", status="critical", output="x"))
    serve(b, catalog)
    assert catalog.checks["port"].output == "x"


# -- full sync ---------------------------------------------------------------------


def test_strangers_are_deregistered_but_not_what_the_leader_writes(synced) -> None:
    agent, catalog = synced
    stale = ServiceRecord(node="n1", id="stale", service="stale")
    catalog.services = {s: ServiceRecord(node="n1", id=s, service=s) for s in ("consul", "stale")}
    catalog.services["stale"] = stale
    catalog.checks = {
        SERF_HEALTH: CheckRecord(node="n1", check_id=SERF_HEALTH, name="Serf Health Status", status="passing"),
        "service:stale": CheckRecord(node="n1", check_id="service:stale", name="x", service_id="stale"),
        "orphan": CheckRecord(node="n1", check_id="orphan", name="x"),
    }
    agent.fire("full-sync")
    serve(agent, catalog)
    assert list(catalog.services) == ["consul"]
    assert list(catalog.checks) == [SERF_HEALTH]
    assert len(catalog.entries) == 2


def test_what_is_missing_or_different_is_written_again(synced) -> None:
    agent, catalog = synced
    agent.ask(RegisterService(service=web(port=80), checks=(CheckSpec(ttl_ns=SECOND),)))
    agent.ask(RegisterCheck(check=CheckSpec(name="disk", ttl_ns=SECOND)))
    serve(agent, catalog)
    catalog.services["web"] = web(port=81)
    del catalog.checks["disk"]
    catalog.checks["service:web"] = catalog.checks["service:web"].model_copy(update={"status": "passing"})
    agent.fire("full-sync")
    serve(agent, catalog)
    assert catalog.services["web"].port == 80
    assert {i: c.status for i, c in catalog.checks.items()} == {"service:web": "critical", "disk": "critical"}
    before = len(catalog.entries)
    agent.fire("full-sync")
    serve(agent, catalog)
    assert len(catalog.entries) == before


@pytest.mark.parametrize(("override", "tags"), [(True, ("theirs",)), (False, ("mine",))])
def test_tags_of_the_catalog_win_only_where_the_service_says_so(synced, override: bool, tags: tuple[str, ...]) -> None:
    agent, catalog = synced
    agent.ask(RegisterService(service=web(tags=("mine",), enable_tag_override=override)))
    serve(agent, catalog)
    catalog.services["web"] = catalog.services["web"].model_copy(update={"tags": ("theirs",)})
    agent.fire("full-sync")
    serve(agent, catalog)
    assert catalog.services["web"].tags == tags
    assert agent.actor.local.services["web"].record.tags == tags


# -- failures ----------------------------------------------------------------------


def test_a_refused_write_is_accepted_and_tried_again_soon(synced) -> None:
    agent, catalog = synced
    q = agent.ask(RegisterService(service=web()))
    (e,) = agent.asked(Register)
    agent.answer(e, Refused(code="NoLeader"))
    assert agent.replies(q) == [Accepted()]
    agent.take_sent()
    assert agent.timers["change-sync"][0] - agent.now <= SECOND
    agent.fire("change-sync")
    serve(agent, catalog)
    assert list(catalog.services) == ["web"]


def test_failures_that_go_on_are_retried_ever_more_rarely_up_to_fifteen_to_thirty_seconds(synced) -> None:
    agent, _ = synced
    agent.ask(RegisterService(service=web()))
    waits = []
    for _ in range(12):
        (e,) = agent.asked(Register)
        agent.take_sent()
        agent.answer(e, Refused(code="NoLeader"))
        waits.append(agent.timers["change-sync"][0] - agent.now)
        agent.fire("change-sync")
    assert waits[0] <= SECOND
    assert all(15 * SECOND <= w <= 30 * SECOND for w in waits[-4:])


def test_a_write_that_will_be_refused_again_is_not_repeated_until_the_next_full_sync(synced) -> None:
    agent, _ = synced
    q = agent.ask(RegisterService(service=web()))
    (e,) = agent.asked(Register)
    agent.answer(e, Refused(code="Invalid", text="no such thing"))
    assert agent.replies(q) == [Accepted()]
    assert "change-sync" not in agent.timers
    assert "no such thing" in agent.notes[-1]


def test_silence_ends_the_round_and_another_server_is_asked(synced) -> None:
    agent, catalog = synced
    agent.tell(server("s2"))
    q = agent.ask(RegisterService(service=web()))
    (first,) = agent.asked(Register)
    agent.take_sent()
    agent.fire("round")
    assert agent.replies(q) == [Accepted()]
    agent.fire("change-sync")
    (second,) = agent.asked(Register)
    assert second.target != first.target
    serve(agent, catalog)
    assert list(catalog.services) == ["web"]


def test_a_late_answer_of_an_abandoned_round_is_ignored(synced) -> None:
    agent, catalog = synced
    agent.ask(RegisterService(service=web()))
    (late,) = agent.asked(Register)
    agent.fire("round")
    agent.answer(late, Written(index=1))
    agent.take_sent()
    agent.fire("change-sync")
    assert serve(agent, catalog) == 1


def test_what_cannot_be_delivered_goes_to_the_next_server(synced) -> None:
    agent, _ = synced
    agent.tell(server("s2"))
    agent.ask(RegisterService(service=web()))
    (first,) = agent.asked(Register)
    agent.take_sent()
    agent.host(Undeliverable(request=first.request, target=first.target, about=first.body.kind, reason="no_pipe"))
    agent.fire("change-sync")
    assert agent.asked(Register)[0].target != first.target


@pytest.mark.parametrize("which", [0, 1])
def test_a_comparison_that_is_refused_is_repeated_and_changes_nothing(agent, which: int) -> None:
    catalog = Catalog()
    catalog.services = {"stale": ServiceRecord(node="n1", id="stale", service="stale")}
    agent.fire("full-sync")
    asks = [e for e in agent.take_sent() if e.reply_to == "agent@n1.dc1"]
    agent.answer(asks[1 - which], catalog.answer(asks[1 - which].body))
    agent.answer(asks[which], Refused(code="NoLeader"))
    assert catalog.entries == []
    assert agent.timers["full-sync"][0] - agent.now <= SECOND
    agent.fire("full-sync")
    serve(agent, catalog)
    assert catalog.services == {}


def test_a_comparison_that_is_not_answered_is_repeated(agent) -> None:
    agent.fire("full-sync")
    agent.take_sent()
    assert 15 * SECOND <= agent.timers["full-sync"][0] - agent.now <= 30 * SECOND
    agent.fire("full-sync")
    assert len(agent.asked(ListNodeServices)) == 1


# -- the twin: whatever happens on the way, the end is the same ------------------------

SPEC = CheckSpec(ttl_ns=10_000 * SECOND)
STEPS = st.one_of(
    st.builds(lambda i, p: RegisterService(service=web(id=i, port=p)), st.sampled_from("abc"), st.integers(1, 3)),
    st.builds(
        lambda i, p: RegisterService(service=web(id=i, port=p), checks=(SPEC,)),
        st.sampled_from("abc"),
        st.integers(1, 3),
    ),
    st.builds(lambda i: DeregisterService(id=i), st.sampled_from("abc")),
    st.builds(lambda i: RegisterCheck(check=SPEC.model_copy(update={"name": i})), st.sampled_from("xy")),
    st.builds(lambda i: DeregisterCheck(id=i), st.sampled_from(["x", "y", "service:a"])),
    st.builds(
        lambda i, s: UpdateCheck(id=i, status=s, output=s),
        st.sampled_from(["x", "y", "service:a", "service:b"]),
        st.sampled_from(["passing", "critical"]),
    ),
)


@given(steps=st.lists(STEPS, max_size=20), seed=st.integers(0, 2**32 - 1))
def test_the_catalog_ends_equal_to_the_agent(seeded_bench, steps: list[Message], seed: int) -> None:
    rng = Random(seed)
    catalog = Catalog()
    catalog.services = {"left over": ServiceRecord(node="n1", id="left over", service="x")}
    b = seeded_bench(Agent(OPTIONS), "agent@n1.dc1", seed)
    b.start()
    b.host(Recovered(records=(), done=True))
    b.tell(server("s1"))
    b.tell(server("s2"))
    for step in steps:
        b.ask(step)
        _weather(b, catalog, rng)
    b.pass_time(1)
    serve(b, catalog)
    for _ in range(3):  # A late full sync may find what a lost write left behind; the next one is calm.
        b.pass_time(130)
        serve(b, catalog)
    local = b.actor.local  # type: ignore[attr-defined]
    by_id = {s.id: s for s in plain(catalog.services)}
    assert by_id == {i: s.record for i, s in local.services.items()}
    assert {i: c.status for i, c in catalog.checks.items()} == {i: c.record.status for i, c in local.checks.items()}


def _weather(b, catalog: Catalog, rng: Random) -> None:
    """Each request is answered, refused, lost before or after it was done, or not delivered; time passes or not."""
    for e in [e for e in b.take_sent() if e.target.startswith("server@") and e.reply_to == "agent@n1.dc1"]:
        fate = rng.choice(["done", "done", "refused", "lost", "unheard", "undelivered"])
        if fate in ("done", "unheard"):
            answer = catalog.answer(e.body)
            if fate == "done":
                b.answer(e, answer)
        elif fate == "refused":
            b.answer(e, Refused(code="NoLeader"))
        elif fate == "undelivered":
            b.host(Undeliverable(request=e.request, target=e.target, about=e.body.kind, reason="no_pipe"))
    if rng.random() < 0.5:
        b.pass_time(rng.choice([0.1, 1.0, 4.0]))


# -- leaving -------------------------------------------------------------------------


def test_a_node_that_leaves_compares_and_writes_no_more(synced) -> None:
    agent, _ = synced
    agent.ask(LeaveCluster())
    assert len(agent.asked(Leave)) == 1
    assert not {"full-sync", "change-sync"} & set(agent.timers)
    agent.take_sent()
    agent.host(FullSyncDue())  # it was on its way
    agent.tell(server("s2"))
    q = agent.ask(RegisterService(service=web(id="web")))
    assert (agent.asked(ListNodeServices), agent.asked(Register)) == ([], [])
    assert agent.replies(q) == [Accepted()]


def test_it_says_goodbye_only_when_what_it_was_writing_is_settled(synced) -> None:
    agent, _ = synced
    agent.ask(RegisterService(service=web(id="web")))
    agent.ask(LeaveCluster())
    assert agent.asked(Leave) == []
    (register,) = agent.asked(Register)
    agent.answer(register, Written())
    assert len(agent.asked(Leave)) == 1


def test_nor_does_it_wait_for_a_silent_server_for_long(synced) -> None:
    agent, _ = synced
    agent.ask(RegisterService(service=web(id="web")))
    agent.ask(LeaveCluster())
    agent.fire("round")
    assert len(agent.asked(Leave)) == 1
    assert "change-sync" not in agent.timers


def test_one_that_could_not_leave_goes_on_comparing(synced) -> None:
    agent, _ = synced
    agent.ask(LeaveCluster())
    (leave,) = agent.asked(Leave)
    agent.host(Undeliverable(request=leave.request, target=leave.target, about="x", reason="actor_down: why"))
    assert agent.timers["full-sync"][0] - agent.now <= 3 * SECOND
