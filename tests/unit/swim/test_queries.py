"""Serf's queries: who hears one, who answers it, and what is dropped and counted."""

import pytest

from lictor_actors.swim.asking import OPEN_MOST
from lictor_actors.swim.lamport import FARTHEST, RING
from lictor_actors.swim.profile import LAN
from lictor_actors.swim.queries import PING
from lictor_messages.bounds import HIGHEST
from lictor_messages.codec import pack_body
from lictor_messages.pool import ANSWER_MOST, QUERY_MOST, AskPool, PoolAnswered, PoolQuery, QueryAnswer
from lictor_messages.refusals import Refused
from lictor_messages.swim import Gossip


def ask(net, name, within=5, **fields):
    """The answer to a query that this node asks, and the seconds that it took."""
    net.ask(name, AskPool(**{"name": PING, **fields}))
    node = net.nodes[f"{name}.dc1"]
    took = net.until(lambda: bool(node.answers), within)
    return node.answers.pop(), took


def nodes(answered):
    return sorted(answer.node for answer in answered.answers)


def query(**fields):
    known = {"id": 7, "ltime": 1, "name": PING, "origin": "n1.dc1", "gossip": "tcp://n1:8301"}
    return pack_body(PoolQuery(**known | fields))


@pytest.fixture
def lone(net):
    """A node that knows n1, which does not run."""
    net.add("n0")
    net.gossip("n0", net.alive("n1", 5))
    net.run(0.5)
    net.sent.clear()
    return net


def answers_to(net, name="n1"):
    return net.sent_to(name, QueryAnswer)


def test_all_members_answer_and_then_the_asker_waits_no_longer(cluster):
    net = cluster(20)
    answered, took = ask(net, "n3", acks=True)
    assert nodes(answered) == sorted(answered.acks) == sorted(answered.asked) == sorted(f"n{i}.dc1" for i in range(20))
    assert took < 2


def test_the_silent_are_waited_for_as_long_as_gossip_needs(cluster):
    net = cluster(12)
    net.crash("n5")
    answered, took = ask(net, "n0", within=10)
    assert nodes(answered) == sorted(f"n{i}.dc1" for i in range(12) if i != 5)
    assert "n5.dc1" in answered.asked
    assert took == pytest.approx(LAN.query_timeout(12) / 1e9, abs=0.1)


@pytest.mark.parametrize(("n", "seconds"), [(1, 3.2), (9, 3.2), (10, 6.4), (99, 6.4), (100, 9.6), (1000, 12.8)])
def test_the_time_to_answer_grows_with_the_pool_as_in_serf(n, seconds):
    assert LAN.query_timeout(n) == seconds * 1e9


@pytest.mark.parametrize("no_broadcast", [False, True])
@pytest.mark.slow
def test_only_the_named_answer(cluster, no_broadcast):
    net = cluster(8)
    net.sent.clear()
    answered, _ = ask(net, "n0", nodes=("n2.dc1", "n5.dc1"), acks=True, no_broadcast=no_broadcast)
    assert nodes(answered) == sorted(answered.acks) == ["n2.dc1", "n5.dc1"]
    carried = {e.source for _, e in net.sent if isinstance(e.body, Gossip)}
    assert (carried == {"prober@n0.dc1"}) == no_broadcast


def test_only_those_answer_whose_tags_match(net):
    for i, role in enumerate(("web", "web", "db", "worker")):
        net.add(f"n{i}", *(["n0"] if i else []), tags={"role": role})
    net.until(net.converged, within=20)
    answered, _ = ask(net, "n2", tags={"role": "^w[eo]"})
    assert nodes(answered) == ["n0.dc1", "n1.dc1", "n3.dc1"]
    answered, _ = ask(net, "n2", tags={"role": "^w", "other": ".*"}, within=10)
    assert nodes(answered) == []


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"tags": {"role": "("}}, "Invalid filter of the tag role: error parsing regexp: missing closing ): `(`"),
        ({"tags": {"role": "a" * 1025}}, "Invalid filter of the tag role: error parsing regexp: longer than 1024"),
        ({"payload": b"x" * QUERY_MOST}, "query exceeds limit of 1024 bytes"),
    ],
)
def test_what_can_be_no_query_is_refused(net, fields, words):
    net.add("n0")
    refused, _ = ask(net, "n0", **fields)
    assert isinstance(refused, Refused)
    assert refused.words.startswith(words)


def test_so_many_queries_wait_at_once_and_no_more(cluster):
    net = cluster(2)
    net.crash("n1")
    for _ in range(OPEN_MOST + 1):
        net.ask("n0", AskPool(name=PING))
    net.run(10)
    said = net.nodes["n0.dc1"].answers
    assert [type(one) for one in said] == [Refused] + [PoolAnswered] * OPEN_MOST
    assert said[0].code == "Overloaded"


