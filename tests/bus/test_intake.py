"""The rules of the intake, one by one: what may come in from the wire, what is refused, and who hears of it."""

from __future__ import annotations

from collections import Counter

import ormsgpack
import pytest

from lictor_actors.bus.intake import TEXT_MOST, Intake
from lictor_actors.hosts.node import DoorDesk
from lictor_actors.kernel.vocabulary import By, Vocabulary
from lictor_actors.roles.agent.agent import Agent
from lictor_actors.roles.checker import Checker
from lictor_actors.roles.gateway.gateway import Gateway
from lictor_actors.roles.prober.prober import Prober
from lictor_actors.roles.server.server import Server
from lictor_messages.agent import LeaveCluster, RegisterCheck
from lictor_messages.answers import Written
from lictor_messages.base import Message
from lictor_messages.codec import LENGTH, pack
from lictor_messages.envelope import Envelope, at, role_of
from lictor_messages.host import Undeliverable
from lictor_messages.kv import Entries, GetKey, PutKey
from lictor_messages.members import Members
from lictor_messages.raft import TimeoutNow, Vote
from lictor_messages.refusals import Refused
from lictor_messages.server import AskBlank, Blankness
from lictor_messages.swim import VIEW_BUCKETS, Ack, CompareViews, Gossip, Ping, PushPull, PushPullAnswer

ME, OTHER = "n1.dc1", "n2.dc1"
URL = "tcp://10.0.0.1:8301"


class Desk:
    """An actor that waits for the answer to ``life.1``."""

    def __init__(self, hears: Vocabulary | None) -> None:
        self.hears = hears

    def asked(self, request: str) -> bool:
        return request.startswith("life.")


DESKS = {
    "server": Desk(Server.hears),
    "agent": Desk(Agent.hears),
    "prober": Desk(Prober.hears),
    "gateway": Desk(Gateway.hears),
    "checker": Desk(Checker.hears),
    "down": Desk(None),
    "mute": Desk(Vocabulary()),
    "own": Desk(Vocabulary().on(Message, by=By.ANYONE)),
    "host": DoorDesk(lambda _: True),
    "door": DoorDesk(lambda request: request == "of a client"),
    "http": DoorDesk(lambda _: False),
}


