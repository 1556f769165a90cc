"""Autopilot's rules where gossip and Raft disagree: a server that gossip has buried may still answer heartbeats."""

from random import Random

import pytest
from raft_network import Network

from lictor_actors.kernel.actor import Actor
from lictor_actors.kernel.life import Life
from lictor_actors.kernel.turn import Turn
from lictor_actors.raft import Raft, RaftOptions
from lictor_actors.raft.configuration import of_voters
from lictor_actors.roles.server.leader.autopilot import Autopilot, _Since
from lictor_actors.roles.server.leader.configuration_care import ConfigurationCare
from lictor_actors.store.store import Store
from lictor_messages.autopilot import AutopilotConfiguration, ServerHealth
from lictor_messages.members import Member
from lictor_messages.server import ServerOptions

SECOND = 1_000_000_000
WANTED = AutopilotConfiguration()


def autopilot(gone: str, voters: str, others: str = "") -> Autopilot:
    """Servers are letters; those ``gone`` have been so since the beginning. ``a`` leads."""
    made = Autopilot(Raft("a", RaftOptions()), 8300)
    for name in voters + others:
        health = ServerHealth(
            node=name,
            id=name,
            name=name,
            address="",
            version="",
            status="failed" if name in gone else "alive",
            leader=name == "a",
            voter=name in voters,
            healthy=name not in gone,
            last_contact_ns=0,
            last_term=1,
            last_index=1,
            stable_since_ns=0,
        )
        made.servers += (health,)
        made._since[name] = _Since(name not in gone, name in gone, 0, 0, 0)
    return made


@pytest.mark.parametrize(
    ("gone", "voters", "others", "first"),
    [
        ("c", "abc", "", "c"),
        ("bc", "abc", "", ""),
        ("cd", "abcd", "", ""),
        ("de", "abcde", "", "d"),
        ("cde", "abcde", "", ""),
        ("bcx", "abc", "x", "x"),
    ],
)
def test_at_most_a_minority_of_the_voters_goes_and_whoever_does_not_vote_goes_anyway(gone, voters, others, first):
    looked = autopilot(gone, voters, others)
    assert looked.removable(WANTED, 9 * SECOND) == ""
    assert looked.removable(WANTED, 10 * SECOND) == first


def test_a_server_whose_log_ends_in_an_earlier_term_is_not_healthy_however_little_it_lacks():
    """A new leader's no-op is on its way: the others answer, and may yet have entries that will have to go."""
    net = Network()
    net.run_until(net.leaders)
    leader = net.leader()
    made = Autopilot(net.raft(leader), 8300)
    members = {name: there(name) for name in net.names}

    def healthy():
        turn = Turn(Life(Actor(), f"server@{leader}", net.rng, net.rng.randbytes), net.now, 0, None)
        made.look(members, WANTED, turn)
        return [server.node for server in made.servers if server.healthy]

    assert healthy() == [leader]
    net.elect()
    assert healthy() == list(net.names)


def there(name):
    return Member(name=name, dc="", address="10.0.0.1", port=8301, gossip="", rest="", status="alive")


def membership(members: dict[str, Member] | None = None) -> ConfigurationCare:
    options = ServerOptions(node="a.dc1", name="a", prober="prober@a.dc1", dc="dc1", version="1")
    return ConfigurationCare(options, Raft("a.dc1", RaftOptions()), Store(), members or {})


def test_a_change_is_proposed_only_if_those_who_answer_can_commit_it():
    election = RaftOptions().election_ns
    change = of_voters(("a.dc1", "b.dc1", "c.dc1", "d.dc1"))
    there = {"b.dc1": 0, "c.dc1": election, "d.dc1": election}
    assert not membership()._can_be_committed(change, there)
    assert membership()._can_be_committed(change, {**there, "c.dc1": election - 1})


def test_a_wiped_server_is_let_in_anew_only_while_the_other_voters_can_commit_that():
    """Then it is no voter for a while: it must not be counted for the change that makes it one voter fewer."""
    net = Network()
    leader = net.elect()
    wiped, away = (name for name in net.names if name != leader)
    net.crash(away)
    net.wipe(wiped)
    net.run_until(lambda: net.raft(leader).newcomers())
    net.run(2 * RaftOptions().election_ns)
    options = ServerOptions(node=leader, name="a", prober=f"prober@{leader}", dc="dc1", version="1")
    made = ConfigurationCare(options, net.raft(leader), Store(), {})
    assert net.raft(leader).newcomers()
    assert made._next_change(AutopilotConfiguration(), False, net.now) is None
    net.start(away)
    net.run(2 * RaftOptions().election_ns)
    change = made._next_change(AutopilotConfiguration(), False, net.now)
    assert change is not None
    assert change.nonvoters == (wiped,)


def test_a_server_that_left_goes_whether_the_dead_are_cleared_away_or_not(monkeypatch):
    monkeypatch.setattr(ConfigurationCare, "_can_be_committed", lambda self, change, contacts: True)
    left = Member(name="b", dc="dc1", address="10.0.0.2", port=8301, gossip="", rest="", status="left")
    made, rng = membership({"b.dc1": left}), Random(1)
    made._raft.bootstrap(
        ("a.dc1", "b.dc1", "c.dc1"), Turn(Life(Actor(), "server@a.dc1", rng, rng.randbytes), 0, 0, None)
    )
    change = made._next_change(AutopilotConfiguration(cleanup_dead_servers=False), False, 0)
    assert change is not None
    assert change.names == ("a.dc1", "c.dc1")
