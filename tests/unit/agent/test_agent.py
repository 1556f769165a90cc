"""The agent as a plain object: requests in, effects out."""

from collections.abc import Callable

import pytest

from lictor_actors.kernel.vocabulary import UnknownMessage
from lictor_actors.roles.agent.agent import Agent
from lictor_actors.roles.agent.server_routes import HELD_MOST
from lictor_messages.agent import (
    Accepted,
    AgentDescription,
    AgentOptions,
    CheckSpec,
    DeregisterCheck,
    DeregisterService,
    DescribeAgent,
    Events,
    LeaveCluster,
    ListEvents,
    ListLocalChecks,
    ListLocalServices,
    LocalChecks,
    LocalServices,
    RegisterCheck,
    RegisterService,
    ServerSilent,
    SetMaintenance,
    UpdateCheck,
)
from lictor_messages.base import FrozenMap, Message
from lictor_messages.catalog import CheckRecord, ServiceRecord, TaggedAddress, Weights
from lictor_messages.checker import CheckDue, CheckerStarted, CheckResult, StartCheck, StopCheck
from lictor_messages.codec import pack_body
from lictor_messages.doorways import NEW_LEADER, SERVER_STARTED, AskAgain
from lictor_messages.envelope import Envelope
from lictor_messages.host import DiskFreed, DiskFull, NodeStopping, Recovered, Undeliverable
from lictor_messages.journal import Cell
from lictor_messages.kv import GetKey, PutKey
from lictor_messages.members import (
    Departed,
    FireEvent,
    ForceLeave,
    Join,
    Leave,
    ListMembers,
    Member,
    MemberFailed,
    MemberJoined,
    MemberLeft,
    MemberReaped,
    Members,
    UserEvent,
)
from lictor_messages.refusals import Refused

SECOND = 1_000_000_000
ME = "agent@n1.dc1"
OPTIONS = AgentOptions(node="n1.dc1", name="n1", dc="dc1", node_id="id-1", address="10.0.0.1", version="1.0")
Make = Callable[..., "object"]


def member(name: str, server: bool = False, dc: str = "dc1") -> Member:
    tags = FrozenMap({"role": "consul" if server else "node"})
    return Member(name=name, dc=dc, address="10.0.0.9", port=8301, gossip="g", rest="r", tags=tags)


def service(name: str = "web", **fields: object) -> ServiceRecord:
    return ServiceRecord.model_validate({"node": "", "id": "", "service": name, **fields})


@pytest.fixture
def start(bench):
    def begin(options: AgentOptions = OPTIONS, journal: tuple[Message, ...] = (), servers: tuple[str, ...] = ()):
        b = bench(Agent(options), f"agent@{options.node}")
        b.start()
        b.host(Recovered(records=journal, done=True))
        for name in servers:
            b.tell(MemberJoined(member=member(name, server=True)))
        b.take_sent()
        return b

    return begin


@pytest.fixture
def agent(start):
    return start()


def refusal(b, message: Message) -> tuple[str, str]:
    (answer,) = b.replies(b.ask(message))
    assert isinstance(answer, Refused)
    return answer.code, answer.words


def refusal_or_none(b, message: Message) -> str | None:
    answers = b.replies(b.ask(message))
    return answers[0].code if answers and isinstance(answers[0], Refused) else None


def checks(b) -> dict[str, CheckRecord]:
    (answer,) = b.replies(b.ask(ListLocalChecks()))
    assert isinstance(answer, LocalChecks)
    return {c.check_id: c for c in answer.checks}


def services(b) -> list[str]:
    (answer,) = b.replies(b.ask(ListLocalServices()))
    assert isinstance(answer, LocalServices)
    return [s.id for s in answer.services]


# -- maintenance ---------------------------------------------------------------


def test_maintenance_of_the_node_is_a_check_that_nobody_runs(agent) -> None:
    assert agent.replies(agent.ask(SetMaintenance(enable=True, reason="new disk")))
    found = checks(agent)["_node_maintenance"]
    assert (found.status, found.name, found.notes) == ("critical", "Node Maintenance Mode", "new disk")
    assert (found.type, found.service_id) == ("maintenance", "")
    assert agent.asked(StartCheck) == []
    agent.tell(CheckerStarted(), "checker@n1.dc1")
    assert agent.asked(StartCheck) == []
    agent.ask(SetMaintenance(enable=False))
    agent.ask(SetMaintenance(enable=False))
    assert checks(agent) == {}
    assert agent.asked(StopCheck) == []


