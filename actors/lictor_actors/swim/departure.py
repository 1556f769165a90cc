"""Leaving: on purpose, or because another node says so; and what is forgotten after that."""

from __future__ import annotations

from lictor_actors.kernel.turn import Ticket, Turn
from lictor_actors.swim.gossip import Gossiper
from lictor_actors.swim.member_table import MemberState, MemberTable
from lictor_actors.swim.membership import Membership
from lictor_actors.swim.profile import Profile
from lictor_actors.swim.pushpull import PushPullSync
from lictor_actors.swim.remembering import Remembering
from lictor_actors.swim.updates import Hearing
from lictor_messages.codec import pack_body
from lictor_messages.members import Departed, ForcedOut, ForceLeave
from lictor_messages.refusals import Refused
from lictor_messages.swim import Dead, LeaveDue, LeaveIntent, ReapDue, ReconnectDue


class Departure:
    """This node's own leave."""

    def __init__(self, profile: Profile, members: MemberTable, gossiper: Gossiper) -> None:
        self._profile = profile
        self._members = members
        self._gossiper = gossiper
        self._waiting: list[Ticket] = []
        self._spread = False

    def leave(self, turn: Turn) -> None:
        """Accuse oneself of being dead, and wait until that has been sent as often as any update is."""
        self._waiting.append(turn.ticket())
        me = self._members.me
        if not me.leaving:
            me.leaving = True
            me.verdict = pack_body(Dead(node=me.node, incarnation=me.incarnation, accuser=me.node))
            self._members.sum_up(me)
            self._gossiper.spread(me.node, me.verdict, turn)
            turn.set_timer("leave", self._profile.leave_timeout, LeaveDue())
        if self._spread or self._members.alone:
            self.finish(turn)

    def progress(self, turn: Turn) -> None:
        """After each gossip tick: has the leave been sent often enough?"""
        if self._waiting and self._members.me.node not in self._gossiper.queue:
            self.finish(turn)

    def finish(self, turn: Turn) -> None:
        """Spread, or the time for it is over."""
        self._spread = True
        self._members.me.state = MemberState.LEFT
        turn.cancel_timer("leave")
        for ticket in self._waiting:
            turn.answer(ticket, Departed(), early=True)
        self._waiting.clear()


class Undertaker:
    """Force-leaves, reconnects and reaps members that are failed or left; no timer runs while there are none."""

    def __init__(
        self,
        profile: Profile,
        members: MemberTable,
        membership: Membership,
        sync: PushPullSync,
        remembering: Remembering,
        keep_failed: int,
        keep_left: int,
    ) -> None:
        self._profile = profile
        self._members = members
        self._membership = membership
        self._sync = sync
        self._remembering = remembering
        self._keep = {MemberState.DEAD: keep_failed, MemberState.LEFT: keep_left}
        self._reaping = self._reconnecting = False

    def force_leave(self, request: ForceLeave, turn: Turn) -> None:
        """Have all count a failed member as left. One that lives is shown as leaving until its refutation arrives."""
        peer = self._members.named(request.node)
        if peer is None:
            turn.reply(Refused(code="NotFound", text=f"No node found with name '{request.node}'"))
            return
        if peer is not self._members.me:
            intent = LeaveIntent(node=peer.node, incarnation=peer.incarnation, prune=request.prune)
            self._membership.leave_intent(intent, pack_body(intent), Hearing(self._members.me.address), turn)
        turn.reply(ForcedOut())

    def watch(self, turn: Turn) -> None:
        """Set the timers that the present state of the table needs."""
        gone = len(self._members.others) + 1 > self._members.alive_count
        missed = gone or bool(self._remembering.unmet)
        if gone and not self._reaping:
            self._reaping = True
            turn.set_timer("reap", self._profile.reap_interval, ReapDue())
        if missed and not self._reconnecting:
            self._reconnecting = True
            turn.set_timer("reconnect", self._jittered(turn), ReconnectDue())

    def reap(self, turn: Turn) -> None:
        """Forget those whose time is over."""
        self._reaping = False
        for peer in self._members.gone():
            if turn.now - peer.since >= self._keep[peer.state]:
                self._membership.forget(peer, turn)
        self.watch(turn)

    def reconnect(self, turn: Turn) -> None:
        """Now and then try a failed member, more often the more have failed: partitions heal."""
        self._reconnecting = False
        missed = [peer.address for peer in self._members.accused(MemberState.DEAD)]
        missed += [self._members.address(url) for url in self._remembering.look_for(turn.now)]
        if missed and turn.rng.random() < len(missed) / self._members.alive_count:
            self._sync.exchange(missed[int(turn.rng.random() * len(missed))], turn)
        self.watch(turn)

    def _jittered(self, turn: Turn) -> int:
        return int(self._profile.reconnect_interval * (0.5 + turn.rng.random()))
