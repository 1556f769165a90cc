"""What an agent that starts again makes of what it remembers: how old that is, and what others wrote meanwhile."""

from __future__ import annotations

import pytest

from lictor_actors.roles.agent.agent import Agent
from lictor_messages.agent import (
    AgentOptions,
    CheckSpec,
    DeregisterCheck,
    ListLocalChecks,
    ListLocalServices,
    LocalChecks,
    LocalServices,
    RegisterCheck,
    RegisterService,
    UpdateCheck,
)
from lictor_messages.answers import Written
from lictor_messages.base import FrozenMap, Message
from lictor_messages.catalog import (
    CheckRecord,
    Checks,
    ListNodeChecks,
    ListNodeServices,
    NodeRecord,
    NodeServices,
    Register,
    ServiceRecord,
)
from lictor_messages.checker import CheckResult
from lictor_messages.codec import pack_body
from lictor_messages.host import Recovered
from lictor_messages.journal import Cell
from lictor_messages.members import Member, MemberJoined

SECOND = 1_000_000_000
ME = "agent@n1.dc1"
OPTIONS = AgentOptions(node="n1.dc1", name="n1", dc="dc1", node_id="id-1", address="10.0.0.1")
NODE = NodeRecord(node="n1", address="10.0.0.1", id="id-1")
SERVER = MemberJoined(
    member=Member(
        name="s1", dc="dc1", address="10.0.0.9", port=8301, gossip="g", rest="r", tags=FrozenMap({"role": "consul"})
    )
)
JOB = CheckSpec(name="job", ttl_ns=60 * SECOND)


@pytest.fixture
def lives(bench):
    """Starts an agent so many seconds after another one, with what that one kept."""

    def begin(former=None, after: float = 0, options: AgentOptions = OPTIONS):
        b = bench(Agent(options), ME)
        if former is not None:
            b.now = former.now + int(after * SECOND)
            b.journal = list(former.journal)
        b.start()
        b.host(Recovered(records=tuple(former.journal) if former else (), done=True))
        b.take_sent()
        return b

    return begin


def checks(b) -> dict[str, CheckRecord]:
    (answer,) = b.replies(b.ask(ListLocalChecks()))
    assert isinstance(answer, LocalChecks)
    return {check.check_id: check for check in answer.checks}


def report(b, status: str = "passing", output: str = "ran", after: float = 0) -> None:
    b.pass_time(after)
    b.ask(UpdateCheck.model_validate({"id": "job", "status": status, "output": output}))


# -- the age of a TTL check's state ------------------------------------------------

REPORTS: dict[str, tuple[tuple[tuple[str, str, float], ...], float, str, str]] = {
    "fresh": ((("passing", "ran", 0),), 59, "passing", "ran"),
    "on the point of being too old": ((("passing", "ran", 0),), 60, "critical", "follows): ran"),
    "too old": ((("passing", "ran", 0),), 3600, "critical", "follows): ran"),
    "reported again": ((("passing", "ran", 0), ("passing", "ran", 50)), 50, "passing", "ran"),
    "reported again, another output": ((("passing", "a", 0), ("passing", "b", 50)), 50, "passing", "b"),
    "reported again, too old": ((("passing", "a", 0), ("passing", "b", 50)), 61, "critical", "follows): b"),
    "a warning": ((("passing", "ran", 0), ("warning", "slow", 5)), 50, "warning", "slow"),
    "a warning, too old": ((("warning", "slow", 0),), 61, "critical", "follows): slow"),
    "a failure": ((("critical", "down", 0),), 50, "critical", "down"),
    "a failure, too old": ((("critical", "down", 0),), 61, "critical", "follows): down"),
    "no output, too old": ((("passing", "", 0),), 61, "critical", "TTL expired"),
    "expired before": ((("passing", "ran", 0), ("passing", "again", 100)), 30, "passing", "again"),
    "never reported": ((), 1, "critical", ""),
    "reported often": (tuple(("passing", str(n), 20) for n in range(9)), 59, "passing", "8"),
}


