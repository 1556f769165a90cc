"""A user event reaches a node once in its prober's life."""

from __future__ import annotations

import pytest

from lictor_actors.judges.events import EventJudge, EventTwice
from lictor_messages.base import Message
from lictor_messages.envelope import Envelope
from lictor_messages.members import Member, MemberJoined, UserEvent


def tell(judge: EventJudge, message: Message, node: str = "n1.dc1", to: str = "agent") -> None:
    judge.heard(Envelope(f"prober@{node}", f"{to}@{node}", message))


def me(name: str) -> MemberJoined:
    return MemberJoined(member=Member(name=name, dc="dc1", address="10.0.0.1", port=8301, gossip="", rest=""))


EVENT = UserEvent(id="e1", name="deploy", ltime=4)


def test_the_same_event_twice_is_one_too_many() -> None:
    judge = EventJudge()
    tell(judge, EVENT)
    tell(judge, EVENT, node="n2.dc1")
    tell(judge, EVENT, to="server")
    tell(judge, EVENT.model_copy(update={"id": "e2"}))
    assert judge.deliveries == 3
    with pytest.raises(EventTwice, match=r"n1\.dc1 was told twice of event deploy e1"):
        tell(judge, EVENT)


def test_a_prober_that_begins_anew_remembers_nothing() -> None:
    judge = EventJudge()
    tell(judge, EVENT)
    tell(judge, me("n2"))  # another member's coming changes nothing
    with pytest.raises(EventTwice):
        tell(judge, EVENT)
    tell(judge, me("n1"))
    tell(judge, EVENT)
