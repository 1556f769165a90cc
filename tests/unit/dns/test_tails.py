"""Prepared tails: a packet that comes often is found whole, in each order, and no longer than what it rests on."""

from __future__ import annotations

import dns.flags
import dns.message
import pytest

from lictor_actors.roles.dns import tails as t
from lictor_actors.roles.dns.tails import ORDERS, Basis, Tails
from lictor_actors.roles.dns.wire.answer import Tail, splice
from lictor_actors.roles.dns.wire.question import read_question

NAME = "web.service.consul"


def packet(name: str = NAME, number: int = 1, payload: int | None = 1232) -> bytes:
    asked = dns.message.make_query(name, "A", use_edns=None if payload is None else 0, payload=payload or 0)
    asked.id, asked.flags = number, dns.flags.RD
    return asked.to_wire()


def tail(number: int, size: int = 16) -> Tail:
    """Its body says which order it is."""
    return Tail(b"\x84\x00\0\1\0\1\0\0\0\1", bytes([number]) * size, True)


def filled(basis: Basis, size: int = 16, payload: int | None = 1232) -> Tails:
    made = Tails()
    for number in range(ORDERS):
        made.keep(read_question(packet(payload=payload)), False, tail(number, size), basis, records=2)
    return made


def rounds(made: Tails, asked: bytes, times: int = 3 * ORDERS) -> list[bytes | None]:
    return [made.answer(asked, False, 1) for _ in range(times)]


@pytest.mark.parametrize("payload", [None, 1232])
@pytest.mark.parametrize("name", [NAME, "wEb.Service.consul"])
def test_every_round_of_answers_has_each_order_once_and_is_spliced_for_its_packet(name, payload):
    made = filled(Basis(until=9), payload=payload)
    for number in range(3):
        asked = packet(name, 100 + number, payload)
        wanted = {splice(read_question(asked), tail(order)) for order in range(ORDERS)}
        assert set(rounds(made, asked, ORDERS)) == wanted


def test_what_it_rests_on_is_used_by_packets_found_whole_too():
    basis = Basis(until=9)
    made = filled(basis)
    rounds(made, packet())
    basis.used = False
    assert made.answer(packet(number=7), False, 9)
    assert basis.used


@pytest.mark.parametrize("end", ["dropped", "cleared", "over"])
def test_nothing_is_found_whole_of_a_read_that_has_ended(end):
    basis = Basis(until=9)
    made = filled(basis)
    rounds(made, packet())
    if end == "dropped":
        made.drop(basis)
    elif end == "cleared":
        made.clear()
    assert made.answer(packet(), False, 10 if end == "over" else 1) is None
    if end == "dropped":
        assert made._bytes == 0, "all that was counted has gone"


def test_a_later_read_takes_the_place_of_an_earlier_one_whose_end_harms_it_not():
    old, new = Basis(until=9), Basis(until=9)
    made = filled(old)
    rounds(made, packet())
    made.drop(old)
    for number in range(ORDERS):
        made.keep(read_question(packet()), False, tail(number), new, records=2)
    assert None not in rounds(made, packet())
    made.drop(old)
    assert None not in rounds(made, packet())


def test_an_order_that_is_too_long_for_a_client_is_never_sent_to_it():
    made = filled(Basis(until=9), size=1300)
    assert set(rounds(made, packet())) == {None}


def test_packets_in_many_letters_take_no_room():
    made = filled(Basis(until=9))
    rounds(made, packet())
    size = made._bytes
    for number in range(200):
        letters = "".join(c.upper() if number >> (i % 8) & 1 else c for i, c in enumerate(NAME))
        rounds(made, packet(letters), ORDERS)
    assert made._bytes == size


def test_room_is_bounded(monkeypatch):
    monkeypatch.setattr(t, "BYTES_MOST", 6000)
    made = filled(Basis(until=9))
    for payload in range(600, 640):
        made.keep(read_question(packet(payload=payload)), False, tail(0), Basis(until=9), records=1)
        rounds(made, packet(payload=payload), 2)
        assert made._bytes <= 6000
