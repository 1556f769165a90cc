"""Where a call may go from each state, and what a desk's check finds."""

from __future__ import annotations

from random import Random

import pytest

from lictor_actors.kernel.actor import Actor
from lictor_actors.kernel.life import Life
from lictor_actors.kernel.turn import Ticket, Turn
from lictor_actors.roles.doorway.call import MOVES, Asker
from lictor_actors.roles.doorway.calls import Calls
from lictor_actors.roles.doorway.desk import Desk, DeskOptions
from lictor_actors.roles.doorway.question import EVERYTHING, Question, Rights
from lictor_messages.envelope import Envelope
from lictor_messages.host import Undeliverable
from lictor_messages.kv import GetKey
from lictor_messages.refusals import Refused

ME, SERVER = "names@n1.dc1", "server@n1.dc1"
NOT_READY = Refused(code="NotReady")
REACHED = {
    "gathering": (),
    "sent": ("sent",),
    "held": ("sent", "held"),
    "ended": ("sent", "ended"),
}
"""State → how a call comes there."""


@pytest.fixture
def turn():
    return Turn(Life(Actor(), ME, Random(1), lambda size: b"x" * size), 0, 0, None)


def ask(rights=EVERYTHING, key="x", **how):
    return Question(GetKey(key=key), rights=rights, **how)


def asker(request, question):
    return Asker(Ticket(request, "door@n1.dc1", "door@n1.dc1", request), question)


@pytest.fixture
def move(turn):
    """Moves a call into a state."""
    calls = Calls()

    def to(call, state):
        if state == "sent":
            calls.sent(call, turn.new_request())
        elif state == "held":
            calls.held(call, NOT_READY)
        else:
            calls.end(call, turn)

    to.calls = calls
    return to


@pytest.mark.parametrize("state", REACHED)
@pytest.mark.parametrize("to", ["sent", "held", "ended"])
def test_a_call_moves_as_the_table_says_and_no_other_way(state, to, move, turn):
    call = move.calls.begin(ask(), GetKey(key="x"), 1, None, turn)
    for step in REACHED[state]:
        move(call, step)
    assert call.state == state
    if to in MOVES[state]:
        move(call, to)
        assert call.state == to
        assert (call.request in move.calls.asked) == (to == "sent")
    else:
        with pytest.raises(AssertionError, match=f"from {state} to {to}"):
            move(call, to)


def test_a_question_without_rights_does_not_pass_the_check(turn):
    desk = Desk(DeskOptions("agent@n1.dc1"), lambda *_: None)
    desk.ask(asker("r1", Question(GetKey(key="x"))), turn)
    with pytest.raises(AssertionError):
        desk.check()


def test_askers_of_unlike_rights_on_one_call_do_not_pass_the_check(turn):
    desk = Desk(DeskOptions("agent@n1.dc1"), lambda *_: None)
    desk.ask(asker("r1", ask()), turn)
    desk.check()
    (call,) = desk._calls.open.values()
    desk._calls.join(asker("r2", ask(Rights("few"))), call)
    with pytest.raises(AssertionError):
        desk.check()


def test_a_refusal_that_is_final_to_its_client_is_told_at_once(turn):
    told = []
    desk = Desk(DeskOptions("agent@n1.dc1"), lambda askers, answer, _: told.append((len(askers), answer)))
    desk.ask(asker("r1", ask(final=("NoLeader",))), turn)
    refused = Refused(code="NoLeader")
    turn.envelope = Envelope("agent@n1.dc1", ME, refused, request=turn.effects[-1].envelope.request)
    assert desk.take(refused, turn)
    assert told == [(1, refused)]
    assert len(desk) == 0


def test_a_server_that_is_down_is_not_asked_again_in_the_same_moment_for_what_it_alone_can_answer(turn):
    desk = Desk(DeskOptions("agent@n1.dc1", SERVER), lambda *_: None)
    desk.ask(asker("r1", ask(to=SERVER)), turn)
    asked = turn.effects[-1].envelope
    down = Undeliverable(request=asked.request, target=SERVER, about=asked.body.kind, reason="actor_down")
    turn.envelope = Envelope("host@n1.dc1", ME, down, request=asked.request)
    desk.take(down, turn)
    assert [call.state for call in desk._calls.open.values()] == ["held"]
    desk.check()
