"""A gossip pool as one node sees it: SWIM's objects, wired together. A node is in one pool for each prober it has."""

from __future__ import annotations

from collections.abc import Iterable

from lictor_actors.kernel.turn import Turn
from lictor_actors.swim.acquaintance import Acquaintance
from lictor_actors.swim.asking import Asking
from lictor_actors.swim.awareness import Awareness
from lictor_actors.swim.border import Border
from lictor_actors.swim.coordinates import Vivaldi
from lictor_actors.swim.departure import Departure, Undertaker
from lictor_actors.swim.doubts import Doubts
from lictor_actors.swim.events import UserEvents
from lictor_actors.swim.exchanges import Exchanges
from lictor_actors.swim.gossip import Gossiper
from lictor_actors.swim.handoff import Handoff
from lictor_actors.swim.id_conflict import IdConflict
from lictor_actors.swim.intents import RecentIntents
from lictor_actors.swim.joining import Joining
from lictor_actors.swim.listeners import Listeners
from lictor_actors.swim.marks import EVENTS, bucket
from lictor_actors.swim.member_table import MemberState, MemberTable, Peer
from lictor_actors.swim.membership import Membership
from lictor_actors.swim.name_conflict import NameConflict
from lictor_actors.swim.own_record import OwnRecord
from lictor_actors.swim.pool_keys import PoolKeys
from lictor_actors.swim.probe import Probing, Round
from lictor_actors.swim.processed import ProcessedUpdates
from lictor_actors.swim.profile import Profile
from lictor_actors.swim.pushpull import PushPullSync
from lictor_actors.swim.queries import Matches, PoolQueries
from lictor_actors.swim.remembering import Remembering
from lictor_actors.swim.roster import NO_ONE, SharedView
from lictor_actors.swim.transitions import Transitions
from lictor_actors.swim.updates import Updates
from lictor_messages.codec import pack_body
from lictor_messages.coordinates import Coordinate
from lictor_messages.envelope import role_of
from lictor_messages.host import PoolLane
from lictor_messages.members import UserEvent
from lictor_messages.pool import PoolQuery
from lictor_messages.swim import Alive, Dead, LeaveIntent, ProberOptions, RetryJoinDue, Suspect

SECOND_NS = 1_000_000_000


