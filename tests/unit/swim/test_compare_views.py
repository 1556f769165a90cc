"""Push/pull by what views sum up to: the same effect as exchanging the whole, for a fraction of the bytes."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lictor_actors.swim import pushpull
from lictor_actors.swim.marks import pack_marks
from lictor_messages.bounds import MARK_BYTES
from lictor_messages.codec import FrameRefused, pack, pack_body, read_body
from lictor_messages.envelope import Envelope
from lictor_messages.members import FireEvent, UserEvent
from lictor_messages.refusals import Refused
from lictor_messages.swim import (
    VIEW_BUCKETS,
    CompareViews,
    Gossip,
    PushPull,
    PushPullAnswer,
    ViewsCompared,
)

EXCHANGE = (CompareViews, ViewsCompared, PushPull, PushPullAnswer)
SUMS = bytes(MARK_BYTES * VIEW_BUCKETS)


def only_exchanges(net):
    net.drops.append(lambda e: not isinstance(e.body, EXCHANGE))


def acquainted(net, members):
    """Two nodes that hold the same of each other and of ``members``."""
    net.add("n0")
    net.add("n1", "n0")
    net.run(0.1)
    only_exchanges(net)
    for name in ("n0", "n1"):
        net.gossip(name, *(net.alive(member, 1) for member in members))
    net.sent.clear()


def exchange(net, name="n0", to="n1"):
    net.act(name, lambda prober, turn: prober.pool.sync.exchange(f"prober@{to}.dc1", turn))
    net.run(0.1)


def kinds(net):
    return [type(e.body) for _, e in net.sent if isinstance(e.body, EXCHANGE)]


def said(net, name, kind):
    """The updates on messages of this kind, without the sender's own record."""
    return [data for message in net.sent_by(name, kind) for data in message.updates[1:]]


# -- the same effect as the whole -------------------------------------------------------------------------------------

MEMBERS = "abc"
INCARNATION = st.integers(1, 3)
CLAIM = st.one_of(
    st.tuples(st.just("alive"), st.sampled_from(MEMBERS), INCARNATION, st.sampled_from(["", "v2"])),
    st.tuples(st.just("suspect"), st.sampled_from(MEMBERS), INCARNATION, st.sampled_from("xy")),
    st.tuples(st.just("dead"), st.sampled_from(MEMBERS), INCARNATION, st.sampled_from("xy")),
    st.tuples(st.just("left"), st.sampled_from(MEMBERS), INCARNATION, st.just("")),
    st.tuples(st.just("event"), st.sampled_from("st"), st.integers(1, 6), st.just("")),
)
A, SAME = ("alive", "a", 1, ""), ("alive", "same", 1, "")


@dataclass(frozen=True)
class Life:
    """What a node hears, some of it so long ago that its suspicions have run out."""

    before: list
    lately: list


def life(*before, lately=(), alone=False):
    """Two who both know a third are not alone, and compare."""
    return Life([*([] if alone else [SAME]), *before], list(lately))


CLAIMS = st.lists(CLAIM, max_size=10)
LIFE = st.builds(lambda before, lately, alone: life(*before, lately=lately, alone=alone), CLAIMS, CLAIMS, st.booleans())


def encoded(net, claim):
    what, name, number, word = claim
    match what:
        case "alive":
            return net.alive(name, number, tags={"version": word})
        case "suspect":
            return net.suspect(name, number, word)
        case "dead":
            return net.dead(name, number, word)
        case "left":
            return net.dead(name, number, name)
    return pack_body(UserEvent(id=name, name="deploy", ltime=number))


def after(net, lives, act):
    """What both hold after this exchange between them. Only what they hear counts: neither probes."""
    only_exchanges(net)
    for name in ("n0", "n1"):
        net.add(name)
    for part in ("before", "lately"):
        for name, life in zip(("n0", "n1"), lives, strict=True):
            net.gossip(name, *(encoded(net, claim) for claim in getattr(life, part)))
            net.act(name, lambda prober, turn: prober.pool.probing.stop(turn))
        net.run(60 if part == "before" else 0)
    net.act("n0", act)
    net.run(0.1)
    return [held(net, name) for name in ("n0", "n1")]