def test_maintenance_of_a_service_bears_its_name_and_survives_its_registration_and_a_restart(agent, start) -> None:
    agent.ask(RegisterService(service=service()))
    agent.ask(SetMaintenance(enable=True, service_id="web"))
    agent.ask(SetMaintenance(enable=True, service_id="web", reason="again"))
    agent.ask(RegisterService(service=service(), replace_existing_checks=True))
    found = checks(agent)["_service_maintenance:web"]
    assert (found.service_name, found.status, found.name) == ("web", "critical", "Service Maintenance Mode")
    assert "no reason was provided" in found.notes
    again = start(journal=tuple(agent.journal))
    assert checks(again)["_service_maintenance:web"].status == "critical"
    again.ask(DeregisterService(id="web"))
    assert checks(again) == {}


def test_maintenance_of_a_service_that_is_not_here_is_refused(agent) -> None:
    code, text = refusal(agent, SetMaintenance(enable=True, service_id="zz"))
    assert (code, text.startswith('Unknown service ID "zz"')) == ("NotFound", True)


@pytest.mark.parametrize(
    "kept",
    [
        RegisterService(service=ServiceRecord(node="", id="late", service="late")),
        DeregisterService(id="web"),
        RegisterCheck(check=CheckSpec(id="c", name="c", type="ttl", ttl_ns=SECOND)),
        DeregisterCheck(id="c"),
        SetMaintenance(enable=True),
    ],
)
def test_what_the_journal_should_remember_is_refused_while_it_has_no_room(agent, kept) -> None:
    agent.host(DiskFull(why="cannot grow the log"))
    before = len(agent.journal)
    assert refusal(agent, kept) == ("JournalFailed", "no space left on device: cannot grow the log")
    assert len(agent.journal) == before
    assert agent.replies(agent.ask(ListLocalServices()))
    agent.host(DiskFreed())
    assert refusal_or_none(agent, kept) in (None, "NotFound")


WEB = RegisterService(service=ServiceRecord(node="", id="web", service="web"))


def test_a_registration_is_accepted_once_it_is_on_the_disk(agent) -> None:
    agent.disk_waits = True
    first, second = agent.ask(WEB), agent.ask(SetMaintenance(enable=True))
    assert agent.replies(first) == agent.replies(second) == []
    assert agent.replies(agent.ask(ListLocalServices())), "only what was registered waits"
    agent.synced()
    assert agent.replies(first) == agent.replies(second) == [Accepted()]


def test_a_registration_that_meets_a_full_disk_is_refused_and_nobody_says_that_it_did_not_happen(agent) -> None:
    agent.disk_waits = True
    asked = agent.ask(WEB)
    agent.host(DiskFull(why="cannot grow the log"))
    (refused,) = agent.replies(asked)
    assert (refused.code, refused.words) == ("NotDurable", "no space left on device: cannot grow the log")
    assert not refused.row.definite
    agent.host(DiskFreed())
    agent.synced()
    assert agent.replies(asked) == [refused]
    assert agent.replies(agent.ask(WEB)) == [Accepted()]


# -- requests for servers ------------------------------------------------------


def test_it_starts_with_a_checker_and_asks_who_is_there(bench) -> None:
    b = bench(Agent(OPTIONS), ME)
    b.start()
    assert b.spawned == ["checker"]
    assert [(e.target, e.body) for e in b.sent] == [("prober@n1.dc1", ListMembers(servers=True))]


def test_a_request_goes_to_a_server_and_its_answer_past_the_agent(start) -> None:
    b = start(servers=("s1",))
    b.ask(GetKey(key="x"), "q")
    (e,) = b.take_sent()
    assert (e.source, e.target, e.reply_to, e.request, e.hops) == (ME, "server@s1.dc1", "gateway@n1.dc1", "q", 1)


def test_a_servers_own_agent_asks_its_own_server(start) -> None:
    b = start(OPTIONS.model_copy(update={"server": True}), servers=("s2", "n1"))
    b.ask(PutKey(key="x"))
    assert [e.target for e in b.asked(PutKey)] == ["server@n1.dc1"]


