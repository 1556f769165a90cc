"""The prober as an actor: its table of contents and its listeners."""

import pytest

from lictor_actors.kernel.vocabulary import UnknownMessage
from lictor_actors.swim.profile import PROFILES
from lictor_messages.codec import pack, unpack
from lictor_messages.envelope import role_of
from lictor_messages.host import Located
from lictor_messages.members import ListMembers, MemberJoined, Members
from lictor_messages.status import GetLeader


def test_members_are_listed_by_name_with_this_node_among_them(cluster):
    net = cluster(3)
    net.ask("n1", ListMembers())
    (answer,) = net.nodes["n1.dc1"].answers
    assert isinstance(answer, Members)
    assert [(m.name, m.status) for m in answer.members] == [("n0", "alive"), ("n1", "alive"), ("n2", "alive")]
    assert answer.members[0].rest == "tcp://n0:8300"


def test_a_prober_introduces_its_own_node(net):
    net.add("n0", tags={"role": "consul"})
    (joined,) = net.told("n0", MemberJoined)
    assert joined.member.is_server
    assert net.hosted("n0", Located)[0].node == "n0.dc1"


def test_probers_of_another_role_are_a_pool_of_their_own(net):
    """A node may have several: each speaks to its like, by the profile that it was given."""
    pool = {"role": "prober-wan", "profile": PROFILES["wan"]}
    net.add("n0", **pool)
    net.add("n1", "n0", **pool)
    net.add("n2", "n0", **pool)
    net.until(lambda: net.prober("n2").alive_count == 3, within=10)
    net.crash("n1")
    net.until(lambda: net.status("n0", "n1") == "failed", within=120)
    between = [envelope for _, envelope in net.sent]
    assert {role_of(end) for e in between for end in (e.source, e.target)} == {"prober-wan"}


def test_nothing_falls_through(net):
    net.add("n0")
    with pytest.raises(UnknownMessage):
        net.hear("n0", GetLeader())


def test_all_that_probers_say_survives_the_wire(cluster):
    net = cluster(5)
    net.crash("n4")
    net.run(20)
    kinds = set()
    for _, envelope in net.sent:
        packed = pack(envelope)
        assert unpack(packed[4:]).body == envelope.body
        kinds.add(envelope.body.kind)
    assert {"swim.ping", "swim.ack", "swim.gossip", "swim.push_pull", "swim.indirect_ping", "swim.nack"} <= kinds


@pytest.mark.slow
def test_the_same_seed_gives_the_same_run(net):
    def trace(seed):
        run = type(net)(seed)
        run.add("n0")
        for i in range(1, 8):
            run.add(f"n{i}", "n0")
        run.run(5)
        run.crash("n3")
        run.run(30)
        return [(at, e.source, e.target, e.body) for at, e in run.sent]

    assert trace(5) == trace(5)
    assert trace(5) != trace(6)


def test_listeners_hear_nothing_twice_and_nothing_of_quiet_times(cluster):
    net = cluster(5)
    before = len(net.nodes["n0.dc1"].told)
    net.run(300)
    assert len(net.nodes["n0.dc1"].told) == before == 5


def test_who_needs_the_servers_alone_is_told_them_itself_and_how_many_there_are(cluster):
    net = cluster(3)
    net.add("s1", "n0", tags={"role": "consul"})
    net.until(lambda: net.prober("n1").alive_count == 4, within=10)
    net.ask("n1", ListMembers(servers=True))
    (answer,) = net.nodes["n1.dc1"].answers
    assert ([m.name for m in answer.members], answer.alive) == (["n1", "s1"], 4)