def held(net, name):
    """All that a prober holds, and all that it told its node."""
    prober = net.prober(name)
    prober.check()
    peers = {
        peer.node: (peer.state, peer.incarnation, peer.leaving, peer.alive, peer.verdict, accusers(peer.suspicion))
        for peer in prober.members.sorted()
    }
    events = prober.pool.events
    return peers, sorted(events.recent()), events.clock.time, [event.id for event in net.told(name, UserEvent)]


def accusers(suspicion):
    return suspicion and sorted(suspicion.accusers)


@pytest.mark.timeout(300)  # two hundred pairs of networks, and the machine may have other things to do
@given(LIFE, LIFE)
@example(life(alone=True), life(A))
@example(life(A), life(alone=True))
@example(life(A), life(("alive", "a", 2, "")))
@example(life(A, lately=[("suspect", "a", 1, "x")]), life(A))
@example(life(A, lately=[("suspect", "a", 1, "x")]), life(A, lately=[("suspect", "a", 1, "y")]))
@example(life(A, ("dead", "a", 1, "x")), life(A, ("left", "a", 1, "")))
@example(life(A, ("dead", "a", 1, "x")), life(A, ("dead", "a", 3, "x")))
@example(life(A, ("dead", "a", 1, "x")), life(A))
@example(life(("event", "s", 3, "")), life())
@example(life(*(("alive", f"m{n}", 1, "") for n in range(300))), life())
def test_both_hold_what_an_exchange_of_whole_views_would_have_given_them(bare_net, mine, theirs):
    place = "prober@tcp://n1:8301"
    whole = after(bare_net(), (mine, theirs), lambda prober, turn: prober.pool.sync.ask(place, turn))
    by_sums = after(bare_net(), (mine, theirs), lambda prober, turn: prober.pool.sync.exchange(place, turn))
    assert by_sums == whole


# -- and less of it ---------------------------------------------------------------------------------------------------


def test_equal_views_are_compared_and_nothing_more(net):
    acquainted(net, [f"x{n}" for n in range(500)])
    exchange(net)
    assert kinds(net) == [CompareViews, ViewsCompared]
    assert sum(len(pack(e)) for _, e in net.sent if isinstance(e.body, EXCHANGE)) < 1500


def test_only_what_differs_travels_in_both_directions(net):
    acquainted(net, [f"x{n}" for n in range(200)])
    mine, theirs = net.alive("y", 1), net.alive("z", 1)
    net.gossip("n0", mine)
    net.gossip("n1", theirs)
    exchange(net)
    assert (said(net, "n0", PushPull), said(net, "n1", PushPullAnswer)) == ([mine], [theirs])
    net.sent.clear()
    exchange(net, "n1", "n0")
    assert kinds(net) == [CompareViews, ViewsCompared]


def test_an_event_that_one_has_missed_travels_alone(net):
    acquainted(net, "ab")
    for n in range(3):
        net.gossip("n0", *([pack_body(UserEvent(id=f"e{n}", name="deploy", ltime=n + 1))]))
        net.gossip("n1", *([pack_body(UserEvent(id=f"e{n}", name="deploy", ltime=n + 1))] if n != 1 else []))
    exchange(net)
    assert len(said(net, "n0", PushPull)) == 1
    assert [event.id for event in net.told("n1", UserEvent)] == ["e0", "e2", "e1"]


def test_two_who_buried_a_member_on_unlike_accusations_do_not_differ(net):
    net.add("n0")
    net.add("n1", "n0")
    net.run(0.1)
    net.drops.append(lambda e: isinstance(e.body, Gossip) or getattr(e.body, "updates", ()) != ())
    for name, accuser in (("n0", "a"), ("n1", "b")):
        net.gossip(name, net.alive("x", 1), net.dead("x", 1, accuser))
    net.until(lambda: [net.status(name, "x") for name in ("n0", "n1")] == ["failed", "failed"], within=30)
    net.drops.clear()
    net.sent.clear()
    exchange(net)
    assert kinds(net) == [CompareViews, ViewsCompared]


def test_events_that_left_the_ring_leave_the_sums(net):
    acquainted(net, "")
    for ltime in (1, 513):
        net.ask("n0", FireEvent(id=f"e{ltime}", name="deploy"))
        net.prober("n0").pool.events.clock.witness(512)
    net.gossip("n1", net.prober("n0").pool.events.recent()[-1])
    net.sent.clear()
    exchange(net)
    assert kinds(net) == [CompareViews, ViewsCompared]


