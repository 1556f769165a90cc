"""Clusters in trouble, and somebody who speaks in the servers' names: numbers that no server says change nothing.

The liar only says what is to be refused, or terms that are too far away: what an honest server might say as well, such
as the next term or a vote, can do harm, and no number tells it apart.
"""

from collections import Counter
from random import Random

import pytest
from raft_chaos import chaos, heal
from raft_network import SECOND, Network

from lictor_actors.raft.doubts import CEILING, FARTHEST
from lictor_actors.raft.leader_state import LeaderState
from lictor_messages.base import Message
from lictor_messages.bounds import HIGHEST
from lictor_messages.raft import AppendAnswer, AppendEntries, RequestVote, Vote

pytestmark = pytest.mark.slow

Patch = pytest.MonkeyPatch


def lie(net: Network, dice: Random) -> None:
    """One message to one server, in another one's name."""
    listener = dice.choice(net.alive())
    others = [name for name in net.names if name != listener]
    if not others:
        return
    raft, far = net.raft(listener), dice.choice([HIGHEST, HIGHEST - 1, 2**40])
    last, term = raft.last_index, raft.term
    said: list[Message] = [
        AppendAnswer(term=term, ok=True, match=0, round=HIGHEST),
        AppendAnswer(term=term, ok=True, match=last + dice.choice([1, 5, 2**40]), round=0),
        AppendAnswer(term=term, ok=False, match=0, hint_index=last, round=0),
    ]
    if dice.random() < 0.05:  # each of these costs an election
        said = [
            AppendEntries(term=far, leader=others[0], prev_index=0, prev_term=0, commit=last, round=1),
            AppendAnswer(term=far, ok=True, match=last, round=1),
            RequestVote(term=far, last_index=last + 9, last_term=far - 1, transfer=True),
            Vote(term=far, granted=False),
        ]
    net.say(dice.choice(others), listener, dice.choice(said))


def with_liar(seed: int, patch: Patch) -> Network:
    """``chaos``, with a lie before most of its steps; then all is healed, and has to come together."""
    dice, run = Random(f"lies {seed}"), Network.run

    def lied_to(self: Network, duration: int) -> None:
        if self.alive() and dice.random() < 0.7:
            lie(self, dice)
        run(self, duration)

    with patch.context() as while_it_lies:
        while_it_lies.setattr(Network, "run", lied_to)
        net, _ = chaos(seed)
    heal(net)
    net.run_until(net.settled, at_most=60 * SECOND)
    return net


def test_a_liar_does_no_harm(monkeypatch: Patch) -> None:
    refused: Counter[str] = Counter()
    for seed in range(60):
        net = with_liar(seed, monkeypatch)
        assert max(net.raft(name).term for name in net.names) < 400 * FARTHEST < CEILING
        refused += net.counters
    assert set(refused) >= {"raft_refused_round", "raft_refused_match", "raft_refused_hint", "raft_term_too_far"}


def believes_every_term(patch: Patch) -> None:
    patch.setattr("lictor_actors.raft.receiving.FARTHEST", 2**64)


def believes_every_answer(patch: Patch) -> None:
    patch.setattr(LeaderState, "_doubt", lambda self, answer: None)


def hunt(patch: Patch) -> None:
    for seed in range(60):
        with_liar(seed, patch)


@pytest.mark.parametrize("mutant", [believes_every_term, believes_every_answer], ids=lambda mutant: mutant.__name__)
def test_the_liar_finds_who(mutant: object, monkeypatch: Patch) -> None:
    assert callable(mutant)
    mutant(monkeypatch)
    with pytest.raises((AssertionError, RuntimeError, ValueError, IndexError)):
        hunt(monkeypatch)
