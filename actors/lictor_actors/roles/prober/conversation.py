"""What other probers say: pings and their answers, gossip, and whole views."""

from __future__ import annotations

from lictor_actors.kernel.turn import Turn
from lictor_actors.swim.border import id_taken, name_taken, sender
from lictor_actors.swim.doubts import fault_of
from lictor_actors.swim.pool import Pool
from lictor_messages.codec import pack_body
from lictor_messages.envelope import at
from lictor_messages.refusals import Refused
from lictor_messages.swim import (
    Ack,
    Alive,
    CompareViews,
    Gossip,
    IndirectPing,
    Ping,
    PushPull,
    PushPullAnswer,
    ViewsCompared,
)


class Conversation:
    """Takes in what rides on each message, then does what the message is for."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._members = pool.members
        self._probing = pool.probing
        self._sync = pool.sync
        self._joining = pool.joining
        self._probe_times = f"memberlist.probeNode;network={pool.network}"

    def ping(self, ping: Ping, turn: Turn) -> None:
        """Answer with an ack."""
        source = _source(turn)
        self._pool.hear(ping.updates, source, turn)
        self._probing.answer(ping, self._sync.view, self._pool.coordinate, source, turn)

    def ack(self, ack: Ack, turn: Turn) -> None:
        """It may end this node's round, or one that it helps with."""
        self._pool.hear(ack.updates, _source(turn), turn)
        done = self._probing.acked(ack, turn)
        if done is not None:
            turn.sample(self._probe_times, (turn.now - done.start) / 1e6)
            self._pool.measured(done, ack.coordinate, turn)
            peer = self._members.others.get(done.node)
            if peer is not None:
                self._sync.compare(peer, ack.view, turn)

    def indirect_ping(self, ping: IndirectPing, turn: Turn) -> None:
        """Ping a third one on behalf of the asker."""
        source = _source(turn)
        self._pool.hear(ping.updates, source, turn)
        self._probing.help(ping, source, turn)

    def gossip(self, gossip: Gossip, turn: Turn) -> None:
        """Updates, and nothing else."""
        self._pool.hear(gossip.updates, _source(turn), turn)

    def push_pull(self, push: PushPull, turn: Turn) -> None:
        """Merge the asker's view and answer with this node's, or refuse both."""
        if self._comes_in(push.updates, turn, joins=push.join, answer=push.last):
            self._sync.asked(push, _source(turn), turn)
            self._pool.set_timers(turn)

    def push_pull_answer(self, pull: PushPullAnswer, turn: Turn) -> None:
        """Merge the view that was asked for."""
        if self._is_ours(pull.updates, turn):
            self._sync.answered(pull, _source(turn), turn)
            self._joining.answered(request(turn), turn)
            self._pool.set_timers(turn)

    def compare_views(self, asked: CompareViews, turn: Turn) -> None:
        """Compare the asker's view with this node's. A node that knows no other has none to compare: it learns all."""
        if not self._comes_in(asked.updates, turn):
            return
        asker = sender(asked.updates)
        if self._members.alone and asker is not None:
            self._sync.ask(at(self._pool.role, asker.gossip), turn)
        else:
            self._sync.tell_differences(asked, _source(turn), turn)
            self._pool.set_timers(turn)

    def views_compared(self, answer: ViewsCompared, turn: Turn) -> None:
        """Exchange what differs."""
        if self._is_ours(answer.updates, turn):
            self._sync.exchange_differences(answer, _source(turn), turn)
            self._pool.set_timers(turn)

    def refused(self, refused: Refused, turn: Turn) -> None:
        """This node may not come in there; or the other, of an older version, cannot compare views."""
        if refused.code == "UnknownRequest":
            self._sync.ask(_source(turn), turn)
            return
        turn.note(f"join refused: {refused.words}")
        self._joining.undeliverable(request(turn), refused.words, turn)

    def _comes_in(self, updates: tuple[bytes, ...], turn: Turn, *, joins: bool = False, answer: bool = True) -> bool:
        """Whether what this sender says is taken in. If not it is told so, unless there is more to come of it."""
        source, asker, me = _source(turn), sender(updates), self._members.me
        if asker is not None and fault_of(asker):  # which is counted when it is taken in
            asker = None
        if source == me.address and (asker is None or not me.moves_to(asker)):
            # A join through a URL that this node shares may come back to it.
            self._joining.came_back(request(turn), turn)
            return False
        why = self._unwelcome(asker, joins, turn)
        if asker is not None and why is not None and answer:
            # The directory does not know where it lives, or knows another of its name: its record does.
            there = at(self._pool.role, asker.gossip)
            turn.answer(turn.ticket()._replace(reply_to=there, source=there), why, early=True)
        return asker is None or why is None

    def _is_ours(self, updates: tuple[bytes, ...], turn: Turn) -> bool:
        """False for an answer from another datacenter's node."""
        me = self._members.me.alive
        other = sender(updates)
        why = self._pool.border.turns_away(other, me) if other is not None else None
        if why is not None:
            self.refused(why, turn)
        return why is None

    def _unwelcome(self, asker: Alive | None, joins: bool, turn: Turn) -> Refused | None:
        me = self._members.me.alive
        if asker is None:
            return None
        why = self._pool.border.turns_away(asker, me)
        if why is not None:
            turn.count("gossip_refused_stranger")
            return why
        holder = self._pool.membership.namesake(asker, turn)
        if holder is not None:
            if not joins:  # who has come in already, by another door
                self._pool.membership.contested(holder, asker, pack_body(asker), turn)
            return name_taken(holder.alive)
        # Only at the door: two who came in by different ones at once would lose sight of each other as well.
        twin = self._members.twin(asker) if joins else None
        return id_taken(twin.alive, asker) if twin is not None else None


def request(turn: Turn) -> str:
    """Id of the request that is in hand, or that the message in hand answers."""
    return turn.envelope.request if turn.envelope else ""


def _source(turn: Turn) -> str:
    assert turn.envelope is not None, "only probers say this"
    return turn.envelope.source
