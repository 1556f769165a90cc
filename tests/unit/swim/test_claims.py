"""What the nodes of a process hear they share: one copy of each record, and of what is made of it."""

import pytest

from lictor_actors.swim import claims
from lictor_actors.swim.claims import LONGEST, claim_of
from lictor_actors.swim.listeners import introduction
from lictor_messages.codec import pack_body
from lictor_messages.members import UserEvent
from lictor_messages.swim import Alive, Suspect


def record(name: str, **more: object) -> bytes:
    return pack_body(
        Alive(
            name=name,
            dc="dc1",
            address="127.0.0.1",
            port=8301,
            gossip="ipc://g",
            rest="ipc:///r",
            incarnation=7,
            **more,
        )
    )


def test_a_record_is_decoded_once_however_many_copies_come(monkeypatch):
    first = claim_of(record("decoded-once"))
    monkeypatch.setattr(claims, "unpack_body", lambda data: pytest.fail("decoded again"))
    copy = claim_of(bytes(bytearray(record("decoded-once"))))
    assert copy.update is first.update
    assert copy.data is first.data


def test_nodes_that_meet_a_member_say_the_same_object():
    data = record("met")
    assert introduction(data, "gossip").member is introduction(bytes(bytearray(data)), "gossip").member
    assert introduction(data, "gossip").member.node == "met.dc1"
    assert introduction(data, "gossip").located.gossip == "ipc://g"
    assert introduction(data, "wan").located.pool == "wan"


def test_of_long_updates_no_copy_is_kept():
    event = UserEvent(id="1", name="e", payload=b"x" * LONGEST, ltime=1)
    data = pack_body(event)
    assert claim_of(data).update == event
    assert claim_of(data).update is not claim_of(data).update


@pytest.mark.parametrize(
    ("data", "known", "fault"),
    [
        (b"junk", False, ""),
        (pack_body(Suspect(node="", incarnation=1, accuser="a.dc1")), True, "name"),
        (record("tagged", tags={"k": "v" * 600}), True, "tags"),
        (record("good"), True, ""),
    ],
)
def test_junk_and_what_no_member_says_is_told_apart(data, known, fault):
    claim = claim_of(data)
    assert (claim.update is not None) == known
    assert claim.fault == fault
