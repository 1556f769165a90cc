"""Claims that no honest node makes: ignored and counted; and one who was forged about comes back by itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lictor_actors.swim.doubts import FARTHEST, name_fault
from lictor_actors.swim.lamport import FARTHEST as FARTHEST_EVENT
from lictor_actors.swim.queries import CONFLICT, PING
from lictor_messages.base import CLAIM as CLAIM_CHANNEL
from lictor_messages.base import KINDS_ON
from lictor_messages.bounds import HIGHEST, MARK_BYTES
from lictor_messages.codec import FrameRefused, pack_body, unpack_body
from lictor_messages.members import EventFired, FireEvent, UserEvent
from lictor_messages.pool import PoolQuery, QueryAnswer
from lictor_messages.swim import (
    VIEW_BUCKETS,
    Alive,
    CompareViews,
    Dead,
    Gossip,
    LeaveIntent,
    PushPull,
    Suspect,
    ViewsCompared,
)

CLOCK = 1_700_000_000
LIMIT = CLOCK + FARTHEST


def claims(incarnation, name="n1"):
    node = f"{name}.dc1"
    return {
        "suspect": Suspect(node=node, incarnation=incarnation, accuser="elsewhere.dc1"),
        "dead": Dead(node=node, incarnation=incarnation, accuser="elsewhere.dc1"),
        "left": Dead(node=node, incarnation=incarnation, accuser=node),
        "leave intent": LeaveIntent(node=node, incarnation=incarnation),
        "prune": LeaveIntent(node=node, incarnation=incarnation, prune=True),
    }


@pytest.mark.parametrize("incarnation", [-1, HIGHEST + 1, 2**64 - 2])
def test_an_incarnation_beyond_all_bounds_is_malformed(incarnation):
    body = Suspect.model_construct(node="n1.dc1", incarnation=incarnation, accuser="n2.dc1")
    with pytest.raises(FrameRefused, match="malformed"):
        unpack_body(pack_body(body))


@pytest.mark.parametrize("claim", claims(0))
@pytest.mark.parametrize("incarnation", [LIMIT + 1000, HIGHEST])
def test_a_claim_from_too_far_ahead_is_ignored_by_all(cluster, claim, incarnation):
    net = cluster(3)
    update = pack_body(claims(incarnation)[claim])
    for name in ("n0", "n1", "n2"):
        net.gossip(name, update)
    net.run(30)
    assert [net.status(name, "n1") for name in ("n0", "n1", "n2")] == ["alive"] * 3
    assert net.prober("n1").members.me.incarnation < LIMIT
    assert net.counters["gossip_incarnation_too_far"] == 3


@pytest.mark.parametrize("claim", claims(0))
def test_one_who_is_accused_at_the_very_limit_is_believed_again_within_a_minute(cluster, claim):
    """It cannot outbid that at once: everybody's limit moves on with the seconds."""
    net = cluster(3)
    limit = net.prober("n0").pool.doubts.limit(net.now)
    for name in ("n0", "n1", "n2"):
        net.gossip(name, pack_body(claims(limit)[claim]))
    net.run(60)
    assert [net.status(name, "n1") for name in ("n0", "n1", "n2")] == ["alive"] * 3


@pytest.mark.parametrize("claim", claims(0))
def test_a_flood_of_accusations_drives_nobody_away(cluster, claim):
    net = cluster(3)
    for step in range(1, 200):
        for name in ("n0", "n1", "n2"):
            me = net.prober(name).members.get("n1.dc1")
            known = me.incarnation if me else CLOCK
            net.gossip(name, pack_body(claims(known + (FARTHEST >> (step % 8)))[claim]))
        net.run(0.05)
    net.run(90)
    assert [net.status(name, "n1") for name in ("n0", "n1", "n2")] == ["alive"] * 3
    assert net.prober("n1").members.me.incarnation < LIMIT + 1000


def test_a_record_of_an_unknown_node_from_too_far_ahead_does_not_keep_it_out(cluster):
    net = cluster(2)
    forged = net.alive("n2", HIGHEST)
    for name in ("n0", "n1"):
        net.gossip(name, forged)
    assert net.status("n0", "n2") == "unknown"
    net.add("n2", "n0")
    net.until(lambda: net.status("n1", "n2") == net.status("n0", "n2") == "alive", within=10)


def test_without_the_limit_one_claim_buries_a_member_for_good(cluster, monkeypatch):
    """The mutant: the highest incarnation there is can be claimed, and not outbid."""
    monkeypatch.setattr("lictor_actors.swim.doubts.FARTHEST", HIGHEST)
    net = cluster(3)
    for name in ("n0", "n1", "n2"):
        net.gossip(name, pack_body(claims(HIGHEST)["dead"]))
    net.run(120)
    assert net.status("n0", "n1") == "failed"