def test_an_answer_that_is_lost_on_its_way_arrives_through_relays(cluster):
    net = cluster(12)
    net.drops.append(lambda e: isinstance(e.body, QueryAnswer) and not e.body.relay_to and e.source == answerer(e))
    answered, _ = ask(net, "n0", within=10)
    assert nodes(answered) == ["n0.dc1"]
    answered, _ = ask(net, "n0", relay_factor=3, within=10)
    assert len(nodes(answered)) == 12
    assert net.counters["query_answers_repeated"] + net.counters["query_answers_late"] > 10


def answerer(e):
    return f"prober@{e.body.node}"


def test_a_pool_too_small_for_the_relays_answers_without(cluster):
    net = cluster(3)
    answered, _ = ask(net, "n0", relay_factor=5)
    assert len(nodes(answered)) == 3
    assert [body for _, e in net.sent if isinstance(body := e.body, QueryAnswer) and body.relay_to] == []


def test_a_query_is_answered_once_however_often_it_is_heard(lone):
    for _ in range(3):
        lone.gossip("n0", query())
        lone.prober("n0").pool.updates._processed.forget(query())
    lone.gossip("n0", query(acks=True))
    assert len(answers_to(lone)) == 1
    assert lone.counters["gossip_queries_repeated"] == 3


def test_two_queries_of_one_time_are_two(lone):
    lone.gossip("n0", query(), query(id=8))
    assert [answer.id for answer in answers_to(lone)] == [7, 8]


def test_what_is_too_old_for_the_ring_is_dropped_and_counted(lone):
    lone.gossip("n0", query(ltime=1000), query(ltime=1000 - RING), query(ltime=1001 - RING))
    assert [answer.ltime for answer in answers_to(lone)] == [1000, 1001 - RING]
    assert lone.counters["gossip_queries_too_old"] == 1


def test_what_comes_from_too_far_ahead_is_ignored_and_counted(lone):
    lone.gossip("n0", query(ltime=FARTHEST + 2), query(ltime=HIGHEST))
    assert answers_to(lone) == []
    assert lone.counters["gossip_ltime_too_far"] == 2


def test_a_query_too_large_is_neither_answered_nor_passed_on(lone):
    lone.gossip("n0", query(payload=b"x" * QUERY_MOST))
    assert answers_to(lone) == []
    assert lone.counters["gossip_refused_query_size"] == 1
    assert [key for key in lone.prober("n0").pool.gossiper.queue._where if key.startswith("query")] == []


def test_a_filter_that_is_no_pattern_is_counted_and_not_passed_on(lone):
    lone.gossip("n0", query(tags={"dc": "("}))
    assert answers_to(lone) == []
    assert lone.counters["gossip_refused_query_filter"] == 1
    assert [key for key in lone.prober("n0").pool.gossiper.queue._where if key.startswith("query")] == []


@pytest.mark.parametrize("fields", [{"gossip": "tcp://elsewhere:1"}, {"origin": "stranger.dc1"}])
def test_only_members_are_answered_where_they_are_known_to_live(lone, fields):
    lone.gossip("n0", query(**fields))
    assert lone.sent_by("n0", QueryAnswer) == []
    assert lone.counters["queries_of_strangers"] == 1


@pytest.mark.parametrize(
    ("answer", "counter"),
    [
        ({"id": 1, "node": "n1.dc1"}, "query_answers_late"),
        ({"node": "stranger.dc1"}, "query_answers_unasked"),
        ({"node": "n1.dc1", "relay_to": "stranger.dc1"}, "query_relays_to_strangers"),
    ],
)
def test_answers_that_were_not_asked_for_are_dropped_and_counted(cluster, answer, counter):
    net = cluster(2)
    net.crash("n1")
    net.ask("n0", AskPool(name=PING))
    (key,) = net.prober("n0").pool.asking._open
    net.hear("n0", QueryAnswer(**{"ltime": key[0], "id": key[1], **answer}), source="prober@n1.dc1")
    assert net.counters[counter] == 1
    net.run(5)
    assert nodes(net.nodes["n0.dc1"].answers[0]) == ["n0.dc1"]


def test_an_answer_too_long_is_malformed():
    with pytest.raises(ValueError, match="at most 1024"):
        QueryAnswer(ltime=1, id=1, node="n1.dc1", payload=b"x" * (ANSWER_MOST + 1))


def test_a_query_of_an_earlier_life_is_late(lone):
    lone.gossip("n0", query(origin="n0.dc1", gossip="tcp://n0:8301"))
    lone.run(0.1)
    assert lone.counters["query_answers_late"] == 1


def test_a_newcomer_may_ask_after_many_queries(cluster):
    """Its clock would otherwise be so far behind that its query looked like an old one."""
    net = cluster(2)
    for prober in net.probers():
        prober.pool.queries.clock.time = 10_000
    net.add("late", "n0")
    net.until(net.converged, within=10)
    assert len(nodes(ask(net, "late")[0])) == 3