class Pool:
    """The parts, and what concerns several of them."""

    def __init__(
        self, options: ProberOptions, profile: Profile, view: SharedView = NO_ONE, matches: Matches = str.__eq__
    ) -> None:
        """``view``: the members that this node knows from the start, itself among them. ``matches`` judges the tag
        filters of queries; without it a pattern has to be the whole value."""
        self._matches = matches
        self.profile = profile
        self.role = options.role
        self.network = options.pool
        """Serf's word for which pool it is, in its metrics."""
        self._options = options
        me = record(options, 0)
        self.members = MemberTable(Peer(me, pack_body(me), 0, options.role), view)
        self.awareness = Awareness(profile.awareness_max)
        self.gossiper = Gossiper(profile, self.members, options.pool)
        self.listeners = Listeners(me.node, options.tell, "wan" if options.pool == "wan" else "gossip")
        self.border = Border(options.pool, options.allowed_networks)
        self.doubts = Doubts()
        self.places: dict[str, Coordinate] = {}
        """Where members lie, as they said with the answers to probes; kept in the pool of all datacenters alone."""
        self._keeps_places = options.pool == "wan"
        self._vivaldi = None if options.disable_coordinates else Vivaldi(me.node)
        self._wire(ProcessedUpdates(view.processed))

    def _wire(self, processed: ProcessedUpdates) -> None:
        options, profile, members, gossiper = self._options, self.profile, self.members, self.gossiper
        self.queries = PoolQueries(members, gossiper, self._matches)
        self.asking = Asking(profile, members, self.queries)
        lan = options.pool != "wan"
        lane: PoolLane = "gossip" if lan else "wan"
        self.keys = PoolKeys(members.me.node, lane, options.encrypted, self.queries, self.asking)
        asked = members, self.queries, self.asking, self.listeners
        own = OwnRecord(members, gossiper, self.awareness, NameConflict(*asked, decides=lan))
        same_id = IdConflict(*asked, decides=lan)
        transitions = Transitions(profile, members, gossiper, self.listeners, processed, same_id)
        self.transitions = transitions
        self.suspicions = transitions.suspicions
        self.intents = RecentIntents(profile.broadcasts_max)
        self.membership = Membership(members, own, transitions, gossiper, self.listeners, self.border, self.intents)
        self.events = UserEvents(profile, gossiper, self.listeners)
        self.updates = Updates(members, processed, self.doubts, options.pool)
        self.handoff = Handoff(self.updates)
        self.updates.on(Alive, self.membership.alive)
        self.updates.on(Suspect, self.membership.suspect)
        self.updates.on(Dead, self.membership.dead)
        self.updates.on(LeaveIntent, self.membership.leave_intent)
        self.updates.on(UserEvent, self.events.heard)
        self.updates.on(PoolQuery, self.queries.heard)
        self.probing = Probing(profile, members, self.membership, gossiper, self.listeners, self.awareness)
        exchanges = Exchanges(options.pool)
        clock = self.queries.clock
        self.sync = PushPullSync(profile, members, own, gossiper, self.events, clock, self.updates, exchanges)
        self.acquaintance = Acquaintance(members, processed, self.updates, self.listeners)
        keep = options.reconnect_timeout_ns, options.tombstone_timeout_ns
        self.remembering = Remembering(members, options.rejoin_after_leave, options.reconnect_timeout_ns)
        join = options.join, options.retry_join_ns, options.port, options.pool, options.shares_lane
        waits = options.introduced_within_ns > 0
        self.joining = Joining(profile, members, self.sync, self.remembering, *join, options.retry_join_max, waits)
        self.departure = Departure(profile, members, gossiper)
        self.undertaker = Undertaker(profile, members, self.membership, self.sync, self.remembering, *keep)

    def begin(self, turn: Turn) -> None:
        """The incarnation starts from the clock, so that it is mostly higher than in an earlier life."""
        me = self.members.me
        me.alive = record(self._options, turn.wall // SECOND_NS)
        me.record, me.incarnation, me.since = pack_body(me.alive), me.alive.incarnation, turn.now
        self.members.sum_up(me)
        self.doubts.begin(me.incarnation, turn.now)
        self.listeners.located(me.record, turn)
        self.listeners.joined(me.record, self.members.alive_count, turn)
        if not self.joining.waits:
            self.sync.begin(turn)
        self.remembering.begin(turn)
        self.keys.begin(turn)

    def recovered(self, turn: Turn) -> None:
        """Join; or wait first to be introduced, if no earlier life has met others."""
        if self.joining.waits and not self.remembering.earlier:
            turn.set_timer("retry-join", self._options.introduced_within_ns, RetryJoinDue())
        else:
            self.join(turn)

    def join(self, turn: Turn) -> None:
        """Wait no more: join, unless this node has met others, then exchange views and probe."""
        if self.joining.waits:
            self.joining.waits = False
            self.sync.begin(turn)
        self.joining.begin(turn)
        self.set_timers(turn)

    @property
    def coordinate(self) -> Coordinate | None:
        """Where this node lies, None if it does not reckon that."""
        return None if self._vivaldi is None else self._vivaldi.coordinate

    def measured(self, done: Round, lies: Coordinate | None, turn: Turn) -> None:
        """A round trip is over. A node that stood still meanwhile has measured itself."""
        if self._vivaldi is None or lies is None or done.doubted:
            return
        if not self._vivaldi.measured(done.node, lies, (turn.now - done.start) / SECOND_NS):
            turn.count("round_trips_refused")
        elif self._keeps_places:
            self.places[done.node] = lies

    def hear(self, updates: tuple[bytes, ...], source: str, turn: Turn) -> None:
        """What rides on a message of ``source``."""
        if not updates:
            return
        was_alone = self.members.alone
        self.handoff.take_in(updates, source, turn)
        if self.joining.waits and was_alone and not self.members.alone:
            self.join(turn)  # one that does not wait has found it
        self.set_timers(turn)
        if was_alone and not self.members.alone and role_of(source) == self.role:
            self.sync.ask(source, turn)  # found rather than joining: learn the rest at once

    def set_timers(self, turn: Turn) -> None:
        """Start what the present table needs: probing with the first other member, the undertaker with the first that
        is gone."""
        if self.joining.waits:
            return
        if self.probing.asleep and not self.members.alone and not self.members.me.leaving:
            self.probing.wake(turn)
        self.undertaker.watch(turn)

    def servers_changed(self, turn: Turn) -> None:
        """After each turn: a server that came or went is remembered at once."""
        if self.listeners.servers_changed:
            self.listeners.servers_changed = False
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
        sums = [0] * EVENTS
        for peer in everyone:
            sums[bucket(peer.fingerprint)] ^= peer.held()
        assert self.members.sums == sums
        for peer in self.members.others.values():
            assert (peer.suspicion is not None) == (peer.state is MemberState.SUSPECT), peer.node
            assert bool(peer.verdict) == (peer.state is not MemberState.ALIVE), peer.node
            assert peer.incarnation >= peer.alive.incarnation, peer.node


def record(options: ProberOptions, incarnation: int) -> Alive:
    """What a node with these options says of itself."""
    o = options
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


def converged(everyone: Iterable[ProberOptions], wall: int) -> SharedView:
    """The view of nodes that begin at this wall time and know each other already; as each will say of itself."""
    peers = []
    for options in everyone:
        alive = record(options, wall // SECOND_NS)
        peers.append(Peer(alive, pack_body(alive), 0, options.role))
    return SharedView(peers)