# -- names, addresses, tags -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("why", "fields"),
    [
        ("name", {"name": ""}),
        ("name", {"name": "prober@n1"}),
        ("name", {"name": "a/b"}),
        ("name", {"name": "a\nb"}),
        ("name", {"name": "a\x7fb"}),
        ("name", {"name": "n" * 256}),
        ("name", {"name": "é" * 128}),
        ("address", {"address": ""}),
        ("address", {"address": "10.0.0.1/8"}),
        ("address", {"address": "a\0b"}),
        ("address", {"gossip": ""}),
        ("address", {"gossip": "tcp://x\0y"}),
        ("address", {"rest": "tcp://" + "x" * 250}),
        ("tags", {"tags": {f"tag{n}": "x" * 20 for n in range(25)}}),
        ("tags", {"tags": {"x": "y" * 512}}),
    ],
)
def test_a_record_that_is_no_nodes_is_ignored_and_counted(net, why, fields):
    net.add("n0")
    known = {"name": "x", "dc": "dc1", "address": "10.0.0.9", "port": 8301, "gossip": "tcp://x:1", "rest": "tcp://x:2"}
    record = pack_body(Alive(**{**known, **fields}, incarnation=CLOCK))
    net.gossip("n0", record, record)
    net.hear("n0", PushPull(updates=(record,), event_ltime=1))
    assert net.prober("n0").members.others == {}
    assert net.counters[f"gossip_refused_{why}"] >= 1


def test_a_port_that_is_none_is_malformed():
    fields = {"name": "x", "dc": "dc1", "address": "a", "gossip": "tcp://x:1", "rest": "tcp://x:2", "incarnation": 1}
    with pytest.raises(FrameRefused, match="malformed"):
        unpack_body(pack_body(Alive.model_construct(**fields, port=65536, tags={})))


@pytest.mark.parametrize("node", ["", "a\0b", "n" * 600])
def test_an_accusation_of_or_by_no_node_is_ignored(net, node):
    net.add("n0")
    net.gossip("n0", net.alive("n1", CLOCK))
    net.gossip("n0", pack_body(Suspect(node=node, incarnation=CLOCK, accuser="n2.dc1")))
    net.gossip("n0", pack_body(Suspect(node="n1.dc1", incarnation=CLOCK, accuser=node)))
    net.gossip("n0", pack_body(LeaveIntent(node=node, incarnation=CLOCK)))
    assert net.counters["gossip_refused_name"] == 3
    assert net.status("n0", "n1") == "alive"


def test_tags_as_large_as_serfs_are_taken(net):
    net.add("n0")
    net.gossip("n0", net.alive("n1", CLOCK, tags={"x": "y" * 511}))
    assert net.status("n0", "n1") == "alive"


@pytest.mark.parametrize("name", ["web-1", "Web_1", "a.b", "Zoë", "n 1", "n" * 255])
def test_names_that_nodes_may_have(name):
    assert name_fault(name) == ""


# -- events -----------------------------------------------------------------------------------------------------------


def event(ltime, id="e", **fields):
    return pack_body(UserEvent(id=id, name="deploy", ltime=ltime, **fields))


def heard(net, name):
    return [e.id for e in net.told(name, UserEvent)]


def test_an_event_from_too_far_ahead_is_ignored_and_later_ones_are_heard(cluster):
    net = cluster(3)
    for name in ("n0", "n1", "n2"):
        net.gossip(name, event(HIGHEST, "forged"))
    net.ask("n1", FireEvent(id="after", name="a"))
    net.run(5)
    assert [heard(net, name) for name in ("n0", "n1", "n2")] == [["after"]] * 3
    assert net.counters["gossip_ltime_too_far"] == 3


def test_without_the_bound_the_clock_has_no_time_left(cluster, monkeypatch):
    """The mutant: whoever heard it can fire no event any more."""
    monkeypatch.setattr("lictor_actors.swim.lamport.FARTHEST", HIGHEST)
    net = cluster(3)
    net.gossip("n1", event(HIGHEST, "forged"))
    with pytest.raises(ValueError, match="ltime"):
        net.ask("n1", FireEvent(id="after", name="a"))


def test_a_clock_from_too_far_ahead_is_approached_and_the_others_follow(cluster):
    """One node hears a forged clock: for a moment it takes others' events for old ones, until views are exchanged."""
    net = cluster(3)
    net.hear("n1", PushPull(updates=(), event_ltime=HIGHEST))
    assert net.prober("n1").pool.events.clock.time < 2 * FARTHEST_EVENT
    net.run(60)
    net.ask("n0", FireEvent(id="after", name="a"))
    net.run(5)
    assert [heard(net, name) for name in ("n0", "n1", "n2")] == [["after"]] * 3


