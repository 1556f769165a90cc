"""Anti-entropy says what it undoes, and why: a stray, a thing that vanished, an edit. Its own news is none of these."""

from __future__ import annotations

import pytest

from lictor_actors.roles.agent.catalog_differences import differences
from lictor_actors.roles.agent.local_state import LocalState
from lictor_actors.roles.agent.reversals import NOTES_MOST, Reversals
from lictor_messages.agent import CheckSpec
from lictor_messages.catalog import CheckRecord, Checks, NodeServices, ServiceRecord

WEB = ServiceRecord(node="n1", id="web", service="web", port=80)
UP = CheckSpec(id="up", name="up", ttl_ns=1, service_id="web")


class Told:
    """A turn that keeps what is told."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.counted: list[str] = []

    def note(self, event: str) -> None:
        self.notes.append(event)

    def count(self, what: str) -> None:
        self.counted.append(what)

    def __getattr__(self, _: str):
        return lambda *_, **__: None


@pytest.fixture
def local() -> LocalState:
    local = LocalState("n1", "checker@n1.dc1", lambda _: None)
    local.put_service(WEB, Told(), keep=False)
    local.put_check(UP, Told(), keep=False)
    return local


def catalog(*services: ServiceRecord) -> NodeServices:
    return NodeServices(node=None, services=services)


def told(local: LocalState, services: NodeServices, checks: tuple[CheckRecord, ...], news=()) -> Told:
    turn, reversals = Told(), Reversals()
    reversals.comparing(being_written=False)
    reversals.tell(list(differences(local, services, Checks(checks=checks), ())), news, turn)
    return turn


def test_what_is_as_it_should_be_is_no_news(local: LocalState) -> None:
    assert told(local, catalog(WEB), (local.checks["up"].record,)).notes == []


@pytest.mark.parametrize(
    ("services", "check", "note", "counted"),
    [
        (
            (WEB, WEB.model_copy(update={"id": "old"})),
            {},
            "anti-entropy removes service 'old' from the catalog: this agent has no service of that id",
            "anti_entropy_undone:service",
        ),
        (
            (WEB,),
            {"check_id": "other"},
            "anti-entropy removes check 'other' from the catalog: this agent has no check of that id",
            "anti_entropy_undone:check",
        ),
        (
            (),
            {},
            "anti-entropy restores service 'web' in the catalog: it was gone there, and this agent has it",
            "anti_entropy_undone:service",
        ),
        (
            (WEB.model_copy(update={"port": 81, "tags": ("x",)}),),
            {},
            "anti-entropy undoes an edit of service 'web' in the catalog: tags was ('x',), is (), port was 81, is 80",
            "anti_entropy_undone:service",
        ),
        (
            (WEB,),
            {"status": "passing", "output": "y" * 99},
            f"anti-entropy undoes an edit of check 'up' in the catalog: status was 'passing', is 'critical', "
            f"output was '{'y' * 39}…, is ''",
            "anti_entropy_undone:check",
        ),
    ],
)
def test_a_reversal_says_why(local: LocalState, services, check, note: str, counted: str) -> None:
    own = local.checks["up"].record
    there = own.model_copy(update=check)
    checks = (own, there) if there.check_id != own.check_id else (there,)
    turn = told(local, catalog(*services), checks)
    assert turn.notes == [note]
    assert turn.counted == [counted]


def test_what_waits_to_be_written_is_no_reversal(local: LocalState) -> None:
    assert told(local, catalog(), (), news={("service", "web"), ("check", "up")}).notes == []


@pytest.mark.parametrize("when", ["before", "meanwhile"])
def test_what_was_read_while_something_was_written_says_nothing(local: LocalState, when: str) -> None:
    turn, reversals = Told(), Reversals()
    reversals.comparing(being_written=when == "before")
    if when == "meanwhile":
        reversals.wrote()
    reversals.tell(list(differences(local, catalog(), Checks(checks=()), ())), (), turn)
    assert turn.notes == []


def test_many_are_a_number(local: LocalState) -> None:
    strays = tuple(WEB.model_copy(update={"id": f"old{n}"}) for n in range(NOTES_MOST + 5))
    notes = told(local, catalog(WEB, *strays), (local.checks["up"].record,)).notes
    assert len(notes) == NOTES_MOST + 1
    assert notes[-1] == "anti-entropy corrects 5 more differences in the catalog"
