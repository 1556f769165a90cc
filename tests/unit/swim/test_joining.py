import pytest

from lictor_actors.kernel.effects import Note
from lictor_actors.swim.joining import gossip_url
from lictor_messages.codec import pack_body, unpack_body
from lictor_messages.envelope import Envelope
from lictor_messages.members import ForcedOut, ForceLeave, Join, Joined, Leave, ListMembers, MemberJoined
from lictor_messages.refusals import Refused
from lictor_messages.swim import Alive, PushPull, PushPullAnswer

TCP = "tcp://127.0.0.1"


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("10.0.0.1", "tcp://10.0.0.1:8301"),
        ("10.0.0.1:9301", "tcp://10.0.0.1:9301"),
        ("consul.example", "tcp://consul.example:8301"),
        ("[::1]:9301", "tcp://[::1]:9301"),
        ("[::1]", "tcp://[::1]:8301"),
        ("fe80::1", "tcp://[fe80::1]:8301"),
        ("ipc:///run/lictor/p1", "ipc:///run/lictor/p1"),
        ("tls+tcp://h:1", "tls+tcp://h:1"),
    ],
)
def test_addresses_become_urls(address, url):
    assert gossip_url(address) == url


def test_join_answers_how_many_were_reached_and_why_others_were_not(net):
    net.add("n0")
    net.add("n1")
    net.drops.append(lambda e: e.target == "prober@tcp://silent:8301")
    net.add("silent")
    net.ask("n0", Join(addresses=("n1", "tcp://n1:8301", "nobody:1", "silent", "tcp://n0:8301")))
    net.run(4.9)
    assert net.nodes["n0.dc1"].answers == []
    net.run(0.2)
    (joined,) = net.nodes["n0.dc1"].answers
    assert joined.count == 3
    assert sorted(joined.errors) == ["nobody:1: refused", "silent: no answer in time"]


def test_an_address_without_a_port_is_asked_at_the_port_that_the_node_itself_has(net):
    net.add("n0", port=9301, gossip="tcp://n0:9301")
    net.add("n1", gossip="tcp://n1:9301")
    net.ask("n0", Join(addresses=("n0", "n1")))
    net.run(1)
    assert net.nodes["n0.dc1"].answers == [Joined(count=2)]


@pytest.mark.parametrize("address", ["n0", "n0:8301", "tcp://n0:8301"])
def test_who_has_a_node_join_itself_has_what_was_asked_for(net, address):
    net.add("n0")
    net.ask("n0", Join(addresses=(address,)))
    net.run(1)
    assert net.nodes["n0.dc1"].answers == [Joined(count=1)]


@pytest.mark.parametrize("name", ["n0", "n0.dc1", "n1", "n1.dc1"])
@pytest.mark.parametrize("prune", [False, True])
def test_a_live_member_is_forced_out_in_vain(net, name, prune):
    """The node itself is one: it refutes, and so nothing is said."""
    net.add("n0")
    net.add("n1")
    net.ask("n0", Join(addresses=("n1",)))
    net.run(1)
    net.ask("n0", ForceLeave(node=name, prune=prune))
    net.run(1)
    assert net.nodes["n0.dc1"].answers[-1] == ForcedOut()
    net.ask("n0", ListMembers())
    net.run(0.1)
    assert [member.status for member in net.nodes["n0.dc1"].answers[-1].members] == ["alive", "alive"]


@pytest.mark.parametrize("name", ["", "n", "n00", "N0", "n0.dc2", "zz"])
def test_a_member_that_is_not_known_is_not_found(net, name):
    net.add("n0")
    net.ask("n0", ForceLeave(node=name))
    net.run(0.1)
    assert net.nodes["n0.dc1"].answers[-1].code == "NotFound"


def test_members_of_a_local_cluster_are_joined_by_the_addresses_that_they_advertise(net):
    """Their processes talk over other URLs; nobody listens where people are told that they are."""
    net.add("n0", address="127.0.0.2", port=8301, gossip="ipc:///run/a")
    net.add("n1", address="127.0.0.3", port=8301, gossip="ipc:///run/b")
    net.ask("n0", Join(addresses=("ipc:///run/b",)))
    net.run(1)
    net.ask("n0", Join(addresses=("127.0.0.3", "127.0.0.2", "127.0.0.4")))
    net.run(1)
    joined = net.nodes["n0.dc1"].answers[-1]
    assert joined == Joined(count=2, errors=("127.0.0.4: refused",))


def test_join_answers_at_once_when_all_have(net):
    net.add("n0")
    net.add("n1")
    net.ask("n0", Join(addresses=("n1",)))
    net.run(0.01)
    assert net.nodes["n0.dc1"].answers == [Joined(count=1)]


def test_join_to_nothing_answers_too(net):
    net.add("n0")
    net.ask("n0", Join(addresses=()))
    assert net.nodes["n0.dc1"].answers == [Joined(count=0)]