def test_without_a_server_it_says_so(agent) -> None:
    assert refusal(agent, GetKey(key="x")) == ("NoServers", "No known Consul servers")


@pytest.mark.parametrize("dc", ["dc1", "dc2"])
def test_questions_for_every_datacenter_go_to_a_server_of_the_own_one(start, dc) -> None:
    b = start(servers=("s1",))
    b.ask(GetKey(key="x", dc=dc))
    assert len(b.asked(GetKey)) == 1


def test_only_alive_servers_of_this_datacenter_are_asked(start) -> None:
    b = start(servers=("s1",))
    b.tell(MemberJoined(member=member("far", server=True, dc="dc2")))
    b.tell(MemberJoined(member=member("client")))
    b.tell(MemberFailed(member=member("s1", server=True)))
    assert refusal(b, GetKey(key="x"))[0] == "NoServers"


def test_what_was_not_delivered_is_given_to_each_other_server_once_and_then_refused(start) -> None:
    b = start(servers=("s1", "s2", "s3"))
    b.ask(PutKey(key="x"), "q")
    tried = []
    for _ in range(3):
        (e,) = b.asked(PutKey)
        b.take_sent()
        tried.append(e.target)
        b.host(Undeliverable(request="q", target=e.target, about=e.body.kind, reason="no_pipe"))
    assert sorted(tried) == ["server@s1.dc1", "server@s2.dc1", "server@s3.dc1"]
    assert [a.code for a in b.replies("q") if isinstance(a, Refused)] == ["Undeliverable"]


def test_a_request_that_needs_a_server_which_is_down_is_refused_with_the_reason(start) -> None:
    b = start(servers=("s1",))
    b.ask(GetKey(key="x"), "q")
    (e,) = b.take_sent()
    b.host(Undeliverable(request="q", target=e.target, about=e.body.kind, reason="actor_down: journal failed: broken"))
    (refused,) = b.replies("q")
    assert refused == Refused(code="Undeliverable", text="server@s1.dc1 is down: journal failed: broken")


def test_a_notice_about_anything_else_is_not_taken_for_a_forwarded_request(start) -> None:
    b = start(servers=("s1", "s2"))
    b.ask(PutKey(key="x"), "q")
    b.take_sent()
    b.host(Undeliverable(request="q", target="gateway@n1.dc1", about="refusals.refused", reason="no_pipe"))
    b.host(Undeliverable(request="other", target="server@s1.dc1", about="kv.put_key", reason="no_pipe"))
    assert b.sent == []


def test_of_a_crowd_that_was_not_delivered_nobody_is_left_waiting(start) -> None:
    b = start(servers=("s1", "s2"))
    for number in range(HELD_MOST + 1):
        b.ask(GetKey(key=f"k{number}"), f"q{number}")
    first, *_ = b.asked(GetKey)
    lost = Undeliverable(request="q0", target=first.target, about="", reason="no_pipe", waiter="gateway@n1.dc1")
    b.take_sent()
    b.host(lost)
    (refused,) = b.sent
    assert (refused.target, refused.request, refused.body) == ("gateway@n1.dc1", "q0", Refused(code="TimedOut"))


def test_a_silent_server_goes_to_the_end(start) -> None:
    b = start(servers=("s1", "s2"))
    b.ask(GetKey(key="x"), "q")
    first = b.sent[-1].target
    b.tell(ServerSilent(request="q"))
    b.ask(GetKey(key="x"))
    second = b.sent[-1].target
    b.tell(ServerSilent(server=second))
    b.ask(GetKey(key="x"))
    assert second != first
    assert b.sent[-1].target == first


def test_servers_are_asked_in_another_order_after_two_to_three_minutes(start) -> None:
    b = start(servers=tuple(f"s{n}" for n in range(8)))
    before = b.actor.routes.first()
    firsts = []
    for _ in range(6):
        wait = b.timers["rebalance"][0] - b.now
        assert 120 * SECOND <= wait <= 180 * SECOND
        b.fire("rebalance")
        firsts.append(b.actor.routes.first())
    assert set(firsts) != {before}