@pytest.mark.parametrize("kept", ["by the journal", "by the configuration"])
@pytest.mark.parametrize("name", REPORTS)
def test_a_state_is_remembered_for_as_long_as_it_holds(lives, name: str, kept: str) -> None:
    reports, down, status, output = REPORTS[name]
    configured = kept == "by the configuration"
    options = OPTIONS.model_copy(update={"checks": (JOB,)}) if configured else OPTIONS
    b = lives(options=options)
    if not configured:
        b.ask(RegisterCheck(check=JOB))
    for said, text, after in reports:
        report(b, said, text, after)
    found = checks(lives(b, down, options))["job"]
    assert found.status == status
    assert found.output.endswith(output)
    assert found.output.startswith("TTL expired") == (status == "critical" and output not in ("down", ""))


@pytest.mark.parametrize("down", [0, 1, 20, 59])
def test_what_is_left_of_the_time_is_left_after_a_restart(lives, down: int) -> None:
    b = lives()
    b.ask(RegisterCheck(check=JOB))
    report(b)
    again = lives(b, down)
    again.pass_time(59 - down)
    assert checks(again)["job"].status == "passing"
    again.pass_time(1.5)
    assert checks(again)["job"].status == "critical"
    assert checks(again)["job"].output == "TTL expired (last output before timeout follows): ran"


def test_a_clock_that_went_back_gives_no_more_than_a_whole_time(lives) -> None:
    b = lives()
    b.ask(RegisterCheck(check=JOB))
    report(b)
    again = lives(b, -900)
    assert checks(again)["job"].status == "passing"
    again.pass_time(61)
    assert checks(again)["job"].status == "critical"


def test_two_restarts_give_no_more_time_than_one(lives) -> None:
    b = lives()
    b.ask(RegisterCheck(check=JOB))
    report(b)
    assert checks(lives(lives(b, 30), 31))["job"].status == "critical"


def test_an_expired_state_says_so_once(lives) -> None:
    b = lives()
    b.ask(RegisterCheck(check=JOB))
    report(b)
    again = lives(b, 100)
    again.pass_time(200)
    assert checks(again)["job"].output == "TTL expired (last output before timeout follows): ran"
    report(again, "passing", "back")
    assert (checks(again)["job"].status, checks(again)["job"].output) == ("passing", "back")


def test_a_state_of_an_older_version_holds_for_a_whole_time(lives) -> None:
    b = lives()
    b.ask(RegisterCheck(check=JOB))
    b.journal.append(Cell(name="state:job", data=pack_body(UpdateCheck(id="job", status="passing", output="old"))))
    assert (checks(lives(b, 500))["job"].status, checks(lives(b, 500))["job"].output) == ("passing", "old")


def test_a_check_that_was_removed_leaves_no_state(lives) -> None:
    b = lives()
    b.ask(RegisterCheck(check=JOB))
    report(b)
    b.ask(DeregisterCheck(id="job"))
    b.ask(RegisterCheck(check=JOB))
    assert checks(lives(b, 1))["job"].status == "critical"


def test_a_state_of_an_older_version_goes_with_its_check(lives) -> None:
    b = lives()
    b.ask(RegisterCheck(check=JOB))
    b.journal.append(Cell(name="state:job", data=pack_body(UpdateCheck(id="job", status="passing", output="old"))))
    again = lives(b, 1)
    again.ask(DeregisterCheck(id="job"))
    again.ask(RegisterCheck(check=JOB))
    assert checks(lives(again, 1))["job"].status == "critical"


def test_a_check_of_another_kind_has_no_reports(lives) -> None:
    b = lives()
    b.ask(RegisterCheck(check=JOB))
    report(b)
    b.ask(RegisterCheck(check=CheckSpec(name="job", tcp="x:1", interval_ns=SECOND)))
    assert checks(b)["job"].status == "passing"
    assert checks(lives(b, 1))["job"].status == "critical"


