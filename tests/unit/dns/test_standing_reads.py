"""How a standing read is confirmed: by its index, and by its rows where the index alone does not say enough."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from lictor_actors.kernel.actor import Actor
from lictor_actors.kernel.life import Life
from lictor_actors.kernel.turn import Turn
from lictor_actors.roles.dns.standing_reads import STANDS_NS, PendingRead, StandingReads
from lictor_actors.roles.doorway.question import EVERYTHING
from lictor_messages.catalog import Instance, ListServiceHealth, NodeRecord, ServiceHealth, ServiceRecord

QUERY = ListServiceHealth(service="web")


def health(index: int, port: int = 80) -> ServiceHealth:
    node = NodeRecord(node="n1", address="10.0.0.1")
    service = ServiceRecord(node="n1", id="web", service="web", port=port)
    return ServiceHealth(index=index, instances=(Instance(node=node, service=service, checks=()),))


class Reads:
    """A read of ``web`` that stands since 0, with index 7."""

    def __init__(self, **how: Any) -> None:
        self.asked: list[PendingRead] = []
        self.changed: list[Any] = []
        self.reads: StandingReads[str] = StandingReads(
            self,  # type: ignore[arg-type]
            EVERYTHING,
            lambda *_: None,
            self.changed.append,
            **how,
        )
        self.reads.ask(QUERY, "who", self.turn(0))
        self.end(health(7), 0)

    def ask(self, asker: PendingRead, _: Turn) -> None:
        """Of a desk."""
        self.asked.append(asker)

    def turn(self, now: int) -> Turn:
        return Turn(Life(Actor(), "dns@n1.dc1", Random(1), bytes), now, 0, None)

    def end(self, answer: ServiceHealth, now: int) -> None:
        """The last query is answered so."""
        self.reads.outcome(self.asked[-1:], answer, self.turn(now))

    def use(self, now: int) -> Any:
        return self.reads.find(QUERY, now)


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How often rows are compared."""
    seen: list[int] = []
    plain = Instance.__eq__

    def counted(one: Instance, other: object) -> bool:
        seen.append(1)
        return plain(one, other)

    monkeypatch.setattr(Instance, "__eq__", counted)
    return seen


def test_the_same_index_at_the_end_of_the_wait_is_enough(compared: list[int]) -> None:
    reads = Reads()
    read = reads.use(1)
    reads.end(health(7), STANDS_NS)
    assert reads.use(STANDS_NS + 1) is read
    assert (compared, reads.changed) == ([], [])


def test_another_index_is_another_answer() -> None:
    reads = Reads()
    read = reads.use(1)
    reads.end(health(8, port=81), 2)
    assert reads.changed == [read]
    assert reads.use(3).answer == health(8, port=81)


@pytest.mark.parametrize(("now", "how"), [(5, {}), (STANDS_NS, {"rights_change": True})], ids=["restored", "rights"])
def test_an_index_that_came_back_with_other_rows_is_found_out(now: int, how: dict[str, Any]) -> None:
    reads = Reads(**how)
    read = reads.use(1)
    reads.end(health(7, port=81), now)
    assert reads.changed == [read]
    assert reads.use(now + 1).answer == health(7, port=81)


@pytest.mark.parametrize("how", [{}, {"rights_change": True}])
def test_equal_rows_of_an_early_answer_stand_on(how: dict[str, Any], compared: list[int]) -> None:
    reads = Reads(**how)
    read = reads.use(1)
    reads.end(health(7), 5)
    assert reads.use(6) is read
    assert compared