def test_the_whole_view_corrects_what_was_missed(start) -> None:
    b = start(servers=("s1", "s2"))
    b.tell(Members(members=(member("n1"), member("s2", server=True), member("s3", server=True))))
    assert len(b.actor.routes) == 2
    b.tell(MemberFailed(member=member("s2", server=True)))
    assert b.actor.routes.first() == "server@s3.dc1"


def test_an_unknown_message_crashes_it_by_name(agent) -> None:
    with pytest.raises(UnknownMessage, match=r"checker\.check_due"):
        agent.tell(CheckDue(id="x"))


# -- services and checks -------------------------------------------------------


@pytest.mark.parametrize(
    ("register", "text"),
    [
        (RegisterService(service=service("")), "Missing service name"),
        (RegisterService(service=service(address="0.0.0.0")), "Invalid service address"),
        (
            RegisterService(service=service(weights=Weights(passing=0))),
            "Invalid Weights: Passing must be greater than 0",
        ),
        (
            RegisterService(service=service(meta=FrozenMap({"a b": "c"}))),
            "Invalid Service Meta: Couldn't load metadata pair ('a b', 'c'): Key contains invalid characters",
        ),
        (
            RegisterService(service=service(), checks=(CheckSpec(http="http://x", ttl_ns=1, interval_ns=1),)),
            "Invalid check: Interval and TTL cannot both be specified",
        ),
        (
            RegisterService(service=service(), checks=(CheckSpec(tcp="x:1"),)),
            "Invalid check: Interval must be > 0 for Script, HTTP, or TCP checks",
        ),
        (RegisterService(service=service(), checks=(CheckSpec(),)), "Invalid check: TTL must be > 0 for TTL checks"),
        (
            RegisterService(service=service(), checks=(CheckSpec(ttl_ns=1, output_max_size=-1),)),
            "Invalid check: MaxOutputMaxSize must be positive",
        ),
        (
            RegisterService(service=service(), checks=(CheckSpec(ttl_ns=1, status="good"),)),
            "Status for checks must 'passing', 'warning', 'critical'",
        ),
        (RegisterCheck(check=CheckSpec(ttl_ns=1)), "Missing check name"),
        (RegisterCheck(check=CheckSpec(name="x", ttl_ns=1, status="good")), "Bad check status"),
        (RegisterCheck(check=CheckSpec(name="x")), "Invalid check: TTL must be > 0 for TTL checks"),
    ],
)
def test_bad_registrations_are_refused_in_consuls_words(agent, register: Message, text: str) -> None:
    assert refusal(agent, register) == ("BadRequest", text)
    assert services(agent) == []
    assert checks(agent) == {}


def test_a_refusal_with_status_500(agent) -> None:
    wrong_family = service(tagged_addresses=(TaggedAddress(name="lan_ipv4", address="::1", port=1),))
    text = 'Service tagged address "lan_ipv4" must be a valid ipv4 address'
    assert refusal(agent, RegisterService(service=wrong_family)) == ("Invalid", text)


def test_unknown_ids_are_not_found(agent) -> None:
    assert refusal(agent, DeregisterService(id="zz"))[0] == "NotFound"
    text = 'Unknown check ID "zz". Ensure that the check ID is passed, not the check name.'
    assert refusal(agent, DeregisterCheck(id="zz")) == ("NotFound", text)
    assert refusal(agent, UpdateCheck(id="zz", status="passing")) == ("NotFound", text)
    orphan = RegisterCheck(check=CheckSpec(name="x", service_id="zz", ttl_ns=1))
    assert refusal(agent, orphan) == ("NotFound", 'ServiceID "zz" does not exist')


def test_ids_and_names_are_filled_in(agent) -> None:
    ttl = CheckSpec(ttl_ns=SECOND)
    agent.ask(RegisterService(service=service("web"), checks=(ttl,)))
    agent.ask(RegisterService(service=service("db", id="db-1", tags=("a",)), checks=(ttl, ttl)))
    agent.ask(RegisterCheck(check=CheckSpec(name="disk", ttl_ns=SECOND, notes="n")))
    assert services(agent) == ["web", "db-1"]
    found = checks(agent)
    assert list(found) == ["service:web", "service:db-1:1", "service:db-1:2", "disk"]
    second = found["service:db-1:2"]
    assert (second.name, second.service_name, second.service_tags) == ("Service 'db' check", "db", ("a",))
    assert (second.node, second.type, second.status) == ("n1", "ttl", "critical")
    assert found["disk"].notes == "n"