# -- and where it cannot be compared ----------------------------------------------------------------------------------


def test_a_blank_node_learns_all_in_one_exchange_and_spreads_only_itself(net):
    net.add("n0")
    net.gossip("n0", *(net.alive(f"x{n}", 1) for n in range(50)))
    blank = net.add("n1")
    only_exchanges(net)
    net.sent.clear()
    net.act("n0", lambda prober, turn: prober.pool.sync.exchange("prober@tcp://n1:8301", turn))
    net.run(0.05)
    assert kinds(net) == [CompareViews, PushPull, PushPullAnswer]
    assert (net.prober("n0").alive_count, blank.alive_count) == (52, 52)
    assert list(blank.pool.gossiper.queue._where) == ["n1.dc1"]


def test_a_member_that_cannot_compare_is_asked_for_the_whole(net):
    """An older version refuses what it does not know (bus/intake.py)."""
    acquainted(net, "ab")
    net.gossip("n1", net.alive("c", 1))
    net.drops.append(lambda e: isinstance(e.body, CompareViews) and refuse(net, e))
    exchange(net)
    assert kinds(net) == [CompareViews, PushPull, PushPullAnswer]
    assert net.status("n0", "c") == "alive"
    assert net.nodes["n0.dc1"].notes == []


def refuse(net, asked):
    answer = Envelope(asked.target, asked.source, Refused(code="UnknownRequest"), request=asked.request)
    net.deliver(net.nodes["n0.dc1"].life, answer.body, answer)
    return True


def test_who_is_asked_by_an_older_version_gives_the_whole(net):
    acquainted(net, "ab")
    net.gossip("n1", net.alive("c", 1))
    net.act("n0", lambda prober, turn: prober.pool.sync.ask("prober@n1.dc1", turn))
    net.run(0.1)
    assert len(said(net, "n1", PushPullAnswer)) == 4


def test_views_that_differ_in_more_than_fits_are_exchanged_whole(net, monkeypatch):
    monkeypatch.setattr(pushpull, "MARKS_MOST", 20)
    acquainted(net, "")
    net.gossip("n1", *(net.alive(f"x{n}", 1) for n in range(50)))
    exchange(net)
    assert kinds(net) == [CompareViews, ViewsCompared, PushPull, PushPullAnswer]
    assert net.sent_by("n1", ViewsCompared)[0].marks == b""
    assert net.prober("n0").alive_count == 52


def test_what_has_changed_since_it_was_marked_is_not_missed(net):
    """It spreads by gossip, as all changes do."""
    acquainted(net, "a")
    exchange(net)
    net.hear("n0", PushPull(updates=(), event_ltime=1, wanted=pack_marks([1, 2, 3])), "prober@n1.dc1")
    assert net.prober("n0").alive_count == 3


def test_a_node_of_another_datacenter_is_refused(net):
    net.add("n0")
    net.add("far", dc="dc2")
    net.act("n0", lambda prober, turn: None)
    record = net.prober_of("far.dc2").members.me.record
    asked = CompareViews(updates=(record,), event_ltime=1, sums=SUMS)
    envelope = Envelope("prober@far.dc2", "prober@n0.dc1", asked, request="r1", reply_to="prober@far.dc2")
    net.deliver(net.nodes["n0.dc1"].life, asked, envelope)
    net.run(0.1)
    assert "join refused" in net.nodes["far.dc2"].notes[-1]
    assert net.prober("n0").alive_count == 1


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (CompareViews, {"sums": b""}),
        (CompareViews, {"sums": SUMS[1:]}),
        (CompareViews, {"sums": SUMS + bytes(MARK_BYTES)}),
        (ViewsCompared, {"marks": bytes(7)}),
        (ViewsCompared, {"marks": bytes(MARK_BYTES * (16_384 + 1))}),
        (ViewsCompared, {"buckets": [VIEW_BUCKETS]}),
        (ViewsCompared, {"buckets": [-1]}),
        (PushPull, {"wanted": bytes(9)}),
    ],
)
def test_sums_and_marks_of_no_such_size_are_malformed(kind, fields):
    with pytest.raises(FrameRefused, match=next(iter(fields))):
        read_body(kind, {"updates": [], "event_ltime": 1, **fields})
