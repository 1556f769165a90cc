"""A cluster that lost its majority for good starts over with who is left (Consul's peers.json)."""

from random import Random
from zlib import crc32

import pytest
from raft_network import MS, SECOND, Network

from lictor_actors.kernel.actor import Actor
from lictor_actors.kernel.effects import Persist
from lictor_actors.kernel.life import Life
from lictor_actors.kernel.turn import Turn
from lictor_actors.raft import Entry, RaftOptions
from lictor_actors.raft.configuration import Configurations, Forced, ServerRow, of_voters
from lictor_actors.raft.records import FORCED_CELL
from lictor_actors.raft.snapshot import Snapshot
from lictor_actors.raft.stable import Stable
from lictor_actors.raft.start_over import CannotStartOver, StartOver, start_over
from lictor_messages.journal import Cell, JournalRecord


def rows(*names: str) -> list[ServerRow]:
    return [ServerRow(name) for name in names]


def over(net: Network, name: str, *left: str) -> StartOver:
    """Stop the server, write the new configuration, leave it stopped."""
    if net.hosts[name].life:
        net.crash(name)
    host = net.hosts[name]
    planned = start_over(host.records, name, rows(*left))
    net._store(host, [(0, record) for record in planned.records])
    return planned


def test_the_last_of_three_leads_alone_and_has_all_that_it_had() -> None:
    net = Network()
    leader = net.elect()
    net.propose(leader, b"a", b"b")
    net.run(SECOND)
    last, *lost = net.names
    for name in lost:
        net.crash(name)
    net.run(5 * SECOND)
    assert net.leaders() == []
    planned = over(net, last, last)
    assert planned.before.voters == net.names
    net.start(last)
    assert net.run_until(net.leaders) >= net.options.election_ns  # the others may be running still, and one lead
    net.propose(last, b"c")
    net.run_until(lambda: net.commands(last) == [b"a", b"b", b"c"])


def test_two_of_five_start_over_and_the_longer_log_wins() -> None:
    net = Network(5)
    leader = net.elect()
    longer, shorter = [name for name in net.names if name != leader][:2]
    net.isolate(shorter)
    net.propose(leader, b"acknowledged")
    net.run(SECOND)
    for name in net.names:
        net.crash(name)
    net.heal()
    for name in (longer, shorter):
        over(net, name, longer, shorter)
    for name in (longer, shorter):
        net.start(name)
    net.run_until(lambda: net.leaders() and all(net.commands(n) == [b"acknowledged"] for n in (longer, shorter)))


@pytest.mark.parametrize("seed", range(8))
def test_logs_with_different_ends_never_pass_for_equal(seed: int) -> None:
    """Both have an uncommitted entry of their own at the same place, and the new configuration right behind it."""
    net = Network(5, seed)
    first = net.elect()
    net.isolate(first)
    net.propose(first, b"of the first")
    net.run(50 * MS)
    net.run_until(lambda: net.leaders() and net.leader() != first)
    second = net.leader()
    net.heal()
    net.isolate(second)
    net.run(10 * MS)
    net.crash(first)
    for name in net.names:
        if name in net.alive():
            net.crash(name)
    net.heal()
    for name in (first, second):
        over(net, name, first, second)
    for name in (first, second):
        net.start(name)
    net.elect()
    net.propose(net.leader(), b"x")
    net.run_until(lambda: net.commands(first) == net.commands(second) and net.commands(first)[-1:] == [b"x"])


def test_snapshots_are_kept() -> None:
    net = Network(options=RaftOptions(snapshot_threshold=5, trailing_logs=1))
    leader = net.elect()
    for number in range(6):
        net.propose(leader, *(b"%d" % (10 * number + i) for i in range(4)))
        net.run(100 * MS)
    commands = net.commands(leader)
    for name in net.names:
        net.crash(name)
    assert over(net, "n1", "n1").snapshot_index > 0
    net.start("n1")
    net.run_until(lambda: net.commands("n1") == commands)


def test_the_configuration_ends_up_in_the_log_and_is_changed_like_any_other() -> None:
    net = Network(5)
    net.elect()
    for name in net.names:
        net.crash(name)
    for name in ("n1", "n2"):
        over(net, name, "n1", "n2")
        net.start(name)
    net.run_until(lambda: net.leaders() and net.raft(net.leader()).settled_members is not None)
    net.run(SECOND)
    for name in ("n1", "n2"):
        assert net.raft(name).configuration == ("n1", "n2")
        assert net.raft(name)._stable.configurations.forced is None
    net.reconfigure(lambda c: c.with_nonvoter("n3"))
    net.settle_change()
    for name in ("n1", "n2"):
        net.crash(name)
        net.start(name)
        assert net.raft(name).members.nonvoters == ("n3",)