def test_without_servers_a_registration_is_accepted_at_once(agent) -> None:
    assert agent.replies(agent.ask(RegisterService(service=service()))) == [Accepted()]


def test_a_checker_runs_http_and_tcp_checks_with_least_values_enforced(agent) -> None:
    spec = CheckSpec(http="http://x", interval_ns=1, deregister_critical_service_after_ns=1)
    agent.ask(RegisterService(service=service(), checks=(spec,)))
    (order,) = agent.asked(StartCheck)
    assert order.target == "checker@n1.dc1"
    started = order.body.spec
    assert (started.interval_ns, started.timeout_ns) == (SECOND, 10 * SECOND)
    assert started.deregister_critical_service_after_ns == 60 * SECOND
    agent.ask(DeregisterService(id="web"))
    assert [e.body for e in agent.asked(StopCheck)] == [StopCheck(id="service:web")]


def test_a_new_checker_is_told_everything_again(agent) -> None:
    agent.ask(RegisterCheck(check=CheckSpec(name="a", tcp="x:1", interval_ns=SECOND)))
    agent.ask(RegisterCheck(check=CheckSpec(name="b", ttl_ns=SECOND)))
    agent.take_sent()
    agent.tell(CheckerStarted(), "checker@n1.dc1")
    assert [e.body.id for e in agent.asked(StartCheck)] == ["a"]


def test_registering_again_keeps_status_and_output(agent) -> None:
    register = RegisterService(service=service(), checks=(CheckSpec(tcp="x:1", interval_ns=SECOND),))
    agent.ask(register)
    agent.tell(CheckResult(id="service:web", status="passing", output="fine"))
    agent.ask(register.model_copy(update={"service": service(tags=("new",))}))
    record = checks(agent)["service:web"]
    assert (record.status, record.output, record.service_tags) == ("passing", "fine", ("new",))


def test_other_checks_of_a_service_stay_unless_they_are_to_be_replaced(agent) -> None:
    agent.ask(RegisterService(service=service(), checks=(CheckSpec(id="old", ttl_ns=SECOND),)))
    again = RegisterService(service=service(), checks=(CheckSpec(id="new", ttl_ns=SECOND),))
    agent.ask(again)
    assert list(checks(agent)) == ["old", "new"]
    agent.ask(again.model_copy(update={"replace_existing_checks": True}))
    assert list(checks(agent)) == ["new"]


def test_a_check_may_change_its_kind(agent) -> None:
    agent.ask(RegisterCheck(check=CheckSpec(name="x", ttl_ns=SECOND)))
    agent.ask(RegisterCheck(check=CheckSpec(name="x", tcp="x:1", interval_ns=SECOND)))
    assert "ttl:x" not in agent.timers
    agent.ask(RegisterCheck(check=CheckSpec(name="x", ttl_ns=SECOND)))
    assert [e.body for e in agent.asked(StopCheck)] == [StopCheck(id="x")]
    assert "ttl:x" in agent.timers


def test_a_result_of_a_removed_check_is_ignored(agent) -> None:
    agent.tell(CheckResult(id="gone", status="passing", output=""))
    assert checks(agent) == {}


# -- TTL -------------------------------------------------------------------------


def test_a_ttl_check_lives_by_its_updates(agent) -> None:
    agent.ask(RegisterCheck(check=CheckSpec(name="job", ttl_ns=10 * SECOND)))
    assert agent.replies(agent.ask(UpdateCheck(id="job", status="passing", output="ran"))) == [Accepted()]
    agent.pass_time(9)
    agent.ask(UpdateCheck(id="job", status="passing", output="ran"))
    agent.pass_time(9)
    assert checks(agent)["job"].status == "passing"
    agent.pass_time(2)
    record = checks(agent)["job"]
    assert record.status == "critical"
    assert record.output == "TTL expired (last output before timeout follows): ran"


def test_a_ttl_check_that_was_never_updated_expires_in_few_words(agent) -> None:
    agent.ask(RegisterCheck(check=CheckSpec(name="job", ttl_ns=SECOND, status="passing")))
    agent.pass_time(1.1)
    assert (checks(agent)["job"].status, checks(agent)["job"].output) == ("critical", "TTL expired")


