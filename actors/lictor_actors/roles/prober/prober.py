"""The prober: one node's membership of a gossip pool. Every line of ``_table`` is one kind of mail."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from lictor_actors.kernel.actor import Actor, Lane, Reading
from lictor_actors.kernel.turn import Turn
from lictor_actors.kernel.vocabulary import By, Handler, Handlers, Vocabulary
from lictor_actors.roles.prober.conversation import Conversation
from lictor_actors.roles.prober.query_patterns import matches, pattern_refused
from lictor_actors.swim.pool import Pool
from lictor_actors.swim.profile import Profile, profile_of
from lictor_actors.swim.readings import readings_of, sample_queues
from lictor_actors.swim.roster import NO_ONE, SharedView
from lictor_messages.base import Message
from lictor_messages.coordinates import GetOwnCoordinate, OwnCoordinate
from lictor_messages.host import DiskFreed, DiskFull, Durable, LoopLagged, Recovered, Undeliverable
from lictor_messages.keyring import KeyringChanged, RunKeyring
from lictor_messages.members import FireEvent, ForceLeave, Join, Leave, ListMembers, ListSuspicions, Suspicions
from lictor_messages.members import Members as MembersListed
from lictor_messages.pool import AskPool, QueryAnswer, QueryDue
from lictor_messages.refusals import Refused
from lictor_messages.swim import (
    Ack,
    AckDue,
    CompareViews,
    Gossip,
    GossipDue,
    HandoffDue,
    IndirectPing,
    Introduced,
    JoinDue,
    LeaveDue,
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
    SuspicionDue,
    ViewsCompared,
)


class Prober(Actor):
    """SWIM + Lifeguard + Serf's events for one node. What it sends never rests on its journal, and may leave early."""

    hears = (
        Vocabulary()
        .on(Ping, Ack, IndirectPing, Nack, Gossip, QueryAnswer, by=By.PEERS)
        .on(PushPull, CompareViews, by=By.PEERS | By.NAMESAKES)
        .on(ProbeDue, AckDue, NackDue, GossipDue, PushPullDue, SuspicionDue, JoinDue, QueryDue, HandoffDue)
        .on(RetryJoinDue, RememberDue, LeaveDue, ReapDue, ReconnectDue)
        .on(Introduced, FireEvent, AskPool, ForceLeave, Join, Leave, ListMembers, ListSuspicions, GetOwnCoordinate)
        .on(RunKeyring, KeyringChanged)
        .on(Recovered, PushPullAnswer, ViewsCompared, LoopLagged, Undeliverable, Refused, Durable, DiskFull, DiskFreed)
    )
    journalled = True
    lane: ClassVar[Lane] = "gossip"
    shows = ("alive_count", "members_hash", "record")

    def __init__(self, options: ProberOptions, profile: Profile | None = None, view: SharedView = NO_ONE) -> None:
        self.pool = Pool(options, profile or profile_of(options), view, matches)
        self.members = self.pool.members
        self._conversation = Conversation(self.pool)
        self._handlers = Handlers(self.hears, self._table())

    @property
    def alive_count(self) -> int:
        """Members that this node holds for alive, itself included."""
        return self.members.alive_count

    @property
    def members_hash(self) -> int:
        """Equal on two nodes exactly if they hold the same members for alive."""
        return self.members.fingerprint

    @property
    def record(self) -> bytes:
        """What this node says of itself."""
        return self.members.me.record

    def start(self, turn: Turn) -> None:
        """This node is alive, and so far alone."""
        self.pool.begin(turn)

    def handle(self, message: Message, turn: Turn) -> None:
        """What is done about each kind is in the table."""
        self._handlers[type(message)](message, turn)
        self.pool.servers_changed(turn)

    def readings(self) -> Iterator[Reading]:
        """See ``Actor``."""
        return readings_of(self.pool)

    def check(self) -> None:
        """The pool's invariants."""
        self.pool.check()

    def _table(self) -> dict[type[Message], Handler]:
        """The table of contents."""
        pool, said = self.pool, self._conversation
        return {
            Recovered: self._recovered,
            Ping: said.ping,
            Ack: said.ack,
            ProbeDue: self._probe_due,
            Gossip: said.gossip,
            GossipDue: self._gossip_due,
            AckDue: pool.probing.ack_due,
            IndirectPing: said.indirect_ping,
            Nack: lambda nack, _: pool.probing.nacked(nack),
            NackDue: pool.probing.nack_due,
            PushPull: said.push_pull,
            PushPullAnswer: said.push_pull_answer,
            CompareViews: said.compare_views,
            ViewsCompared: said.views_compared,
            PushPullDue: self._push_pull_due,
            SuspicionDue: self._suspicion_due,
            ListMembers: self._list_members,
            ListSuspicions: self._list_suspicions,
            GetOwnCoordinate: lambda _, turn: turn.reply(OwnCoordinate(coordinate=pool.coordinate), early=True),
            Introduced: self._introduced,
            Join: pool.joining.asked,
            JoinDue: pool.joining.due,
            RetryJoinDue: lambda _, turn: pool.join(turn),
            **self._spread(),
            ForceLeave: self._force_leave,
            Leave: self._leave,
            RememberDue: pool.remembering.due,
            LeaveDue: lambda _, turn: pool.departure.finish(turn),
            ReapDue: lambda _, turn: pool.undertaker.reap(turn),
            ReconnectDue: lambda _, turn: pool.undertaker.reconnect(turn),
            LoopLagged: self._loop_lagged,
            Undeliverable: lambda u, turn: pool.joining.undeliverable(u.request, u.reason, turn),
            Refused: said.refused,
            **dict.fromkeys((Durable, DiskFull, DiskFreed), _ignored),
        }

    def _spread(self) -> dict[type[Message], Handler]:
        """Events, queries and keys, and what gossip brings too fast."""
        return {
            FireEvent: self.pool.events.fire,
            AskPool: self._ask_pool,
            QueryAnswer: self.pool.asking.answered,
            QueryDue: self.pool.asking.due,
            RunKeyring: self.pool.keys.run,
            KeyringChanged: self.pool.keys.changed,
            HandoffDue: self._handoff_due,
        }

    # -- the host, timers, requests from this node -----------------------------

    def _recovered(self, batch: Recovered, turn: Turn) -> None:
        self.pool.remembering.collect(batch.records, turn)
        if batch.done:
            self.pool.recovered(turn)

    def _introduced(self, said: Introduced, turn: Turn) -> None:
        """Others, or at the end nothing. One that does not wait, such as that of the other pool, has no use for it."""
        if not self.pool.joining.waits:
            return
        if said.records:
            self.pool.acquaintance.introduced(said.records, turn)
        else:
            self.pool.join(turn)

    def _probe_due(self, _: ProbeDue, turn: Turn) -> None:
        self.pool.probing.next_round(turn)
        self.pool.set_timers(turn)

    def _gossip_due(self, _: GossipDue, turn: Turn) -> None:
        self.pool.gossiper.tick(turn)
        self.pool.departure.progress(turn)

    def _push_pull_due(self, _: PushPullDue, turn: Turn) -> None:
        sample_queues(self.pool, turn)
        self.pool.sync.tick(turn)

    def _suspicion_due(self, due: SuspicionDue, turn: Turn) -> None:
        self.pool.membership.suspicion_due(due, turn)
        self.pool.set_timers(turn)

    def _list_members(self, asked: ListMembers, turn: Turn) -> None:
        members = self.members.listed_servers() if asked.servers else self.members.listed()
        if asked.name:
            members = tuple(member for member in members if member.name == asked.name)
        listed = MembersListed.model_construct(members=members, alive=self.alive_count, key_id=self.pool.keys.key_id)
        turn.reply(listed, early=True)

    def _list_suspicions(self, _: ListSuspicions, turn: Turn) -> None:
        turn.reply(Suspicions(suspicions=self.pool.suspicions.all(self.members, turn)), early=True)

    def _handoff_due(self, _: HandoffDue, turn: Turn) -> None:
        self.pool.handoff.due(turn)
        self.pool.set_timers(turn)

    def _ask_pool(self, ask: AskPool, turn: Turn) -> None:
        refused = pattern_refused(ask)
        if refused is None:
            self.pool.asking.asked(ask, turn)
        else:
            turn.reply(refused)

    def _force_leave(self, asked: ForceLeave, turn: Turn) -> None:
        self.pool.undertaker.force_leave(asked, turn)
        self.pool.set_timers(turn)

    def _leave(self, _: Leave, turn: Turn) -> None:
        self.pool.probing.stop(turn)
        self.pool.departure.leave(turn)
        self.pool.remembering.left(turn)

    def _loop_lagged(self, lagged: LoopLagged, turn: Turn) -> None:
        """The host was late, so acks and refutations may lie unread: doubt the accusations of that time."""
        if lagged.lag_ns > self.pool.profile.lag_tolerance:
            self.pool.awareness.add(1)
            self.pool.probing.doubt()
            self.pool.membership.postpone(lagged.lag_ns, turn)


def _ignored(_: Message, __: Turn) -> None:
    """Word of the disk: what is remembered there may be late, or wait for room, and no answer rests on it."""