def test_a_lost_server_that_comes_back_does_not_disturb_and_may_be_added() -> None:
    net = Network()
    net.elect()
    for name in net.names:
        net.crash(name)
    over(net, "n1", "n1")
    net.start("n1")
    net.run_until(net.leaders)
    net.start("n2")
    net.run(10 * SECOND)
    assert net.leaders() == ["n1"]
    net.reconfigure(lambda c: c.with_nonvoter("n2"))
    net.propose("n1", b"a")
    net.run_until(lambda: net.commands("n2") == [b"a"])


@pytest.mark.parametrize(
    ("peers", "why"),
    [
        (rows("n2"), "it is not one of them"),
        (rows("n1", "n1"), "named twice"),
        ([ServerRow("n1", False)], "has to vote"),
    ],
)
def test_what_makes_no_sense_is_refused(peers: list[ServerRow], why: str) -> None:
    net = Network()
    net.elect()
    net.crash("n1")
    with pytest.raises(CannotStartOver, match=why):
        start_over(net.hosts["n1"].records, "n1", peers)


def test_a_server_without_a_log_has_nothing_to_start_over_with() -> None:
    with pytest.raises(CannotStartOver, match="holds no log"):
        start_over([], "n1", rows("n1"))


# -- the configuration that people put in force -----------------------------------------------------------------------

FORCED = Forced(5, of_voters(("n1", "n2")))
ENDED = Cell(name=FORCED_CELL, data=b"")


def configuration(index: int, term: int, *voters: str) -> Entry:
    return Entry(index, term, "configuration", of_voters(voters).pack())


@pytest.mark.parametrize(
    ("entry", "ends"),
    [
        (configuration(1, 5, "n1", "n2", "n3"), False),
        (configuration(1, 6, "n2", "n1"), True),
        (configuration(1, 4, "n1", "n2"), True),
        (Entry(1, 6, "command", b"x"), False),
    ],
    ids=["an old leader's tail", "a new leader's, in another order", "the same, of a lower term", "no configuration"],
)
def test_it_lasts_until_the_log_has_one_of_a_later_term_or_the_same(entry: Entry, ends: bool) -> None:
    membership = Configurations()
    membership.forced = FORCED
    membership.appended(entry)
    assert (membership.forced is None) == ends
    assert len(membership.latest.configuration.voters) == 2


def test_one_that_had_seen_a_later_term_than_its_new_leader_follows_the_log_again() -> None:
    """The entry is of a lower term than it knew: known by what it says, or the next change would never be in force."""
    membership = Configurations()
    membership.forced = FORCED
    membership.appended(configuration(7, 4, "n1", "n2"))
    membership.appended(Entry(8, 4, "configuration", of_voters(("n1", "n2")).with_nonvoter("n4").pack()))
    assert membership.latest.configuration.nonvoters == ("n4",)


def forced_stable() -> tuple[Stable, Turn]:
    stable, rng = Stable(), Random(1)
    stable.term, stable.configurations.forced = 5, FORCED
    return stable, Turn(Life(Actor(), "server@n1", rng, rng.randbytes), 0, 0, None)


def persisted(turn: Turn) -> list[JournalRecord]:
    return [effect.record for effect in turn.effects if isinstance(effect, Persist)]


def test_its_cell_goes_with_it_and_not_before() -> None:
    """A cell that stayed would be written again with the journal's next segment, and be in force once more."""
    stable, turn = forced_stable()
    stable.append([configuration(1, 5, "n1", "n2", "n3"), Entry(2, 5, "command", b"x")], turn)
    assert ENDED not in persisted(turn)
    stable.append([configuration(3, 6, "n1", "n2")], turn)
    assert persisted(turn)[-1] == ENDED
    stable.append([configuration(4, 6, "n1")], turn)
    assert persisted(turn).count(ENDED) == 1


@pytest.mark.parametrize(("term", "ends"), [(5, False), (6, True)])
def test_a_snapshot_of_a_later_term_ends_it_one_from_before_does_not(term: int, ends: bool) -> None:
    stable, turn = forced_stable()
    data = b"state"
    snapshot = Snapshot(9, term, 8, of_voters(("n1", "n2", "n3")).pack(), (len(data), crc32(data)))
    stable.stage(snapshot, turn)
    stable.add_chunk(snapshot, data, turn)
    stable.end_snapshot(snapshot, turn)
    assert (stable.configurations.forced is None) == ends
    assert (ENDED in persisted(turn)) == ends
    assert stable.configurations.latest.configuration.voters == (("n1", "n2", "n3") if ends else ("n1", "n2"))


def test_a_server_that_did_not_vote_before_stands_if_it_is_to_vote_now() -> None:
    net = Network()
    net.elect()
    net.reconfigure(lambda c: c.demoted("n3"))
    net.settle_change()
    net.run(SECOND)
    for name in net.names:
        net.crash(name)
    over(net, "n3", "n3")
    net.start("n3")
    net.run_until(net.leaders)
    assert net.leaders() == ["n3"]
