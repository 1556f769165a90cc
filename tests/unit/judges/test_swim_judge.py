"""SWIM's and the catalog's judges, each with a cluster that breaks its promise."""

from __future__ import annotations

import pytest

from lictor_actors.judges.catalog import differences, disagreements
from lictor_actors.judges.swim import Resurrected, SwimJudge, incomplete, unlike
from lictor_messages.base import Message
from lictor_messages.envelope import Envelope
from lictor_messages.members import Member, MemberFailed, MemberJoined, MemberLeft, MemberReaped


def member(name: str, incarnation: int, address: str = "10.0.0.1") -> Member:
    return Member(
        name=name, dc="dc1", address=address, port=8301, gossip="", rest="", incarnation=incarnation, status="failed"
    )


def tell(judge: SwimJudge, *events: Message, observer: str = "n1.dc1") -> None:
    for event in events:
        judge.heard(Envelope(f"prober@{observer}", f"agent@{observer}", event))


@pytest.mark.parametrize("gone", [MemberFailed, MemberLeft])
def test_old_news_may_not_raise_the_dead(gone: type[MemberFailed] | type[MemberLeft]) -> None:
    judge = SwimJudge()
    tell(judge, MemberJoined(member=member("n2", 5)), gone(member=member("n2", 5)))
    with pytest.raises(Resurrected, match=r"revived .* at incarnation 5"):
        tell(judge, MemberJoined(member=member("n2", 5)))


def test_a_member_may_come_back_by_its_own_word_or_at_another_address_or_after_it_was_forgotten() -> None:
    judge = SwimJudge()
    tell(judge, MemberFailed(member=member("n2", 5)), MemberJoined(member=member("n2", 6)))
    tell(judge, MemberFailed(member=member("n3", 5)), MemberJoined(member=member("n3", 1, "10.0.0.9")))
    failed = MemberFailed(member=member("n4", 5))
    tell(judge, failed, MemberReaped(member=member("n4", 5)), MemberJoined(member=member("n4", 2)))


def test_every_observer_and_every_life_of_an_observer_is_judged_apart() -> None:
    judge = SwimJudge()
    tell(judge, MemberFailed(member=member("n2", 5)))
    tell(judge, MemberJoined(member=member("n2", 5)), observer="n3.dc1")
    tell(judge, MemberJoined(member=member("n1", 1)), MemberJoined(member=member("n2", 5)))


def test_views_are_complete_when_everyone_sees_exactly_those_that_are_up() -> None:
    assert incomplete({"a": ["a", "b"], "b": ["b", "a"]}) == []
    assert incomplete({"a": ["a"], "b": ["b", "a", "c"]}) == ["a does not see b", "b still sees c, which is down"]


def test_the_catalog_follows_the_members() -> None:
    assert disagreements({"a": "passing", "b": "critical"}, up=["a"], known=["a", "b"]) == []
    assert disagreements({"a": "critical", "x": "passing"}, up=["a"], known=["a", "b"]) == [
        "a is critical, should be passing",
        "b is missing, should be critical",
        "x is in the catalog and should not be",
    ]


def test_what_an_agent_owns_is_what_the_catalog_holds() -> None:
    assert differences({"service web": "on port 80"}, {"service web": "on port 80"}) == []
    assert differences({"service web": "on port 80"}, {"check x": "passing"}) == [
        "service web is missing in the catalog, on port 80 at its agent",
        "check x is passing in the catalog, missing at its agent",
    ]


def test_every_node_must_hold_the_record_that_a_member_has_of_itself():
    assert unlike({"a": {"a": 2, "b": 1, "gone": 7}, "b": {"a": 2, "b": 1}}) == []
    assert unlike({"a": {"a": 2, "b": 1}, "b": {"a": 1, "b": 1}}) == ["b holds a at incarnation 1, and it is at 2"]
