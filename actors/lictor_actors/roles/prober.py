"""The prober: one node's membership. It wires SWIM's objects together and hands each message to the right one."""

from __future__ import annotations

from collections.abc import Callable

from lictor_actors.kernel.actor import Actor
from lictor_actors.kernel.turn import Turn
from lictor_actors.kernel.vocabulary import By, Handler, Handlers, Vocabulary
from lictor_actors.swim.awareness import Awareness
from lictor_actors.swim.border import id_taken, name_taken, refusal, sender, stranger
from lictor_actors.swim.departure import Departure, Undertaker
from lictor_actors.swim.doubts import Doubts
from lictor_actors.swim.events import UserEvents
from lictor_actors.swim.gossip import Gossiper
from lictor_actors.swim.joining import Joining
from lictor_actors.swim.listeners import Listeners
from lictor_actors.swim.members import Members, Peer, State
from lictor_actors.swim.membership import Membership
from lictor_actors.swim.probe import Probing
from lictor_actors.swim.profile import PROFILES, Profile
from lictor_actors.swim.pushpull import Exchange
from lictor_actors.swim.remembering import Remembering
from lictor_actors.swim.seen import Seen
from lictor_actors.swim.updates import Hearing, Updates
from lictor_messages.base import Message
from lictor_messages.codec import pack_body
from lictor_messages.envelope import at, role_of
from lictor_messages.host import DiskFreed, DiskFull, Durable, LoopLagged, Recovered, Undeliverable
from lictor_messages.members import (
    FireEvent,
    ForceLeave,
    Join,
    Leave,
    ListMembers,
    MemberJoined,
    UserEvent,
)
from lictor_messages.members import (
    Members as MembersListed,
)
from lictor_messages.refusals import Refused
from lictor_messages.swim import (
    Ack,
    AckDue,
    Alive,
    Dead,
    Gossip,
    GossipDue,
    IndirectPing,
    JoinDue,
    LeaveDue,
    LeaveIntent,
    Nack,
    NackDue,
    Ping,
    ProbeDue,
    ProberOptions,
    PushPull,
    PushPullAnswer,
    PushPullDue,
    ReapDue,
    ReconnectDue,
    RememberDue,
    RetryJoinDue,
    Suspect,
    SuspicionDue,
)

SECOND_NS = 1_000_000_000


