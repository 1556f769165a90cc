"""Spoiled DNS packets, by UDP and by TCP, at an agent in the world: nothing raises, waits for ever or grows.

``LICTOR_HOSTILE=7000 pytest --timeout 0`` sends over a hundred thousand packets.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import dns.message
import pytest
from dns_packets import LEGAL, ODD
from dns_site import AGENT, DnsSite
from hypothesis import given
from hypothesis import strategies as st
from spoiled import long_count, spoiled

from lictor_actors.roles.dns.standing_reads import READS_MOST
from lictor_actors.roles.dns.tails import BYTES_MOST
from lictor_messages.dns import DnsAnswered, DnsAsked
from lictor_messages.envelope import at

PACKETS = 16
"""Of an example."""
BYTES = spoiled(LEGAL, ODD) | st.sampled_from(LEGAL) | st.binary(max_size=120)
SOURCES = st.sampled_from(("10.9.9.9", "127.0.0.1", "fd00::1", "::1"))


class Asked:
    """An agent, and how many packets it has been sent."""

    def __init__(self) -> None:
        self.site = DnsSite(3, servers=1)
        self.site.register("web", 3)

    def send(self, packets: list[tuple[bytes, str]], tcp: bool) -> dict[int, bytes]:
        """Place → the answer, b"" if there is none on purpose."""
        said: dict[int, bytes] = {}

        def take(answer: Any) -> None:
            assert isinstance(answer, DnsAnswered), answer
            said.update(answer.answers)

        self.site.door.ask("dns", DnsAsked(packets=tuple(packets), tcp=tcp), take, 20)
        self.site.world.run_until(lambda: len(said) == len(packets), 0.2)
        return said

    def judge(self) -> None:
        """Nothing raised, and what is kept of it all is bounded."""
        world, actor = self.site.world, self.site.actor
        assert (world.crashes, world.ended) == ([], {})
        assert len(actor.reads) <= READS_MOST
        assert actor.tails._bytes <= BYTES_MOST


@pytest.fixture(scope="module")
def asked() -> Iterator[Asked]:
    made = Asked()
    yield made
    made.site.world.run(30)
    made.judge()
    assert made.site.actor.reads.waiting == 0, "each question has had its answer"
    assert len(made.site.actor.reads) == 0, "no read stands for those that ask no more"
    assert made.site.world.seat(at("dns", AGENT)).life is not None
    assert {rr.address for rr in made.site.ask("web.service.consul").answer[0]} == {f"10.1.0.{n}" for n in (1, 2, 3)}


@long_count
@given(packets=st.lists(st.tuples(BYTES, SOURCES), min_size=PACKETS, max_size=PACKETS), tcp=st.booleans())
def test_any_packets_are_answered_refused_or_dropped(asked: Asked, packets: list[Any], tcp: bool) -> None:
    said = asked.send(packets, tcp)
    for place, answer in said.items():
        packet = packets[place][0]
        if answer:
            assert answer[:2] == packet[:2]
            assert len(answer) <= (0xFFFF if tcp else 4096)
            assert answer[2] & 0x80, "an answer says that it is one"
            dns.message.from_wire(answer, ignore_trailing=True)
    asked.judge()