def test_the_options_addresses_are_tried_until_one_is_there(net):
    net.add("n1", "n0")
    net.run(30)
    assert len(net.sent) > 25
    net.add("n0")
    net.until(net.converged, within=2)
    net.sent.clear()
    net.run(10)
    assert [e for _, e in net.sent if isinstance(e.body, PushPull) and e.body.join] == []


def test_the_first_retries_come_sooner(net):
    net.add("n1", "n0")
    net.run(0.3)
    net.add("n0")
    net.until(net.converged, within=0.7)


def test_a_silent_address_is_tried_again_too(net):
    net.add("n0")
    lost = [True, True, True]
    net.drops.append(lambda e: isinstance(e.body, PushPull) and bool(lost) and lost.pop())
    net.add("n1", "n0")
    net.until(net.converged, within=6)


def test_a_node_whose_only_address_is_its_own_stops_trying_once_it_is_found(net):
    net.add("n0", "n0")
    net.run(5)
    assert net.sent == []
    net.add("n1", "n0")
    net.run(5)
    assert "retry-join" not in net.nodes["n0.dc1"].timers


def test_a_leaving_node_joins_nobody(net):
    net.add("n0")
    net.add("n1")
    net.ask("n0", Leave())
    net.ask("n0", Join(addresses=("n1",)))
    assert net.nodes["n0.dc1"].answers[-1].errors == ("this node is leaving",)


def test_join_that_comes_back_through_a_shared_url_is_not_answered(net):
    net.add("n0")
    view = PushPull(updates=(), event_ltime=1, join=True)
    net.hear("n0", view, "prober@n0.dc1")
    assert net.sent == []


# -- another datacenter -----------------------------------------------------------------------------------------------


def apart(net) -> bool:
    return all(prober.alive_count == 1 for prober in net.probers())


def test_a_member_of_another_datacenter_refuses_a_join_in_words_that_reach_whoever_asked(net):
    net.add("n0")
    net.add("far", dc="dc2")
    net.ask("n0", Join(addresses=("far",)))
    net.run(5)
    (joined,) = net.nodes["n0.dc1"].answers
    assert (joined.count, len(joined.errors)) == (0, 1)
    assert joined.errors[0].startswith("far: n0.dc1 belongs to datacenter 'dc1' and far.dc2 to 'dc2': ")
    assert "same 'datacenter'" in joined.errors[0]
    assert apart(net)


def test_whoever_joins_refuses_a_view_of_another_datacenter_too(net):
    """Whoever answered may be of a version that takes everybody."""
    net.add("n0")
    net.drops.append(lambda e: isinstance(e.body, PushPull))
    net.add("far", dc="dc2")
    net.ask("n0", Join(addresses=("far",)))
    asked = next(e for _, e in net.sent if isinstance(e.body, PushPull))
    view = PushPullAnswer(updates=(net.prober_of("far.dc2").members.me.record, net.alive("n7", 5)), event_ltime=9)
    answer = Envelope("prober@far.dc2", asked.reply_to, view, request=asked.request)
    net.deliver(net.nodes["n0.dc1"].life, view, answer)
    (joined,) = net.nodes["n0.dc1"].answers
    assert joined.count == 0
    assert "far.dc2 belongs to datacenter 'dc2' and n0.dc1 to 'dc1'" in joined.errors[0]
    assert apart(net)


def test_one_that_no_member_has_answered_asks_again_though_it_has_heard_of_some(net):
    """These may be gone: it heard of them by gossip for its earlier life, and no member knows where it is now."""
    net.add("n1", "n0", "silent")
    net.run(0.01)
    net.gossip("n1", net.alive("n7", 5, gossip="tcp://gone:8301"))
    net.until(lambda: net.status("n1", "n7") == "failed", within=60)
    net.add("n0")
    net.until(lambda: net.status("n0", "n1") == net.status("n1", "n0") == "alive", within=2)


def test_a_view_that_comes_in_parts_is_refused_once(net):
    net.add("n0")
    net.add("far", dc="dc2")
    record = net.prober_of("far.dc2").members.me.record
    net.hear("n0", PushPull(updates=(record, net.alive("n7", 5)), event_ltime=1, last=False), "prober@far.dc2")
    assert net.sent == []
    assert apart(net)


def test_members_of_another_datacenter_that_gossip_brings_are_not_believed(net):
    net.add("n0")
    known = {"address": "10.0.0.9", "port": 8301, "gossip": "tcp://x:8301", "rest": "tcp://x:8300"}
    net.gossip("n0", pack_body(Alive(name="x", dc="dc2", incarnation=3, **known)))
    assert apart(net)
    assert net.prober("n0").members.get("x.dc2") is None


def test_a_node_goes_on_trying_addresses_that_refused_it(net):
    """Whoever lives there may have been given the right datacenter meanwhile."""
    net.add("n1", "n0")
    net.add("n0", dc="dc2")
    net.run(5)
    assert apart(net)
    net.nodes["n0.dc2"].life = None
    net.add("n0")
    net.until(net.converged, within=3)