def test_long_output_is_cut(agent) -> None:
    agent.ask(RegisterCheck(check=CheckSpec(name="job", ttl_ns=SECOND, output_max_size=4)))
    agent.ask(UpdateCheck(id="job", status="passing", output="123456"))
    assert checks(agent)["job"].output == "1234 ... (captured 4 of 6 bytes)"


def test_only_ttl_checks_are_updated_by_hand(agent) -> None:
    agent.ask(RegisterCheck(check=CheckSpec(name="port", tcp="x:1", interval_ns=SECOND)))
    text = 'CheckID "port" does not have associated TTL'
    assert refusal(agent, UpdateCheck(id="port", status="passing")) == ("Invalid", text)


def test_a_service_that_is_critical_for_too_long_is_deregistered(agent) -> None:
    spec = CheckSpec(tcp="x:1", interval_ns=SECOND, deregister_critical_service_after_ns=90 * SECOND)
    agent.ask(RegisterService(service=service(), checks=(spec,)))
    agent.pass_time(60)
    agent.tell(CheckResult(id="service:web", status="passing", output=""))
    agent.tell(CheckResult(id="service:web", status="critical", output=""))
    agent.pass_time(85)
    assert services(agent) == ["web"]
    agent.pass_time(35)
    assert services(agent) == []
    assert agent.notes == ["deregistered web: critical for too long"]
    assert "reap" not in agent.timers


# -- the journal -------------------------------------------------------------------


def test_what_was_registered_survives_a_restart(start) -> None:
    b = start()
    b.ask(RegisterService(service=service(tags=("v1",)), checks=(CheckSpec(ttl_ns=9 * SECOND),)))
    b.ask(RegisterCheck(check=CheckSpec(name="port", tcp="x:1", interval_ns=SECOND)))
    b.ask(RegisterService(service=service("gone"), checks=(CheckSpec(ttl_ns=SECOND),)))
    b.ask(UpdateCheck(id="service:web", status="passing", output="ok"))
    b.ask(DeregisterService(id="gone"))
    again = start(journal=tuple(b.journal))
    assert services(again) == ["web"]
    found = checks(again)
    assert (found["service:web"].status, found["service:web"].output) == ("passing", "ok")
    assert found["port"].status == "critical"
    assert "ttl:service:web" in again.timers


def test_the_journal_may_come_in_batches(bench, start) -> None:
    b = start()
    b.ask(RegisterService(service=service(), checks=(CheckSpec(ttl_ns=SECOND),)))
    again = bench(Agent(OPTIONS), ME)
    again.start()
    for n, record in enumerate(b.journal, 1):
        again.host(Recovered(records=(record,), done=n == len(b.journal)))
    assert services(again) == ["web"]
    assert list(checks(again)) == ["service:web"]


def test_a_record_that_cannot_be_read_is_left_out_aloud(start) -> None:
    b = start(journal=(Cell(name="service:web", data=b"\xc1"),))
    assert services(b) == []
    assert "service:web" in b.notes[0]


def test_registering_the_same_again_writes_nothing(agent) -> None:
    register = RegisterService(service=service(), checks=(CheckSpec(ttl_ns=SECOND),))
    agent.ask(register)
    written = len(agent.journal)
    agent.ask(register)
    assert len(agent.journal) == written


def test_what_is_wrong_in_the_configuration_is_left_out_aloud(start) -> None:
    wrong = {"services": (RegisterService(service=service("")),), "checks": (CheckSpec(name="x"),)}
    b = start(OPTIONS.model_copy(update=wrong))
    assert (services(b), checks(b)) == ([], {})
    assert [note.rpartition(": ")[2] for note in b.notes] == ["Missing service name", "TTL must be > 0 for TTL checks"]


def test_the_configuration_wins_over_the_journal_and_is_not_kept(start) -> None:
    b = start()
    b.ask(RegisterService(service=service(tags=("api",))))
    configured = RegisterService(service=service(tags=("file",)), checks=(CheckSpec(ttl_ns=SECOND),))
    options = OPTIONS.model_copy(update={"services": (configured,), "checks": (CheckSpec(name="disk", ttl_ns=SECOND),)})
    again = start(options, journal=tuple(b.journal))
    (answer,) = again.replies(again.ask(ListLocalServices()))
    assert isinstance(answer, LocalServices)
    assert [s.tags for s in answer.services] == [("file",)]
    assert list(checks(again)) == ["service:web", "disk"]
    assert again.journal == [Cell(name="service:web", data=b"")], "or it would come back once the file is without it"


