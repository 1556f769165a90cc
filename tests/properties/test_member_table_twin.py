"""A member table over a shared view does what a plain one does, through any changes of its members."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plain_members import PlainTable

from lictor_actors.swim.marks import EVENTS
from lictor_actors.swim.member_table import MemberState, MemberTable, Peer
from lictor_actors.swim.roster import SharedView
from lictor_messages.base import FrozenMap
from lictor_messages.codec import pack_body
from lictor_messages.swim import Alive

KEEP = 5
SERVER = FrozenMap({"role": "consul"})
Step = tuple[str, int, MemberState]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["turn", "promote", "forget", "meet", "probe", "pick"]),
        st.integers(0, 9),
        st.sampled_from(list(MemberState)),
    ),
    max_size=60,
)


def peer(n: int, now: int = 0) -> Peer:
    alive = Alive(
        name=f"n{n}",
        dc="dc1",
        address="::1",
        port=n,
        gossip=f"tcp://g{n}",
        rest="tcp://r",
        tags=SERVER if n % 3 == 0 else FrozenMap(),
        incarnation=1,
    )
    return Peer(alive, pack_body(alive), now, "prober")


def do(table: MemberTable, step: Step, now: int, rng: Random) -> object:
    """One step; what it came to."""
    what, n, state = step
    node = f"n{n}.dc1"
    known = table.others.get(node)
    match what:
        case "turn" if known is not None:
            mine = table.own(known)
            mine.verdict = b"" if state is MemberState.ALIVE else state.value.encode()
            table.turn_into(mine, state, now)
        case "promote" if known is not None:
            mine = table.own(known)
            mine.alive = mine.alive.model_copy(update={"tags": SERVER})
            mine.record = pack_body(mine.alive)
            table.sum_up(mine)
        case "forget" if known is not None and not known.present:
            table.remove(known)
        case "meet" if known is None and node != table.me.node:
            table.add(peer(n, now))
        case "probe":
            found = table.next_to_probe(now, KEEP, rng)
            return found.node if found else None
        case "pick":
            return [p.node for p in table.pick(1 + n // 3, lambda p: p.present, rng)]
    return None


def seen(table: MemberTable) -> object:
    """All that the rest of SWIM sees of a table."""
    return (
        [(name, p.state, p.since) for name, p in table.others.items()],
        [p.node for p in table.others.values()],
        [p.node for p in table.accused(MemberState.SUSPECT)],
        [p.node for p in table.gone()],
        [p.node for p in table.servers()],
        table.listed(),
        len(table.others),
        table.alive_count,
        table.fingerprint,
        table.sums,
        [[p.node for p in table.in_bucket(number)] for number in range(EVENTS)],
    )


class Losing(MemberTable):
    """It changes copies that it does not keep."""

    def own(self, peer: Peer) -> Peer:
        return peer.own()


class Spoiling(MemberTable):
    """It changes what it shares with others."""

    def own(self, peer: Peer) -> Peer:
        return peer


class Uncounted(MemberTable):
    """Its sums stay those of the view."""

    def sum_up(self, peer: Peer) -> None:
        pass


def live(kind: type[MemberTable], shared: int, me: int, steps: list[Step], seed: int) -> None:
    """The same life for a table of this kind and for a plain one."""
    view = SharedView(peer(n) for n in range(shared))
    as_it_was = [(p.state, p.since, p.record, p.verdict, p.mark) for p in view.peers.values()]
    tables = kind(peer(me), view), PlainTable(peer(me), view)
    rngs = Random(seed), Random(seed)
    for now, step in enumerate(steps, 1):
        fast, slow = (do(table, step, now, rng) for table, rng in zip(tables, rngs, strict=True))
        assert fast == slow, step
        assert seen(tables[0]) == seen(tables[1]), step
    assert rngs[0].random() == rngs[1].random()
    now_it_is = [(p.state, p.since, p.record, p.verdict, p.mark) for p in view.peers.values()]
    assert now_it_is == as_it_was, "a table changed the view"


@given(shared=st.integers(0, 8), me=st.integers(0, 9), steps=STEPS, seed=st.integers(0, 1000))
def test_a_table_over_a_shared_view_is_as_a_plain_one(shared: int, me: int, steps: list[Step], seed: int) -> None:
    live(MemberTable, shared, me, steps, seed)


@pytest.mark.parametrize("kind", [Losing, Spoiling, Uncounted])
def test_a_table_that_loses_a_change_is_told_from_a_plain_one(kind: type[MemberTable]) -> None:
    with pytest.raises(AssertionError):
        live(kind, shared=4, me=0, steps=[("turn", 1, MemberState.SUSPECT)], seed=1)
