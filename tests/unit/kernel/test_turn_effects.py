"""A turn records wishes, in order, and nothing happens by itself."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from lictor_actors.kernel.actor import Actor
from lictor_actors.kernel.effects import CancelTimer, Note, Persist, RunJob, Send, SetTimer, Spawn, StopActor
from lictor_actors.kernel.life import Life
from lictor_actors.kernel.turn import Turn
from lictor_actors.kernel.vocabulary import UnknownMessage
from lictor_messages.envelope import Envelope
from lictor_messages.host import ActorSpec, Durable, Redial
from lictor_messages.journal import Cell

ME, OTHER, ASKER = "server@n1.dc1", "server@n2.dc1", "gateway@n3.dc1"
PING, PONG = Redial(node="ping"), Redial(node="pong")


def a_life(actor: Actor | None = None, seed: int = 1) -> Life:
    rng = Random(seed)
    return Life(actor or Actor(), ME, rng, rng.randbytes)


def a_turn(envelope: Envelope | None = None, life: Life | None = None) -> Turn:
    return Turn(life or a_life(), now=5, wall=7, envelope=envelope)


def sends(turn: Turn) -> list[Envelope]:
    return [effect.envelope for effect in turn.effects if isinstance(effect, Send)]


def request(**more: object) -> Envelope:
    return Envelope(ASKER, ME, PING, request="r1", reply_to=ASKER, **more)  # type: ignore[arg-type]


def test_effects_are_recorded_in_order() -> None:
    turn = a_turn()
    wishes: list[Callable[[], object]] = [
        lambda: turn.send(OTHER, PING),
        lambda: turn.set_timer("t", 10, PING),
        lambda: turn.cancel_timer("t"),
        lambda: turn.persist(Cell(name="x", data=b"")),
        lambda: turn.run(PING),
        lambda: turn.spawn(ActorSpec(role="checker")),
        lambda: turn.note("noted"),
        lambda: turn.stop("done"),
    ]
    for wish in wishes:
        wish()
    kinds = [Send, SetTimer, CancelTimer, Persist, RunJob, Spawn, Note, StopActor]
    assert [type(effect) for effect in turn.effects] == kinds


def test_an_answer_goes_to_reply_to_and_by_way_of_whoever_passed_the_request_on() -> None:
    turn = a_turn(Envelope(OTHER, ME, PING, request="r1", reply_to=ASKER, cause="c"))
    turn.reply(PONG)
    (answer,) = sends(turn)
    assert (answer.source, answer.target, answer.request, answer.via, answer.cause) == (ME, ASKER, "r1", OTHER, "c")
    assert answer.reply_to == ""


def test_an_answer_straight_to_the_asker_has_no_way_round() -> None:
    turn = a_turn(request())
    turn.reply(PONG)
    assert sends(turn)[0].via == ""


def test_a_one_way_message_is_not_answered() -> None:
    turn = a_turn(Envelope(ASKER, ME, PING))
    turn.reply(PONG)
    assert turn.effects == []


def test_a_forward_keeps_the_request_and_counts_the_hop() -> None:
    turn = a_turn(request(hops=1, budget=99))
    turn.forward(OTHER)
    (e,) = sends(turn)
    assert (e.source, e.target, e.request, e.reply_to, e.hops, e.budget, e.cause) == (
        ME,
        OTHER,
        "r1",
        ASKER,
        2,
        99,
        "r1",
    )
    assert e.body is PING


def test_a_ticket_answers_in_a_later_turn() -> None:
    life = a_life()
    ticket = a_turn(request(), life).ticket()
    later = a_turn(None, life)
    later.answer(ticket, PONG)
    assert [(e.target, e.request, e.cause) for e in sends(later)] == [(ASKER, "r1", "r1")]


@pytest.mark.parametrize("what", [lambda t: t.reply(PONG), lambda t: t.forward(OTHER), lambda t: t.ticket()])
def test_without_a_message_in_hand_there_is_nothing_to_answer(what: Callable[[Turn], object]) -> None:
    with pytest.raises(RuntimeError, match="no message from outside"):
        what(a_turn())


def test_a_question_comes_back_here_and_its_id_is_its_cause() -> None:
    turn = a_turn()
    first, second = turn.ask(OTHER, PING), turn.ask(OTHER, PING, budget=3)
    one, two = sends(turn)
    assert (one.request, one.reply_to, one.cause) == (first, ME, first)
    assert (two.request, two.budget) == (second, 3)
    assert first != second


def test_the_cause_of_what_is_in_hand_is_copied_through() -> None:
    turn = a_turn(request(cause="c0"))
    turn.send(OTHER, PING)
    turn.ask(OTHER, PING)
    assert [e.cause for e in sends(turn)] == ["c0", "c0"]


def test_a_send_waits_for_what_was_persisted_before_it() -> None:
    turn = a_turn()
    turn.send(OTHER, PING)
    assert turn.persist(Cell(name="x", data=b"")) == 1
    turn.send(OTHER, PING)
    turn.send(OTHER, PING, early=True)
    assert [(s.after, s.early) for s in turn.effects if isinstance(s, Send)] == [(0, False), (1, False), (1, True)]


def test_held_sends_are_released_in_order_as_far_as_the_disk_has_come() -> None:
    life = a_life()
    turns = []
    for text in ("a", "b", "c"):
        turn = a_turn(None, life)
        turn.persist(Cell(name=text, data=b""))
        turn.send(OTHER, Redial(node=text))
        turns.append(turn)
    held = [effect for turn in turns for effect in turn.effects if isinstance(effect, Send)]
    assert [life.may_leave(send) for send in held] == [False, False, False]
    assert [send.envelope.body for send in life.written(2)] == [Redial(node="a"), Redial(node="b")]
    assert life.written(1) == []
    assert [send.envelope.body for send in life.written(3)] == [Redial(node="c")]
    after = a_turn(None, life)
    after.send(OTHER, PING)
    (send,) = (effect for effect in after.effects if isinstance(effect, Send))
    assert life.may_leave(send)


def test_lives_differ_and_so_do_their_request_ids() -> None:
    one, two = a_life(seed=1), a_life(seed=2)
    assert one.number != two.number
    assert len({one.new_request(), one.new_request(), two.new_request()}) == 3


def test_a_negative_wait_is_no_wait() -> None:
    turn = a_turn()
    turn.set_timer("late", -5, PING)
    assert turn.effects == [SetTimer("late", 0, PING)]


def test_an_actor_has_a_line_for_every_message_or_says_which_is_missing() -> None:
    with pytest.raises(UnknownMessage, match=r"no line for host\.durable"):
        a_life().turn(Durable(upto=1), None, 0, 0)


def test_rare_things_never_happen_without_a_switch() -> None:
    turn = a_turn()
    assert not turn.buggify("somewhere")
    turn.life.buggify = lambda name: name == "here"
    assert turn.buggify("here")
    assert not turn.buggify("there")