# -- members, events, itself -------------------------------------------------------


@pytest.mark.parametrize(
    "message", [ListMembers(), Join(addresses=("x",)), ForceLeave(node="n2")], ids=lambda m: m.kind
)
def test_membership_is_the_probers_business(agent, message: Message) -> None:
    agent.ask(message, "q")
    (e,) = agent.sent
    assert (e.target, e.reply_to, e.request) == ("prober@n1.dc1", "gateway@n1.dc1", "q")


def test_a_prober_that_is_down_is_said_and_no_server_is_asked_instead(start) -> None:
    b = start(servers=("s1",))
    b.ask(ListMembers(), "q")
    b.host(Undeliverable(request="q", target="prober@n1.dc1", about="members.list_members", reason="actor_down"))
    assert [a.code for a in b.replies("q") if isinstance(a, Refused)] == ["Undeliverable"]
    assert [e.target for e in b.asked(ListMembers)] == ["prober@n1.dc1"]


def test_leaving_is_answered_when_it_has_spread_and_then_the_node_stops(agent) -> None:
    q = agent.ask(LeaveCluster())
    (leave,) = agent.asked(Leave)
    assert agent.replies(q) == []
    agent.answer(leave, Departed())
    assert agent.replies(q) == [Accepted()]
    assert [e.target for e in agent.asked(NodeStopping)] == ["host@n1.dc1"]


def test_a_leave_that_fails_is_said_and_nothing_stops(agent) -> None:
    q = agent.ask(LeaveCluster())
    (leave,) = agent.asked(Leave)
    agent.host(Undeliverable(request=leave.request, target=leave.target, about="x", reason="actor_down"))
    assert [a.code for a in agent.replies(q) if isinstance(a, Refused)] == ["Undeliverable"]
    assert agent.asked(NodeStopping) == []


def uuid(high: int, low: int) -> str:
    digits = f"{high:016x}{low:016x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def events(b, **query: object) -> list[Events]:
    return [a for a in b.replies(b.ask(ListEvents.model_validate(query))) if isinstance(a, Events)]


def test_events_are_listed_with_an_index_that_names_the_last(agent) -> None:
    assert events(agent) == [Events(index=1, events=())]
    agent.tell(UserEvent(id=uuid(5, 3), name="a", ltime=1))
    agent.tell(UserEvent(id=uuid(8, 1), name="b", ltime=2))
    (both,) = events(agent)
    assert ([e.name for e in both.events], both.index) == (["a", "b"], 9)
    (one,) = events(agent, name="a")
    assert ([e.name for e in one.events], one.index) == (["a"], 6)


def test_a_blocked_list_wakes_with_the_next_event_of_its_name(agent) -> None:
    agent.tell(UserEvent(id=uuid(5, 3), name="a"))
    q = agent.ask(ListEvents(name="a", min_index=6))
    agent.tell(UserEvent(id=uuid(8, 1), name="b"))
    assert agent.replies(q) == []
    agent.tell(UserEvent(id=uuid(7, 0), name="a"))
    (woken,) = agent.replies(q)
    assert isinstance(woken, Events)
    assert woken.index == 7
    assert not [name for name in agent.timers if name.startswith("event:")]


def test_a_blocked_list_is_answered_when_its_time_is_up(agent) -> None:
    q = agent.ask(ListEvents(min_index=1, wait_ns=16 * SECOND))
    agent.pass_time(15.9)
    assert agent.replies(q) == []
    agent.pass_time(1.2)
    assert agent.replies(q) == [Events(index=1, events=())]


