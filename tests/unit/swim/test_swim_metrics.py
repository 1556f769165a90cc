"""What a pool samples of its queues and exchanges."""

from __future__ import annotations

from collections import defaultdict
from random import Random

import pytest

from lictor_actors.kernel.actor import Actor
from lictor_actors.kernel.life import Life
from lictor_actors.kernel.turn import Turn
from lictor_actors.swim.broadcasts import Rank
from lictor_actors.swim.exchanges import REMEMBERED_MOST, Exchanges
from lictor_actors.swim.pool import Pool
from lictor_actors.swim.profile import LOCAL
from lictor_actors.swim.readings import sample_queues
from lictor_messages.envelope import Envelope
from lictor_messages.swim import Nack, ProberOptions

MS = 1_000_000


@pytest.fixture
def samples():
    return defaultdict(list)


def turn(samples, now=0, answers=""):
    life = Life(Actor(), "prober@n1.dc1", Random(1), bytes, samples=samples)
    answer = Nack(seq=1)
    return Turn(life, now, 0, Envelope("prober@n2.dc1", "prober@n1.dc1", answer, answers) if answers else None)


def test_each_queue_is_told_by_what_waits_in_it(samples):
    pool = Pool(ProberOptions(name="n1", dc="dc1", address="127.0.0.1", port=8301, gossip="g", rest="r"), LOCAL)
    for number, rank in enumerate((Rank.MEMBER, Rank.MEMBER, Rank.EVENT)):
        pool.gossiper.queue.put(str(number), b"x", rank)
    sample_queues(pool, turn(samples))
    queues = ("Intent", "Query", "Event")
    assert [samples[f"serf.queue.{queue};network=lan"] for queue in queues] == [[2.0], [0.0], [1.0]]


def test_an_exchange_lasts_from_its_request_to_its_answer_and_is_told_once(samples):
    exchanges = Exchanges("lan")
    assert exchanges.begin("r1", turn(samples, 5 * MS)) == "r1"
    for _ in range(2):
        exchanges.end(turn(samples, 12 * MS, "r1"))
    exchanges.end(turn(samples, 12 * MS, "of another"))
    assert samples == {"memberlist.pushPullNode;network=lan": [7.0]}


def test_exchanges_without_an_answer_take_bounded_room(samples):
    exchanges = Exchanges("lan")
    for number in range(REMEMBERED_MOST + 1):
        exchanges.begin(str(number), turn(samples))
    exchanges.end(turn(samples, MS, "0"))
    assert not samples
    exchanges.end(turn(samples, MS, "1"))
    assert samples["memberlist.pushPullNode;network=lan"] == [1.0]