def test_reports_in_quick_succession_are_not_all_written(lives) -> None:
    b = lives()
    b.ask(RegisterCheck(check=JOB))
    report(b)
    written = len(b.journal)
    for _ in range(100):
        report(b, after=0.001)
    assert len(b.journal) == written
    report(b, output="another")
    assert len(b.journal) == written + 1


@pytest.mark.parametrize(
    "spec",
    [
        CheckSpec(name="job", ttl_ns=60 * SECOND, status="passing"),
        CheckSpec(name="job", http="http://x/", interval_ns=SECOND, status="passing"),
        CheckSpec(name="job", tcp="x:1", interval_ns=SECOND, status="warning"),
    ],
)
def test_a_kept_check_starts_critical_whatever_it_began_with(lives, spec: CheckSpec) -> None:
    b = lives()
    b.ask(RegisterCheck(check=spec))
    assert checks(b)["job"].status == spec.status
    assert checks(lives(b, 1))["job"].status == "critical"


# -- tags that others have changed -------------------------------------------------


def web(**fields: object) -> ServiceRecord:
    given = {"node": "n1", "id": "web", "service": "web", "port": 80, "tags": ("own",), "enable_tag_override": True}
    return ServiceRecord.model_validate(given | fields)


def serve(b, services: tuple[ServiceRecord, ...], found: tuple[CheckRecord, ...] = ()) -> list[Register]:
    """Answer all that the agent asks for 10 s; returns what it wrote."""
    written, known = list[Register](), {service.id: service for service in services}
    for _ in range(100):
        for envelope in b.take_sent():
            match envelope.body:
                case ListNodeServices():
                    reply: Message = NodeServices(node=NODE, services=tuple(known.values()))
                case ListNodeChecks():
                    reply = Checks(checks=found)
                case Register() as register:
                    written.append(register)
                    if register.service is not None:
                        known[register.service.id] = register.service
                    reply = Written(index=6)
                case _:
                    continue
            b.answer(envelope, reply)
        b.pass_time(0.1)
    return written


FOREIGN: dict[str, tuple[dict[str, object], dict[str, object]]] = {
    "tags": ({}, {"tags": ("external",)}),
    "no tags": ({}, {"tags": ()}),
    "more tags": ({}, {"tags": ("own", "external")}),
    "tags in another order": ({"tags": ("a", "b")}, {"tags": ("b", "a")}),
    "tags and a port": ({}, {"tags": ("external",), "port": 99}),
    "tags and an address": ({}, {"tags": ("external",), "address": "10.9.9.9"}),
    "tags and meta": ({}, {"tags": ("external",), "meta": {"k": "v"}}),
    "tags and another name": ({}, {"tags": ("external",), "service": "web2"}),
    "tags without the right to": ({}, {"tags": ("external",), "enable_tag_override": False}),
    "tags where there were none": ({"tags": ()}, {"tags": ("external",)}),
}


@pytest.mark.parametrize("kept", ["by the journal", "by the configuration"])
@pytest.mark.parametrize("with_check", [False, True])
@pytest.mark.parametrize("name", FOREIGN)
def test_the_catalogs_tags_outlive_the_agent(lives, name: str, with_check: bool, kept: str) -> None:
    own, theirs = FOREIGN[name]
    specs = (CheckSpec(id="c", ttl_ns=60 * SECOND),) if with_check else ()
    register = RegisterService(service=web(**own), checks=specs)
    configured = kept == "by the configuration"
    options = OPTIONS.model_copy(update={"services": (register,)}) if configured else OPTIONS
    b = lives(options=options)
    if not configured:
        b.ask(register)
    again = lives(b, 5, options)
    again.tell(SERVER)
    there = web(**own | theirs)
    written = serve(again, (there,))
    assert all(w.service is None or w.service.tags == there.tags for w in written)
    (answer,) = again.replies(again.ask(ListLocalServices()))
    assert isinstance(answer, LocalServices)
    assert [service.tags for service in answer.services] == [there.tags]
    assert [service.port for service in answer.services] == [80]