class Prober(Actor):
    """SWIM + Lifeguard + Serf's events for one node. What it sends never rests on its journal, and may leave early."""

    hears = (
        Vocabulary()
        .on(Ping, Ack, IndirectPing, Nack, Gossip, by=By.PEERS)
        .on(PushPull, by=By.PEERS | By.NAMESAKES)
        .on(ProbeDue, AckDue, NackDue, GossipDue, PushPullDue, SuspicionDue, JoinDue)
        .on(RetryJoinDue, RememberDue, LeaveDue, ReapDue, ReconnectDue)
        .on(FireEvent, ForceLeave, Join, Leave, ListMembers)
        .on(Recovered, PushPullAnswer, LoopLagged, Undeliverable, Refused, Durable, DiskFull, DiskFreed)
    )
    journalled = True
    lane = "gossip"
    shows = ("alive_count", "members_hash")

    def __init__(self, options: ProberOptions, profile: Profile | None = None) -> None:
        self._options = options
        self._profile = profile or PROFILES[options.profile]
        me = self._first_record(0)
        self.members = Members(Peer(me, pack_body(me), 0))
        self.awareness = Awareness(self._profile.awareness_max)
        self.gossiper = Gossiper(self._profile, self.members)
        self._listeners = Listeners(me.node, options.tell)
        self._wire()
        self._handlers = Handlers(self.hears, self._contents())

    @property
    def alive_count(self) -> int:
        """Members that this node holds for alive, itself included."""
        return self.members.alive_count

    @property
    def members_hash(self) -> int:
        """Equal on two nodes exactly if they hold the same members for alive."""
        return self.members.fingerprint

    def start(self, turn: Turn) -> None:
        """The incarnation starts from the clock, so that it is mostly higher than in an earlier life."""
        me = self.members.me
        me.alive = self._first_record(turn.wall // SECOND_NS)
        me.record, me.incarnation, me.since = pack_body(me.alive), me.alive.incarnation, turn.now
        self._doubts.begin(me.incarnation, turn.now)
        self._listeners.located(me.alive, turn)
        self._listeners.tell(MemberJoined(member=me.member()), turn)
        self.exchange.begin(turn)
        self.remembering.begin(turn)

    def handle(self, message: Message, turn: Turn) -> None:
        """What is done about each kind is in ``_contents``."""
        self._handlers[type(message)](message, turn)
        if self._listeners.servers_changed:
            self._listeners.servers_changed = False
            self.remembering.servers_changed(turn)

    def check(self) -> None:
        """The counters agree with the table, and each state with what is held about it."""
        everyone = [self.members.me, *self.members.others.values()]
        present = [peer for peer in everyone if peer.present or peer is self.members.me]
        assert self.members.alive_count == len(present)
        fingerprint = 0
        for peer in present:
            fingerprint ^= peer.fingerprint
        assert self.members.fingerprint == fingerprint
        for peer in self.members.others.values():
            assert (peer.suspicion is not None) == (peer.state is State.SUSPECT), peer.node
            assert bool(peer.verdict) == (peer.state is not State.ALIVE), peer.node
            assert peer.incarnation >= peer.alive.incarnation, peer.node

    def _contents(self) -> dict[type[Message], Handler]:
        return {
            Recovered: self._recovered,
            Ping: self._ping,
            Ack: self._ack,
            ProbeDue: lambda _, turn: self._with_timers(self.probing.next_round, turn),
            Gossip: self._gossip,
            GossipDue: self._gossip_due,
            AckDue: self.probing.ack_due,
            IndirectPing: self._indirect_ping,
            Nack: lambda nack, _: self.probing.nacked(nack),
            NackDue: self.probing.nack_due,
            PushPull: self._push_pull,
            PushPullAnswer: self._push_pull_answer,
            PushPullDue: lambda _, turn: self.exchange.tick(turn),
            SuspicionDue: self._suspicion_due,
            ListMembers: self._list_members,
            Join: self.joining.asked,
            JoinDue: self.joining.due,
            RetryJoinDue: lambda _, turn: self.joining.begin(turn),
            FireEvent: self.events.fire,
            ForceLeave: self._force_leave,
            Leave: self._leave,
            RememberDue: self.remembering.due,
            LeaveDue: lambda _, turn: self.departure.finish(turn),
            ReapDue: lambda _, turn: self.undertaker.reap(turn),
            ReconnectDue: lambda _, turn: self.undertaker.reconnect(turn),
            LoopLagged: self._loop_lagged,
            Undeliverable: lambda u, turn: self.joining.undeliverable(u.request, u.reason, turn),
            Refused: self._refused,
            Durable: _ignored,
            DiskFull: _ignored,
            DiskFreed: _ignored,
        }

    def _wire(self) -> None:
        profile, members, gossiper = self._profile, self.members, self.gossiper
        seen = Seen()
        self.membership = Membership(profile, members, gossiper, self._listeners, self.awareness, seen)
        self.events = UserEvents(profile, gossiper, self._listeners)
        self._doubts = Doubts()
        self.updates = Updates(members, seen, self._doubts)
        self.updates.on(Alive, self.membership.alive)
        self.updates.on(Suspect, self.membership.suspect)
        self.updates.on(Dead, self.membership.dead)
        self.updates.on(LeaveIntent, self.membership.leave_intent)
        self.updates.on(UserEvent, self.events.heard)
        self.probing = Probing(profile, members, self.membership, gossiper, self._listeners, self.awareness)
        self.exchange = Exchange(profile, members, self.membership, gossiper, self.events, self.updates)
        options = self._options
        keep = options.reconnect_timeout_ns, options.tombstone_timeout_ns
        self.remembering = Remembering(members, options.rejoin_after_leave, options.reconnect_timeout_ns)
        join = options.join, options.retry_join_ns
        self.joining = Joining(profile, members, self.exchange, self.remembering, *join)
        self.departure = Departure(profile, members, gossiper)
        self.undertaker = Undertaker(profile, members, self.membership, self.exchange, self.remembering, *keep)

    def _first_record(self, incarnation: int) -> Alive:
        o = self._options
        return Alive(
            name=o.name,
            dc=o.dc,
            address=o.address,
            port=o.port,
            gossip=o.gossip,
            rest=o.rest,
            tags=o.tags,
            incarnation=incarnation,
        )

    # The conversation of probers.

    def _ping(self, ping: Ping, turn: Turn) -> None:
        source = self._source(turn)
        self._hear(ping.updates, source, turn)
        self.probing.answer(ping, self.exchange.view, source, turn)

    def _ack(self, ack: Ack, turn: Turn) -> None:
        self._hear(ack.updates, self._source(turn), turn)
        peer = self.probing.acked(ack, turn)
        if peer is not None:
            self.exchange.compare(peer, ack.view, turn)

    def _indirect_ping(self, ping: IndirectPing, turn: Turn) -> None:
        source = self._source(turn)
        self._hear(ping.updates, source, turn)
        self.probing.help(ping, source, turn)

    def _gossip(self, gossip: Gossip, turn: Turn) -> None:
        self._hear(gossip.updates, self._source(turn), turn)

    def _push_pull(self, push: PushPull, turn: Turn) -> None:
        source, asker, me = self._source(turn), sender(push.updates), self.members.me
        if asker is not None and self._doubts.nonsense(asker, turn):
            asker = None
        if source == me.address and (asker is None or not me.moves_to(asker)):
            # A join through a URL that this node shares may come back to it.
            self.joining.undeliverable(self._request(turn), "that is this node itself", turn)
            return
        why = self._unwelcome(asker, push.join, turn)
        if asker is None or why is None:
            self.exchange.asked(push, source, turn)
            self._set_timers(turn)
        elif push.last:
            # The directory does not know where it lives, or knows another of its name: its record does.
            there = at("prober", asker.gossip)
            turn.answer(turn.ticket()._replace(reply_to=there, source=there), why, early=True)

    def _unwelcome(self, asker: Alive | None, joins: bool, turn: Turn) -> Refused | None:
        me = self.members.me.alive
        if asker is None or asker.dc != me.dc:
            return refusal(me, asker) if asker is not None else None
        holder = self.membership.namesake(asker, turn)
        if holder is not None:
            return name_taken(holder)
        # Only at the door: two who came in by different ones at once would lose sight of each other as well.
        twin = self.members.twin(asker) if joins else None
        return id_taken(twin.alive, asker) if twin is not None else None

    def _push_pull_answer(self, pull: PushPullAnswer, turn: Turn) -> None:
        me = self.members.me.alive
        other = stranger(pull.updates, me)
        if other is not None:
            self._refused(refusal(me, other), turn)
            return
        self.exchange.answered(pull, self._source(turn), turn)
        self.joining.answered(self._request(turn), turn)
        self._set_timers(turn)

    def _hear(self, updates: tuple[bytes, ...], source: str, turn: Turn) -> None:
        if not updates:
            return
        was_alone = self.members.alone
        self.updates.take_in(updates, Hearing(source), turn)
        self._set_timers(turn)
        if was_alone and not self.members.alone and role_of(source) == "prober":
            self.exchange.ask(source, turn)  # found rather than joining: learn the rest at once

    # Timers and requests from this node.

    def _recovered(self, batch: Recovered, turn: Turn) -> None:
        self.remembering.collect(batch.records, turn)
        if batch.done:
            self.joining.begin(turn)
            self._set_timers(turn)

    def _gossip_due(self, _: GossipDue, turn: Turn) -> None:
        self.gossiper.tick(turn)
        self.departure.progress(turn)

    def _suspicion_due(self, due: SuspicionDue, turn: Turn) -> None:
        self.membership.suspicion_due(due, turn)
        self._set_timers(turn)

    def _list_members(self, _: ListMembers, turn: Turn) -> None:
        turn.reply(MembersListed(members=tuple(peer.member() for peer in self.members.sorted())), early=True)

    def _force_leave(self, request: ForceLeave, turn: Turn) -> None:
        self.undertaker.force_leave(request, turn)
        self._set_timers(turn)

    def _leave(self, _: Leave, turn: Turn) -> None:
        self.probing.stop(turn)
        self.departure.leave(turn)
        self.remembering.left(turn)

    def _loop_lagged(self, lagged: LoopLagged, turn: Turn) -> None:
        """The host was late, so acks and refutations may lie unread: doubt the accusations of that time."""
        if lagged.lag_ns > self._profile.lag_tolerance:
            self.awareness.add(1)
            self.probing.doubt()
            self.membership.postpone(lagged.lag_ns, turn)

    def _refused(self, refused: Refused, turn: Turn) -> None:
        turn.note(f"join refused: {refused.words}")
        self.joining.undeliverable(self._request(turn), refused.words, turn)

    def _with_timers(self, act: Callable[[Turn], None], turn: Turn) -> None:
        act(turn)
        self._set_timers(turn)

    def _set_timers(self, turn: Turn) -> None:
        """Start what the present table needs: probing once there is somebody, the undertaker once somebody is gone."""
        if self.probing.asleep and not self.members.alone and not self.members.me.leaving:
            self.probing.wake(turn)
        self.undertaker.watch(turn)

    def _source(self, turn: Turn) -> str:
        assert turn.envelope is not None, "only probers say this"
        return turn.envelope.source

    def _request(self, turn: Turn) -> str:
        return turn.envelope.request if turn.envelope else ""


def _ignored(_: Message, __: Turn) -> None:
    """Word of the disk: what is remembered there may be late, or wait for room, and nobody waits for it."""
