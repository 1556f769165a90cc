"""A desk under any order of events: each asker gets one outcome, never one that was meant for other rights."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from lictor_actors.kernel.actor import Actor
from lictor_actors.kernel.effects import CancelTimer, Send, SetTimer
from lictor_actors.kernel.life import Life
from lictor_actors.kernel.turn import Ticket, Turn
from lictor_actors.roles.doorway.call import Asker, Crowd
from lictor_actors.roles.doorway.desk import Desk, DeskOptions
from lictor_actors.roles.doorway.question import Question, Rights
from lictor_messages.agent import ServerSilent
from lictor_messages.answers import Command, Rendered
from lictor_messages.base import Message
from lictor_messages.doorways import AskAgain, RetryDue
from lictor_messages.envelope import Envelope
from lictor_messages.host import Undeliverable
from lictor_messages.kv import GetKey, PutKey
from lictor_messages.refusals import REFUSALS, Refused
from lictor_messages.slices import AnswerSlice, LargeAnswer, ReadSlice

ME, AGENT, SERVER, DOOR = "names@n1.dc1", "agent@n1.dc1", "server@n1.dc1", "door@n1.dc1"
SECOND = 1_000_000_000
RIGHTS = ("few", "all")
SHAPES = ("read", "again", "blocked", "write")
ASK = st.tuples(st.just("ask"), st.sampled_from(SHAPES), st.sampled_from(RIGHTS))
EVENTS = st.one_of(
    ASK,
    ASK,
    ASK,
    st.tuples(st.just("answer"), st.integers(0, 5), st.sampled_from(("whole", "large", "unchanged"))),
    st.tuples(st.just("refuse"), st.integers(0, 5), st.sampled_from(sorted(REFUSALS))),
    st.tuples(st.just("lose"), st.integers(0, 5), st.none()),
    st.tuples(st.just("gone"), st.integers(0, 5), st.none()),
    st.tuples(st.just("again"), st.booleans(), st.none()),
    st.tuples(st.just("pass"), st.sampled_from((0, 0.3, 3.0, 20.0)), st.none()),
)


class Doorway(Actor):
    """Its desk, on a clock of its own."""

    def __init__(self) -> None:
        self.desk: Desk[Asker] = Desk(DeskOptions(AGENT, SERVER), self.told)
        self.life = Life(self, ME, Random(1), lambda size: b"x" * size)
        self.crowds = {rights: Crowd() for rights in RIGHTS}
        self.now = 0
        self.count = 0
        self.timers: dict[str, tuple[int, Message]] = {}
        self.under_way: dict[str, Envelope] = {}
        self.waiting: dict[str, str] = {}
        """Rights of each asker that has no outcome yet."""

    def handle(self, message, turn):
        if self.desk.take(message, turn):
            return
        if isinstance(message, AskAgain):
            self.desk.ask_again(message, turn)
        elif isinstance(message, RetryDue):
            self.desk.retry(message, turn)
        elif turn.envelope is None:
            self.desk.deadlines_due(turn)

    def told(self, askers, answer, turn):
        for asker in askers:
            rights = self.waiting.pop(asker.ticket.request)  # KeyError: it had its outcome, or has gone
            if not isinstance(answer, Refused):
                assert answer.body == rights.encode()

    def take(self, message, envelope):
        self.carry_out(self.life.turn(message, envelope, self.now, self.now))

    def carry_out(self, effects):
        for effect in effects:
            if isinstance(effect, SetTimer):
                self.timers[effect.name] = (self.now + effect.after, effect.message)
            elif isinstance(effect, CancelTimer):
                self.timers.pop(effect.name, None)
            elif isinstance(effect, Send) and not isinstance(effect.envelope.body, ServerSilent):
                self.under_way[effect.envelope.request] = effect.envelope
        self.desk.check()
        assert len(self.desk) == len(self.waiting)

    def ask(self, shape, rights):
        self.count += 1
        request = f"r{self.count}"
        wait = {"min_index": 5, "wait_ns": 90 * SECOND} if shape == "blocked" else {}
        message = PutKey(key="x", value=b"") if shape == "write" else GetKey(key="x", rendered=True, **wait)
        question = Question(message, rights=Rights(rights), safe=shape != "write")
        crowd = self.crowds[rights] if shape == "again" else None
        self.waiting[request] = rights
        asked = Envelope(DOOR, ME, message, request=request, reply_to=DOOR)
        asker = Asker(Ticket(request, DOOR, DOOR, request), question, crowd)
        turn = Turn(self.life, self.now, self.now, asked)
        self.desk.ask(asker, turn)
        self.carry_out(turn.effects)

    def answer(self, which, how):
        for e in self.chosen(which):
            call = self.desk._calls.asked.get(e.request)
            body = call.question.rights.encode() if call is not None else b"late"
            if isinstance(e.body, ReadSlice):
                said = AnswerSlice(number=e.body.number, data=body, done=True)
            elif how == "large" and not isinstance(e.body, Command):
                said = LargeAnswer(id="a", server=SERVER, index=7)
            else:
                said = Rendered(index=5 if how == "unchanged" else 7, body=body)
            self.take(said, Envelope(SERVER, ME, said, request=e.request))

    def refuse(self, which, code):
        for e in self.chosen(which):
            self.take(Refused(code=code), Envelope(SERVER, ME, Refused(code=code), request=e.request))

    def lose(self, which, _):
        for e in self.chosen(which):
            notice = Undeliverable(request=e.request, target=e.target, about=e.body.kind, reason="no_pipe")
            self.take(notice, Envelope("host@n1.dc1", ME, notice, request=e.request))

    def gone(self, which, _):
        for request in list(self.waiting)[which : which + 1]:
            del self.waiting[request]
            turn = Turn(self.life, self.now, self.now, None)
            self.desk.gone(request, turn)
            self.carry_out(turn.effects)

    def again(self, stale, _):
        told = AskAgain(stale=stale)
        self.take(told, Envelope(AGENT, ME, told))

    def chosen(self, which):
        return [self.under_way.pop(request) for request in list(self.under_way)[which : which + 1]]

    def pass_time(self, seconds, _=None):
        end = self.now + int(seconds * SECOND)
        while self.timers and min(due for due, _ in self.timers.values()) <= end:
            name = min(self.timers, key=lambda n: self.timers[n][0])
            self.now, message = self.timers.pop(name)
            self.take(message, None)
        self.now = end


@given(st.lists(EVENTS, min_size=12, max_size=50))
def test_each_asker_gets_one_outcome_and_none_of_other_rights(events):
    doorway = Doorway()
    for verb, *how in events:
        getattr(doorway, "pass_time" if verb == "pass" else verb)(*how)
    doorway.pass_time(400)  # nothing is heard any more
    assert doorway.waiting == {}
    assert len(doorway.desk) == 0
    assert doorway.timers == {}