# -- another node of the same name, and what the log says --------------------------------------------------------------


def turned_away(net, asker: bytes) -> tuple[str, str]:
    """Where to, and with which words, n0 refuses the join of whoever says this of itself."""
    name = unpack_body(asker).node
    view = PushPull(updates=(asker,), event_ltime=1, join=True)
    source = f"prober@{name}"
    envelope = Envelope(source, "prober@tcp://n0:8301", view, request="join", reply_to=source)
    net.deliver(net.nodes["n0.dc1"].life, view, envelope)
    (sent,) = [e for _, e in net.sent if isinstance(e.body, Refused)]
    assert sent.request == "join"
    return sent.target, sent.body.words


def test_a_namesake_is_turned_away_where_it_says_that_it_is_reached(net):
    net.add("n0")
    where, words = turned_away(net, net.alive("n0", 5, gossip="tcp://twin:8301"))
    assert where == "prober@tcp://twin:8301"
    assert words.startswith("another node is called 'n0' already, at 127.0.0.1:8301. Give this one another 'node_name'")
    assert net.told("n0", MemberJoined)[1:] == []


def test_a_namesake_of_another_member_is_turned_away_too(net):
    net.add("n0")
    net.add("n1", "n0")
    net.until(net.converged, within=5)
    assert "another node is called 'n1' already" in turned_away(net, net.alive("n1", 5, gossip="tcp://twin:8301"))[1]


ID, ANOTHER = {"id": "0a1b2c3d-0000-4000-8000-000000000001"}, {"id": "0a1b2c3d-0000-4000-8000-000000000002"}


def notes_of(net) -> list[str]:
    """What all nodes put on the timeline from now on."""
    notes, carry_out = [], net._carry_out
    net._carry_out = lambda life, effects: (
        notes.extend(e.event for e in effects if isinstance(e, Note)),
        carry_out(life, effects),
    )
    return notes


@pytest.mark.parametrize("holder", ["n0", "n1"])
def test_a_copy_of_a_members_id_is_turned_away_and_told_what_to_do(net, holder):
    net.add("n0", tags=ID if holder == "n0" else ANOTHER)
    net.add("n1", "n0", tags=ID if holder == "n1" else ANOTHER)
    net.until(net.converged, within=5)
    net.add("copy", tags=ID)
    net.ask("copy", Join(addresses=("n0",)))
    net.run(5)
    (joined,) = net.nodes["copy.dc1"].answers
    assert joined.errors[0].startswith(f"n0: node 'copy' has the id of node '{holder}', which lives at 127.0.0.")
    assert "Stop 'copy', remove the file 'node-id' from its data directory" in joined.errors[0]
    assert net.prober("copy").alive_count == 1
    assert net.status("n0", "copy") == net.status("n1", "copy") == "unknown"


def test_nodes_without_an_id_are_no_copies_of_each_other(net):
    net.add("n0")
    net.add("n1", "n0")
    net.until(net.converged, within=5)


@pytest.mark.parametrize("end", ["crash", "leave"])
def test_a_node_may_come_back_under_another_name_once_its_old_one_has_failed_or_left(net, end):
    net.add("n0", tags=ANOTHER)
    net.add("old", "n0", tags=ID)
    net.until(net.converged, within=5)
    if end == "leave":
        net.ask("old", Leave())
        net.run(2)
    net.crash("old")
    net.add("new", "n0", tags=ID)
    net.until(lambda: net.status("n0", "new") == "alive", within=30)
    assert net.status("n0", "old") == ("failed" if end == "crash" else "left")


def test_two_of_one_id_that_came_in_by_different_doors_say_so(net):
    net.add("n0")
    net.add("n1", "n0")
    net.until(net.converged, within=5)
    notes = notes_of(net)
    net.add("a", "n0", tags=ID)
    net.add("b", "n1", tags=ID)
    net.until(net.converged, within=5)
    told = [
        note for note in notes if note.startswith("conflict: node") and note.endswith("the pool is asked who keeps it")
    ]
    assert [note.partition(", which")[0] for note in sorted(told)] == [
        "conflict: node 'a' has the id of node 'b'",
        "conflict: node 'b' has the id of node 'a'",
    ]


def test_who_is_turned_away_is_told_why(net):
    net.add("n0")
    net.add("n1", address="10.0.0.7")
    net.gossip("n0", net.alive("n1", 5))
    net.ask("n1", Join(addresses=("n0",)))
    net.run(1)
    (joined,) = net.nodes["n1.dc1"].answers
    assert joined.errors[0].startswith("n0: another node is called 'n1' already, at 10.0.0.1:8301. ")


def test_that_nobody_answers_is_said_once_until_the_reason_changes(net):
    net.add("n1", "n0")
    notes = notes_of(net)
    net.run(30)
    assert notes == ["join: nobody has answered, trying again and again: tcp://n0:8301: refused"]
    net.add("n0")
    net.until(net.converged, within=2)
    assert notes[1:] == ["join: somebody has answered"]
