"""An agent whose files are read again, whose outputs are discarded, and who may run scripts."""

from __future__ import annotations

import pytest

from lictor_actors.checks.script import OFF_FOR_CALLS
from lictor_actors.roles.agent.agent import Agent
from lictor_messages.agent import (
    Accepted,
    AgentOptions,
    CheckSpec,
    DescribeAgent,
    RegisterCheck,
    RegisterService,
    UpdateCheck,
)
from lictor_messages.base import FrozenMap
from lictor_messages.catalog import ServiceRecord
from lictor_messages.codec import pack_body
from lictor_messages.host import ActorSpec, Recovered
from lictor_messages.jobs import JobFailed
from lictor_messages.journal import Cell
from lictor_messages.refusals import Refused
from lictor_messages.reload import DefinitionsRead, ReadDefinitions, Reload

SECOND = 1_000_000_000
OPTIONS = AgentOptions(node="n1.dc1", name="n1", dc="dc1", address="10.0.0.1")
TTL = CheckSpec(name="disk", ttl_ns=10 * SECOND)
SCRIPT = CheckSpec(name="s", args=("true",), interval_ns=SECOND)


def service(name: str, **more: object) -> RegisterService:
    record = ServiceRecord(node="", id="", service=name, **more)
    return RegisterService(service=record, checks=(CheckSpec(ttl_ns=SECOND),))


@pytest.fixture
def start(bench):
    def begin(options: AgentOptions = OPTIONS, journal: tuple[Cell, ...] = ()):
        b = bench(Agent(options), "agent@n1.dc1")
        b.start()
        b.host(Recovered(records=journal, done=True))
        return b

    return begin


def reload(b, services=(), checks=(), actors=(), error: str = ""):
    request = b.ask(Reload())
    job = b.jobs[-1]
    assert isinstance(job, ReadDefinitions)
    b.host(DefinitionsRead(ticket=job.ticket, services=services, checks=checks, actors=actors, error=error))
    return b.replies(request)


def owned(b) -> tuple[list[str], list[str]]:
    return list(b.actor.local.services), list(b.actor.local.checks)


def test_what_went_from_the_files_goes_and_what_the_api_registered_stays(start) -> None:
    configured = OPTIONS.model_copy(update={"services": (service("web"), service("db")), "checks": (TTL,)})
    b = start(configured)
    b.ask(service("api"))
    b.ask(RegisterCheck(check=TTL.model_copy(update={"name": "mine"})))
    b.ask(UpdateCheck(id="service:web", status="passing", output="fine"))
    assert reload(b, services=(service("web", port=81), service("new"))) == [Accepted()]
    assert owned(b) == (["web", "api", "new"], ["service:web", "service:api", "mine", "service:new"])
    assert b.actor.local.services["web"].record.port == 81
    assert b.actor.local.checks["service:web"].record.output == "fine"
    assert b.actor.local.checks["service:web"].record.status == "passing"


def test_files_with_a_mistake_change_nothing(start) -> None:
    b = start(OPTIONS.model_copy(update={"services": (service("web"),)}))
    assert reload(b, error="services: no") == [Refused(code="Invalid", text="services: no")]
    assert owned(b)[0] == ["web"]
    assert "nothing was reloaded: services: no" in b.notes


def test_the_agent_tells_the_meta_data_that_a_reload_gave_it(start) -> None:
    b = start()
    changed = OPTIONS.model_copy(update={"meta": FrozenMap({"rack": "8"})})
    reload(b, actors=(ActorSpec(role="agent", options=changed),))
    (told,) = b.replies(b.ask(DescribeAgent()))
    assert told.meta == {"rack": "8"}


def test_a_signal_is_answered_by_the_log(start) -> None:
    b = start()
    b.tell(Reload())
    b.host(DefinitionsRead(ticket=b.jobs[-1].ticket, services=(service("web"),)))
    assert owned(b)[0] == ["web"]
    assert b.notes == ["reloaded: 1 services and 0 checks are configured"]


def test_an_agent_without_files_says_so(start) -> None:
    b = start()
    request = b.ask(Reload())
    b.host(JobFailed(ticket=b.jobs[-1].ticket, error="no"))
    (refused,) = b.replies(request)
    assert isinstance(refused, Refused)
    assert refused.words.startswith("this agent was not started from files")


def test_a_service_of_the_api_that_the_files_took_over_does_not_come_back(start) -> None:
    b = start()
    b.ask(service("web"))
    reload(b, services=(service("web"),))
    reload(b)
    assert owned(b) == ([], [])
    assert owned(start(journal=tuple(b.journal))) == ([], [])


def test_outputs_are_discarded_if_the_agent_is_to(start) -> None:
    b = start(OPTIONS.model_copy(update={"discard_check_output": True, "checks": (TTL,)}))
    b.ask(UpdateCheck(id="disk", status="passing", output="long"))
    assert b.actor.local.checks["disk"].record.output == ""
    assert b.actor.local.checks["disk"].record.status == "passing"
    b.ask(UpdateCheck(id="disk", status="passing", output="longer"))
    assert "output:disk" not in b.timers
    b.fire("ttl:disk")
    assert b.actor.local.checks["disk"].record.output == ""


@pytest.mark.parametrize(
    ("everywhere", "in_files", "by_api", "by_file"),
    [(False, False, False, False), (False, True, False, True), (True, False, True, True)],
)
def test_scripts_are_run_where_they_are_allowed(start, everywhere, in_files, by_api, by_file) -> None:
    allowed = {"enable_script_checks": everywhere, "enable_local_script_checks": in_files}
    b = start(OPTIONS.model_copy(update=allowed))
    (answer,) = b.replies(b.ask(RegisterCheck(check=SCRIPT)))
    assert answer == (Accepted() if by_api else Refused(code="Invalid", text=OFF_FOR_CALLS))
    of_file = start(OPTIONS.model_copy(update={**allowed, "checks": (SCRIPT,)}))
    assert (owned(of_file)[1] == ["s"]) == by_file
    kept = (Cell(name="check:s", data=pack_body(RegisterCheck(check=SCRIPT.model_copy(update={"id": "s"})))),)
    again = start(OPTIONS.model_copy(update=allowed), journal=kept)
    assert (owned(again)[1] == ["s"]) == by_api
    assert again.notes == ([] if by_api else [f"the check s is not run: {OFF_FOR_CALLS}"])