class Bus:
    """An intake, what it let in, and what it said of the rest."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.told: list[Refused | None] = []
        self._intake = Intake(self._place, lambda node, role: DESKS.get(role) if node == ME else None, self._count)

    def take(self, source: str, target: str, body: Message, request: str = "", reply_to: str = "", **rest: int) -> bool:
        """True if it may come in."""
        e = Envelope(source, target if "@" in target else at(target, ME), body, request=request, reply_to=reply_to)
        e.hops, e.budget = rest.get("hops", 0), rest.get("budget", 0)
        return self.admit(pack(e)[LENGTH.size :])

    def admit(self, packed: bytes) -> bool:
        admitted = self._intake.admit(packed, lambda e, kind, answer: self.told.append(answer))
        assert admitted is None or admitted.origin == "wire"
        return admitted is not None

    def _place(self, envelope: Envelope) -> None:
        envelope.target = at(role_of(envelope.target), ME)

    def _count(self, what: str) -> None:
        self.counts[what] += 1


@pytest.fixture
def bus() -> Bus:
    return Bus()


SERVER, AGENT, PROBER, HOST = (at(role, OTHER) for role in ("server", "agent", "prober", "host"))
GATEWAY = at("gateway", OTHER)
SUMS = bytes(8 * VIEW_BUCKETS)


@pytest.mark.parametrize(
    ("source", "target", "body", "request_id", "reply_to"),
    [
        (SERVER, "server", Vote(term=1, granted=True), "", ""),
        (SERVER, "server", AskBlank(), "r", SERVER),
        (PROBER, "prober", Ping(seq=1), "", ""),
        (PROBER, "prober", PushPull(updates=(), event_ltime=1), "r", PROBER),
        (PROBER, f"prober@{URL}", PushPull(updates=(), event_ltime=1), "r", PROBER),
        (at("prober", ME), f"prober@{URL}", PushPull(updates=(), event_ltime=1), "r", at("prober", ME)),
        (PROBER, "prober", CompareViews(updates=(), event_ltime=1, sums=SUMS), "r", PROBER),
        (AGENT, "server", GetKey(key="k"), "r", GATEWAY),
        (SERVER, "server", PutKey(key="k"), "r", at("door", OTHER)),
        (GATEWAY, "server", PutKey(key="k"), "r", GATEWAY),
        ("agent@n9.dc2", "server", GetKey(key="k"), "r", "gateway@n9.dc2"),
        (SERVER, "server", PutKey(key="k"), "life.7", at("gateway", ME)),
        (SERVER, "server", PutKey(key="k"), "of a client", at("door", ME)),
        (SERVER, "gateway", Entries(entries=()), "life.1", ""),
        (HOST, "gateway", Written(), "life.1", ""),
        (at("prober", ME), "prober", Refused(code="Invalid"), "life.1", ""),
        (SERVER, "door", Written(), "of a client", ""),
        (SERVER, "host", Written(), "r", GATEWAY),
        ("anybody@n9.dc1", "own", PutKey(key="k"), "", ""),
        (AGENT, "nobody", GetKey(key="k"), "r", GATEWAY),
        (AGENT, "down", GetKey(key="k"), "r", GATEWAY),
        (AGENT, "server@n3.dc1", GetKey(key="k"), "r", GATEWAY),
        (SERVER, "server@n3.dc1", GetKey(key="k"), "life.2", at("gateway", ME)),
        (at("agent", ME), "server@n3.dc1", GetKey(key="k"), "life.2", at("gateway", ME)),
        (at("server", ME), "server@n3.dc1", AskBlank(), "life.2", at("server", ME)),
    ],
)
def test_what_is_legal_comes_in(bus, source, target, body, request_id, reply_to) -> None:
    assert bus.take(source, target, body, request_id, reply_to), bus.counts
    assert not bus.counts


@pytest.mark.parametrize(
    ("source", "target", "body", "request_id", "reply_to", "counted"),
    [
        # 1. The form.
        (AGENT, "server", GetKey(key="k"), "", GATEWAY, "message_form"),
        (AGENT, "server", GetKey(key="k"), "r", f"gateway@{URL}", "message_form"),
        (f"agent@{URL}", "server", GetKey(key="k"), "r", GATEWAY, "message_form"),
        (AGENT, "server", GetKey(key="k"), "r" * (TEXT_MOST + 1), GATEWAY, "message_form"),
        # 2. Our own name.
        (at("server", ME), "server", TimeoutNow(term=9), "", "", "own_name:server:raft.timeout_now"),
        (at("prober", ME), "prober", Ping(seq=1), "", "", "own_name:prober:swim.ping"),
        (at("agent", ME), "server", PutKey(key="k"), "r", GATEWAY, "own_name:server:kv.put_key"),
        *(
            (at(role, ME), "agent", PutKey(key="k"), "r", GATEWAY, "own_name:agent:kv.put_key")
            for role in ("server", "agent", "dns")
        ),
        # 3. The host.
        (AGENT, "host", GetKey(key="k"), "r", GATEWAY, "unheard:host:kv.get_key"),
        (SERVER, "host", Written(), "", "", "unheard:host:answers.written"),
        (SERVER, "host", Written(), "r", "", "unheard:host:answers.written"),
        # 5. Blind answers, also those that we would give ourselves.
        (SERVER, "gateway", Written(), "guess", "", "blind:gateway:answers.written"),
        (SERVER, "agent", Members(members=()), "guess", "", "blind:agent:members.members"),
        (SERVER, "server", Blankness(word="w"), "guess", "", "blind:server:server.blankness"),
        (
            PROBER,
            "prober",
            PushPullAnswer(updates=(), event_ltime=1),
            "guess",
            "",
            "blind:prober:swim.push_pull_answer",
        ),
        (SERVER, "door", Written(), "guess", "", "blind:door:answers.written"),
        (SERVER, "http", Written(), "1.h1", "", "blind:http:answers.written"),
        (PROBER, "prober", Written(), "life.1", "", "unheard:prober:answers.written"),
        (SERVER, "server", Entries(entries=()), "life.1", "", "unheard:server:kv.entries"),
        (AGENT, "server", GetKey(key="k"), "guess", at("checker", ME), "blind:server:kv.get_key"),
        (AGENT, "x9", GetKey(key="k"), "guess", at("checker", ME), "blind:no_such_role:kv.get_key"),
        (at("server", ME), "x9", GetKey(key="k"), "r", GATEWAY, "own_name:no_such_role:kv.get_key"),
        (
            at("server", ME),
            "server@n3.dc1",
            GetKey(key="k"),
            "r",
            at("checker", ME),
            "own_name:no_such_role:kv.get_key",
        ),
        (at("server", ME), "server@n3.dc1", GetKey(key="k"), "r", GATEWAY, "own_name:no_such_role:kv.get_key"),
        (SERVER, "host", Written(), "guess", at("prober", ME), "blind:host:answers.written"),
        (SERVER, "server", AskBlank(), "guess", at("prober", ME), "blind:server:server.ask_blank"),
        # 6. Who may say it.
        (PROBER, "server", Vote(term=1, granted=True), "", "", "unheard:server:raft.vote"),
        (SERVER, "prober", Ack(seq=1), "", "", "unheard:prober:swim.ack"),
        (SERVER, "prober", PutKey(key="k"), "", "", "unheard:prober:kv.put_key"),
        (PROBER, "server", GetKey(key="k"), "r", PROBER, "unheard:server:kv.get_key"),
        (SERVER, "server", PutKey(key="k"), "", "", "unheard:server:kv.put_key"),
        (AGENT, "agent", PutKey(key="k"), "r", GATEWAY, "unheard:agent:kv.put_key"),
        (SERVER, "agent", PutKey(key="k"), "r", SERVER, "unheard:agent:kv.put_key"),
        (AGENT, "agent", LeaveCluster(), "r", GATEWAY, "unheard:agent:agent.leave_cluster"),
        (AGENT, "checker", RegisterCheck.model_construct(check={}), "", "", "unheard:checker:agent.register_check"),
        (SERVER, "gateway", Gossip(updates=()), "", "", "unheard:gateway:swim.gossip"),
        (SERVER, "http", PutKey(key="k"), "", "", "unheard:http:kv.put_key"),
    ],
)
def test_what_is_not_is_counted_by_reason_role_and_kind(
    bus, source, target, body, request_id, reply_to, counted
) -> None:
    assert not bus.take(source, target, body, request_id, reply_to)
    assert bus.counts == {counted: 1}
    owed = counted.startswith("unheard") and reply_to
    assert [answer.code if answer else "" for answer in bus.told] == (
        [] if counted == "message_form" else ["UnknownRequest" if owed else ""]
    )


@pytest.mark.parametrize(("hops", "budget"), [(-1, 0), (0, -(1 << 63)), (0, 1 << 63)])
def test_numbers_of_an_envelope_are_bounded(bus, hops, budget) -> None:
    assert not bus.take(AGENT, "server", GetKey(key="k"), "r", GATEWAY, hops=hops, budget=budget)
    assert bus.counts == {"message_form": 1}


def test_a_request_whose_time_is_spent_still_comes_in_to_be_refused(bus) -> None:
    assert bus.take(AGENT, "server", GetKey(key="k"), "r", GATEWAY, budget=-5)


@pytest.mark.parametrize(
    ("source", "request_id", "about", "waiter", "comes_in"),
    [
        (HOST, "life.1", "life.1", "", True),
        (HOST, "guess", "guess", "", False),
        (HOST, "life.1", "guess", "", False),
        (HOST, "forwarded", "forwarded", at("gateway", "n5.dc1"), True),
        (HOST, "life.3", "life.3", at("gateway", ME), True),
        (HOST, "guess", "guess", at("gateway", ME), False),
        (HOST, "of a client", "of a client", at("door", ME), True),
        (HOST, "guess", "guess", at("door", ME), False),
        (HOST, "r", "another", at("gateway", "n5.dc1"), False),
        (HOST, "forwarded", "forwarded", at("gateway", URL), False),
        (HOST, "", "", "", False),
        (HOST, "", "", at("gateway", "n5.dc1"), False),
        (AGENT, "life.1", "life.1", "", False),
    ],
)
def test_word_of_what_was_not_delivered(bus, source, request_id, about, waiter, comes_in) -> None:
    notice = Undeliverable(request=about, target=SERVER, about="kv.get_key", reason="down", waiter=waiter)
    assert bus.take(source, "agent", notice, request_id) is comes_in
    assert comes_in or set(bus.counts) <= {"blind:agent:host.undeliverable", "forged:agent:host.undeliverable"}


def test_word_of_what_was_not_delivered_is_no_request(bus) -> None:
    notice = Undeliverable(request="r", target=SERVER, about="", reason="down", waiter=at("gateway", "n5.dc1"))
    assert not bus.take(HOST, "agent", notice, "r", GATEWAY)
    assert bus.counts == {"forged:agent:host.undeliverable": 1}


@pytest.mark.parametrize(("request_id", "waiter"), [("life.1", ""), ("r", at("gateway", "n5.dc1"))])
def test_word_of_what_was_not_delivered_reaches_no_actor_that_has_no_line_for_it(bus, request_id, waiter) -> None:
    notice = Undeliverable(request=request_id, target=SERVER, about="", reason="down", waiter=waiter)
    assert not bus.take(HOST, "mute", notice, request_id)
    assert bus.counts == {"unheard:mute:host.undeliverable": 1}


def test_a_kind_that_is_unknown_is_refused_by_name(bus) -> None:
    head = [AGENT, at("server", ME), "r", GATEWAY, 0, 0, ""]
    assert not bus.admit(ormsgpack.packb([*head, "kv.of_the_future", {}]))
    assert not bus.admit(ormsgpack.packb([*head, "host.durable", {"upto": 9}]))
    assert bus.counts == {"message_unknown_kind": 2}
    assert [answer.code for answer in bus.told] == ["UnknownRequest"] * 2


def test_a_body_that_does_not_fit_is_told_with_its_field(bus) -> None:
    head = [AGENT, at("server", ME), "r", GATEWAY, 0, 0, ""]
    assert not bus.admit(ormsgpack.packb([*head, "kv.get_key", {"key": 7}]))
    assert bus.counts == {"message_malformed": 1}
    assert "kv.get_key key: Input should be a valid string" in bus.told[0].text


def test_an_unwelcome_body_is_not_even_read(bus) -> None:
    head = [AGENT, at("agent", ME), "", "", 0, 0, ""]
    assert not bus.admit(ormsgpack.packb([*head, "kv.get_key", {"key": 7}]))
    assert bus.counts == {"unheard:agent:kv.get_key": 1}


@pytest.mark.parametrize(
    "packed", [b"", b"\xc1", b"\x90", ormsgpack.packb({"a": 1}), b"\x91" * 100_000, b"\x99" + b"\xc0" * 9]
)
def test_junk_is_counted(bus, packed) -> None:
    assert not bus.admit(packed)
    assert bus.counts == {"message_malformed": 1}


def test_what_came_in_once_opens_the_way_for_nothing_else(bus) -> None:
    """Ways are remembered: each of these differs from one that was let in just before."""
    me, guess = at("gateway", ME), "guess"
    assert bus.take(SERVER, "server", PutKey(key="k"), "life.7", me)
    assert not bus.take(SERVER, "server", PutKey(key="k"), guess, me)
    assert bus.take(SERVER, "gateway", Written(), "life.1", "")
    assert not bus.take(SERVER, "gateway", Written(), guess, "")
    assert bus.take(PROBER, "prober", Refused(code="Invalid"), "life.1", "")
    assert not bus.take(PROBER, "prober", Written(), "life.1", "")
    assert bus.take(SERVER, "server", PutKey(key="k"), "r", GATEWAY)
    assert not bus.take(SERVER, "server", PutKey(key="k"), "r", "")
    assert not bus.take(PROBER, "server", PutKey(key="k"), "r", GATEWAY)
    assert not bus.take(SERVER, "agent", PutKey(key="k"), "r", GATEWAY)
    assert not bus.take(SERVER, "server", PutKey(key="k"), "r" * (TEXT_MOST + 1), GATEWAY)
    assert not bus.take(SERVER, "server", PutKey(key="k"), "r", GATEWAY, hops=-1)


def test_what_one_peer_may_say_all_may_that_are_no_namesakes(bus) -> None:
    assert bus.take(at("prober", "n9.dc1"), "prober", Gossip(updates=()))
    assert bus.take(at("prober", "n8.dc1"), "prober", Gossip(updates=()))
    assert not bus.take(at("prober", ME), "prober", Gossip(updates=()))
    assert not bus.take(at("server", "n8.dc1"), "prober", Gossip(updates=()))
    assert not bus.take(at("prober", "tcp://10.0.0.1:8301"), "prober", Gossip(updates=()))
    assert not bus.take(at("prober", "n" * TEXT_MOST), "prober", Gossip(updates=()))


def test_what_is_remembered_is_bounded(bus, monkeypatch) -> None:
    monkeypatch.setattr("lictor_actors.bus.intake.WAYS_MOST", 10)
    for n in range(100):
        assert bus.take(at("server", f"n{n + 9}.dc1"), "server", Vote(term=1, granted=True))
        assert bus.take(at("server", f"n{n + 9}.dc1"), "server", PutKey(key="k"), "r", GATEWAY)
        assert len(bus._intake._welcome) + len(bus._intake._one_way) <= 10