@pytest.mark.parametrize(("name", "told"), [(NEW_LEADER, [False]), (SERVER_STARTED, [True, False])])
def test_what_servers_spread_reaches_the_doorways_and_not_the_list(start, name: str, told: list[bool]) -> None:
    b = start(OPTIONS.model_copy(update={"doorways": ("gateway@n1.dc1", "door@n1.dc1")}))
    b.tell(UserEvent(id=uuid(1, 2), name=name))
    assert [(e.target, e.body) for e in b.asked(AskAgain)] == [
        (doorway, AskAgain(stale=stale)) for stale in told for doorway in ("gateway@n1.dc1", "door@n1.dc1")
    ]
    assert events(b) == [Events(index=1, events=())]


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (MemberFailed(member=member("s1", server=True)), 1),
        (MemberLeft(member=member("s1", server=True)), 1),
        (MemberFailed(member=member("n7")), 0),
        (MemberReaped(member=member("s1", server=True)), 0),
    ],
)
def test_a_server_that_is_gone_takes_stale_reads_along(start, event: Message, told: int) -> None:
    b = start(OPTIONS.model_copy(update={"doorways": ("gateway@n1.dc1",)}))
    b.tell(event)
    assert [e.body for e in b.asked(AskAgain)] == [AskAgain(stale=True)] * told


def test_only_so_many_events_are_remembered(start) -> None:
    b = start(OPTIONS.model_copy(update={"event_buffer": 3}))
    for n in range(5):
        b.tell(UserEvent(id=uuid(n, 0), name=str(n)))
    assert [e.name for e in events(b)[0].events] == ["2", "3", "4"]


def test_events_for_other_nodes_are_not_kept(agent) -> None:
    agent.ask(RegisterService(service=service("web", tags=("v2",))))
    for name, fields in {
        "by node": {"node_filter": "^n1$"},
        "other node": {"node_filter": "^n2$"},
        "by service": {"service_filter": "we."},
        "other service": {"service_filter": "db"},
        "by tag": {"service_filter": "web", "tag_filter": "v2"},
        "other tag": {"service_filter": "web", "tag_filter": "v3"},
        "no pattern": {"node_filter": "("},
    }.items():
        agent.tell(UserEvent.model_validate({"id": uuid(1, 2), "name": name, **fields}))
    assert [e.name for e in events(agent)[0].events] == ["by node", "by service", "by tag"]


def test_the_index_of_events_with_odd_ids_can_be_said(agent) -> None:
    for odd in ("f" * 300, "-" * 40, "", "0x", "+1"):
        agent.tell(UserEvent(id=odd, name="x"))
        (listed,) = events(agent)
        pack_body(listed)


def test_a_wait_for_events_of_less_than_no_time_is_refused(agent) -> None:
    assert refusal(agent, ListEvents(min_index=1, wait_ns=-1))[0] == "BadRequest"


def test_events_are_checked_before_they_spread(agent) -> None:
    assert refusal(agent, FireEvent(id=uuid(1, 2), name="")) == ("BadRequest", "Missing name")
    text = "Cannot provide tag filter without service filter"
    assert refusal(agent, FireEvent(id=uuid(1, 2), name="x", tag_filter="v1")) == ("Invalid", text)
    code, text = refusal(agent, FireEvent(id=uuid(1, 2), name="x", node_filter="("))
    assert (code, text.startswith("Invalid node filter: error parsing regexp: ")) == ("Invalid", True)
    code, text = refusal(agent, FireEvent(id="f" * 300, name="x"))
    assert (code, text) == ("BadRequest", "the id of an event must be a UUID: uuid string is wrong length")
    assert refusal(agent, FireEvent(id=uuid(1, 2), name=NEW_LEADER))[0] == "BadRequest"
    agent.take_sent()
    agent.ask(FireEvent(id=uuid(1, 2), name="x"))
    assert [e.target for e in agent.sent] == ["prober@n1.dc1"]


def test_it_describes_itself(start) -> None:
    b = start(servers=("s1", "s2"))
    b.ask(RegisterService(service=service(), checks=(CheckSpec(ttl_ns=SECOND),)))
    b.tell(MemberJoined(member=member("n1")))
    (answer,) = b.replies(b.ask(DescribeAgent()))
    assert isinstance(answer, AgentDescription)
    assert (answer.node, answer.node_id, answer.known_servers, answer.services, answer.checks) == (
        "n1",
        "id-1",
        2,
        1,
        1,
    )
    assert answer.member == member("n1")
    assert answer.stats == {"check_monitors": "0", "check_ttls": "1"}


def test_requests_without_an_asker_are_not_answered(agent) -> None:
    agent.tell(GetKey(key="x"))
    assert [e for e in agent.sent if isinstance(e, Envelope)] == []