@pytest.mark.parametrize("name", FOREIGN)
def test_the_catalogs_tags_outlive_the_same_registration(lives, name: str) -> None:
    own, theirs = FOREIGN[name]
    register = RegisterService(service=web(**own))
    b = lives()
    b.ask(register)
    again = lives(b, 5)
    again.tell(SERVER)
    there = web(**own | theirs)
    serve(again, (there,))
    again.ask(register)
    assert serve(again, (there,)) == []
    again.ask(RegisterService(service=web(**own | {"tags": ("new",)})))
    assert [w.service.tags for w in serve(again, (there,)) if w.service][:1] == [("new",)]


@pytest.mark.parametrize("override", [True, False])
def test_a_service_that_the_catalog_has_lost_is_written_again(lives, override: bool) -> None:
    b = lives()
    b.ask(RegisterService(service=web(enable_tag_override=override), checks=(CheckSpec(id="c", ttl_ns=60 * SECOND),)))
    again = lives(b, 5)
    again.tell(SERVER)
    written = serve(again, ())
    assert [w.service.tags for w in written if w.service is not None] == [("own",)]
    assert {check.check_id for w in written for check in w.checks} == {"c"}


def test_own_tags_are_written_at_once_where_no_others_may_change_them(lives) -> None:
    b = lives()
    b.ask(RegisterService(service=web(enable_tag_override=False)))
    again = lives(b, 5)
    again.tell(SERVER)
    assert [e.body.service.tags for e in again.asked(Register) if e.body.service] == [("own",)]


# -- since when a check is critical ------------------------------------------------

REAPED = CheckSpec(id="c", ttl_ns=900 * SECOND, deregister_critical_service_after_ns=60 * SECOND)
HTTP = {"ttl_ns": 0, "http": "http://x/", "interval_ns": SECOND}
CLOCKS: dict[str, tuple[dict[str, object], tuple[tuple[float, str], ...], bool]] = {
    "registered critical": ({"status": "critical"}, (), False),
    "registered without a status": ({}, (), False),
    "registered with a warning": ({"status": "warning"}, (), False),
    "registered critical, run by the agent": ({"status": "critical", **HTTP}, (), False),
    "reported critical": ({"status": "critical"}, ((1, "critical"),), True),
    "reported critical, twice": ({}, ((1, "critical"), (30, "critical")), True),
    "reported critical after passing": ({"status": "passing"}, ((1, "passing"), (1, "critical")), True),
    "found critical": ({**HTTP}, ((1, "critical"),), True),
    "found critical, for the first time late": ({**HTTP}, ((90, "critical"),), False),
    "passing in between": ({}, ((1, "critical"), (50, "passing"), (20, "critical")), False),
    "recovered": ({}, ((1, "critical"), (50, "passing")), False),
    "a warning in between": ({}, ((1, "critical"), (50, "warning"), (20, "critical")), False),
    "expired": ({"ttl_ns": 10 * SECOND, "status": "passing"}, (), True),
    "expired late": ({"ttl_ns": 90 * SECOND, "status": "passing"}, (), False),
}


@pytest.mark.parametrize("name", CLOCKS)
def test_the_clock_of_a_critical_check_starts_with_a_verdict(lives, name: str) -> None:
    """125 s after the registration: what was found critical a minute before the last look is reaped."""
    fields, verdicts, reaped = CLOCKS[name]
    b = lives()
    spec = REAPED.model_copy(update=fields)
    began = b.now
    b.ask(RegisterService(service=web(), checks=(spec,)))
    for after, status in verdicts:
        b.pass_time(after)
        if spec.http:
            b.tell(CheckResult.model_validate({"id": "c", "status": status, "output": ""}))
        else:
            b.ask(UpdateCheck.model_validate({"id": "c", "status": status}))
    b.pass_time((began - b.now) / SECOND + 125)
    assert ("c" not in checks(b)) == reaped