def test_a_lone_node_that_hears_a_forged_clock_hears_events_once_it_has_joined(cluster):
    net = cluster(2)
    net.add("n2")
    net.hear("n2", PushPull(updates=(), event_ltime=HIGHEST))
    net.gossip("n2", net.prober("n0").members.me.record)
    net.until(net.converged, within=60)
    net.run(60)
    net.ask("n0", FireEvent(id="after", name="a"))
    net.run(5)
    assert heard(net, "n2") == ["after"]


def test_an_event_that_nobody_may_fire_is_not_passed_on(net):
    net.add("n0")
    net.gossip("n0", event(5, "large", payload=bytes(513)), event(6, "fits", payload=bytes(500)))
    assert heard(net, "n0") == ["fits"]
    assert net.counters["gossip_refused_event_size"] == 1


def test_an_event_may_still_be_fired(net):
    net.add("n0")
    net.ask("n0", FireEvent(id="e", name="deploy", payload=bytes(500)))
    assert net.nodes["n0.dc1"].answers == [EventFired(id="e")]


# -- whatever is said -------------------------------------------------------------------------------------------------

NUMBER = st.sampled_from([0, 1, CLOCK - 1, CLOCK, CLOCK + 1, LIMIT - 1, LIMIT, LIMIT + 100, HIGHEST])
NODE = st.sampled_from(["n0.dc1", "n1.dc1", "n9.dc1", "", "@", "x" * 600])
CLAIM = st.one_of(
    st.builds(Suspect, node=NODE, incarnation=NUMBER, accuser=NODE),
    st.builds(Dead, node=NODE, incarnation=NUMBER, accuser=NODE),
    st.builds(LeaveIntent, node=NODE, incarnation=NUMBER, prune=st.booleans()),
    st.builds(UserEvent, id=st.just("e"), name=st.text(max_size=9), ltime=NUMBER),
    st.builds(
        PoolQuery,
        id=st.integers(0, 2),
        ltime=NUMBER,
        name=st.sampled_from([PING, CONFLICT, "x"]),
        payload=st.sampled_from([b"n0.dc1", b"n1.dc1", b"n9.dc1", b"\xff"]),
        origin=NODE,
        gossip=st.sampled_from(["tcp://n0:8301", "tcp://n1:8301", "tcp://n9:8301", ""]),
        nodes=st.lists(NODE, max_size=1).map(tuple),
        tags=st.sampled_from([{}, {"role": "("}, {"role": "a*"}]),
        acks=st.booleans(),
        no_broadcast=st.booleans(),
        relay_factor=st.integers(0, 5),
    ),
    st.builds(
        Alive,
        name=st.sampled_from(["n9", "", "a@b"]),
        dc=st.sampled_from(["dc1", "dc2", ""]),
        address=st.sampled_from(["10.0.0.9", ""]),
        port=st.just(8301),
        gossip=st.sampled_from(["tcp://n9:8301", ""]),
        rest=st.just("tcp://n9:8300"),
        incarnation=NUMBER,
    ),
)
VIEW = {"updates": st.lists(CLAIM.map(pack_body), max_size=3).map(tuple), "event_ltime": NUMBER}
MARKS = st.binary(max_size=5 * MARK_BYTES).map(lambda marks: marks[: len(marks) // MARK_BYTES * MARK_BYTES])
SUMS = st.binary(min_size=VIEW_BUCKETS * MARK_BYTES, max_size=VIEW_BUCKETS * MARK_BYTES)
BUCKETS = st.lists(st.integers(0, VIEW_BUCKETS - 1), max_size=5).map(tuple)
EXCHANGE = st.one_of(
    st.builds(PushPull, **VIEW, wanted=st.none() | MARKS),
    st.builds(CompareViews, **VIEW, sums=SUMS),
    st.builds(ViewsCompared, **VIEW, buckets=BUCKETS, marks=MARKS, whole=st.booleans()),
)


ANSWER = st.builds(
    QueryAnswer,
    ltime=NUMBER,
    id=st.integers(0, 2),
    node=NODE,
    ack=st.booleans(),
    payload=st.binary(max_size=9),
    relay_to=NODE,
)


@given(st.lists(st.one_of(CLAIM, EXCHANGE, ANSWER), max_size=12))
@pytest.mark.slow
def test_whatever_is_said_nothing_raises_and_the_members_find_each_other(net_of, said):
    net = net_of(2)
    for message in said:
        for name in ("n0", "n1"):
            claim = message.kind in KINDS_ON[CLAIM_CHANNEL]
            net.hear(name, Gossip(updates=(pack_body(message),)) if claim else message)
        net.run(0.5)
    net.run(120)
    assert (net.status("n0", "n1"), net.status("n1", "n0")) == ("alive", "alive")
