"""What probers say to each other: SWIM's conversation with Lifeguard's additions (DSN 2002, DSN-W 2018).

A round: the prober sends ``Ping`` to the next member of its list and hopes for ``Ack``. After the probe time-out
it sends ``IndirectPing`` to a few helpers; each pings the target itself and relays the ``Ack``, or says ``Nack``
("I am fine, it is the target that is silent"). Without any ack the prober raises ``Suspect``.

What is to be known by all (``Alive``, ``Suspect``, ``Dead``, ``LeaveIntent``, ``members.UserEvent``,
``pool.PoolQuery``) is encoded
once, by the node that says it first, and carried as bytes in ``updates``: forwarding costs no encoding, and what was
seen before is recognised without decoding. Updates ride on pings and acks, on ``Gossip``, and, for the whole view at
once, on ``PushPull`` and its answer. Members that know each other exchange ``CompareViews`` and its answer first, and
on ``PushPull`` only what differs.
"""

from __future__ import annotations

from typing import Annotated, Literal

from annotated_types import Ge, Len, Lt

from lictor_messages.base import CLAIM, STORED, WIRE, FrozenMap, Message, ReadOnly
from lictor_messages.bounds import MARK_BYTES, Fingerprint, Marks, Natural, Port
from lictor_messages.coordinates import Coordinate

HOUR_NS = 3_600_000_000_000


class Ping(Message, kind="swim.ping", on=WIRE):
    """Are you there? Answered by Ack with the same ``seq`` to the envelope's source."""

    seq: Natural
    updates: tuple[bytes, ...] = ()


class Ack(Message, kind="swim.ack", on=WIRE):
    """I am here, or, relayed by a helper: it is."""

    seq: Natural
    view: Fingerprint = 0
    """The acker's fingerprint of its alive members and of the latest event; 0 in a relayed ack."""
    updates: tuple[bytes, ...] = ()
    coordinate: Coordinate | None = None
    """Where the acker lies; None in a relayed ack, and where coordinates are off."""


class IndirectPing(Message, kind="swim.indirect_ping", on=WIRE):
    """Ping ``node`` for me; relay its Ack with my ``seq``, or send Nack in time for the end of my round."""

    seq: Natural
    node: str
    updates: tuple[bytes, ...] = ()
    gossip: str = ""
    """Where the asker knows the node to live; "" from an older version. A namesake elsewhere is another node."""


class Nack(Message, kind="swim.nack", on=WIRE):
    """The helper is well, but the target did not answer it."""

    seq: Natural


class Gossip(Message, kind="swim.gossip", on=WIRE):
    """Updates only, to a few random members."""

    updates: tuple[bytes, ...]


VIEW_BUCKETS = 65
"""64 for members, by the hash of their names, and the last for user events."""
ViewSums = Annotated[Marks, Len(MARK_BYTES * VIEW_BUCKETS, MARK_BYTES * VIEW_BUCKETS)]
"""For each bucket of a view the exclusive or of the marks in it."""
ViewBucket = Annotated[int, Ge(0), Lt(VIEW_BUCKETS)]


class CompareViews(Message, kind="swim.compare_views", on=WIRE):
    """Is your view like mine? Answered by ViewsCompared; an older version refuses it as unknown."""

    updates: tuple[bytes, ...]
    """The sender's own record."""
    event_ltime: Natural
    sums: ViewSums
    query_ltime: Natural = 0


class ViewsCompared(Message, kind="swim.views_compared", on=WIRE):
    """Where the answerer's view is another one, and what it has there."""

    updates: tuple[bytes, ...]
    """Its own record."""
    event_ltime: Natural
    buckets: tuple[ViewBucket, ...] = ()
    """Those that differ."""
    marks: Marks = b""
    """Of all that it has in them."""
    whole: bool = False
    """It knows no other member, or too much differs: it wants the whole view, and gives its own."""
    query_ltime: Natural = 0


class PushPull(Message, kind="swim.push_pull", on=WIRE):
    """The sender's view, its own record first: the whole one, or what the other lacks. Answered by PushPullAnswer after
    the ``last`` part."""

    updates: tuple[bytes, ...]
    event_ltime: Natural
    """The sender's Lamport clock of user events: the next time it would use."""
    join: bool = False
    last: bool = True
    wanted: Marks | None = None
    """Of what the sender lacks; None asks for the whole view, and so does every sender of an older version."""
    buckets: tuple[ViewBucket, ...] = ()
    """In which that is; a sender of an older version names none."""
    query_ltime: Natural = 0
    """The sender's Lamport clock of queries; 0 from an older version."""


class PushPullAnswer(Message, kind="swim.push_pull_answer", on=WIRE):
    """The view of the one who was asked, or what was ``wanted`` of it, before it merged the asker's."""

    updates: tuple[bytes, ...]
    event_ltime: Natural
    last: bool = True
    query_ltime: Natural = 0


class Alive(Message, kind="swim.alive", on=CLAIM):
    """A node says that it lives, and where. Only the node itself makes these."""

    name: str
    dc: str
    address: str
    port: Port
    gossip: str
    rest: str
    tags: ReadOnly = FrozenMap()
    incarnation: Natural

    @property
    def node(self) -> str:
        """``name.dc``."""
        return f"{self.name}.{self.dc}"

    @property
    def id(self) -> str:
        """The node's id, "" if it says none."""
        return self.tags.get("id", "")


class Suspect(Message, kind="swim.suspect", on=CLAIM):
    """``accuser`` got no answer from ``node``."""

    node: str
    incarnation: Natural
    accuser: str


class Dead(Message, kind="swim.dead", on=CLAIM):
    """``node`` did not refute in time; or, if it accuses itself, it left on purpose."""

    node: str
    incarnation: Natural
    accuser: str


class LeaveIntent(Message, kind="swim.leave_intent", on=CLAIM):
    """Somebody wants a failed ``node`` to count as left (and be forgotten, with ``prune``). A live one refutes."""

    node: str
    incarnation: Natural
    prune: bool = False


class ProberOptions(Message):
    """With what a prober is started."""

    role: str = "prober"
    """The actor's role, in its own address and in those of its peers: probers of one pool share it."""
    pool: Literal["lan", "wan"] = "lan"
    """Of one datacenter's nodes, or of the servers of all datacenters."""
    name: str
    dc: str
    address: str
    port: int
    gossip: str
    rest: str
    tags: ReadOnly = FrozenMap()
    profile: Literal["lan", "wan", "local"] = "lan"
    join: tuple[str, ...] = ()
    """Gossip URLs, ``host:port`` or ``host``; tried until one answers."""
    shares_lane: bool = False
    """Its gossip URL, of TCP, leads to other nodes of its process as well: a join through it may reach one of them."""
    retry_join_ns: int = 1_000_000_000
    retry_join_max: int = 0
    """Attempts to join after which the node ends; 0: it goes on for ever."""
    introduced_within_ns: int = 0
    """It waits so long to be Introduced before it joins by itself, unless another finds it; 0: it joins at once."""
    rejoin_after_leave: bool = False
    """Look for those it knew even if it left on purpose."""
    tell: tuple[str, ...] = ()
    """Addresses on this node that hear every MemberEvent and UserEvent."""
    disable_coordinates: bool = False
    """Reckon none, and say none to others."""
    encrypted: bool = False
    """Its gossip is sealed with keys, which the host holds."""
    reconnect_timeout_ns: int = 72 * HOUR_NS
    """After this long a failed member is forgotten."""
    tombstone_timeout_ns: int = 24 * HOUR_NS
    """After this long a left member is forgotten."""
    allowed_networks: tuple[str, ...] = ()
    """In CIDR notation: members advertise themselves in one of these, or are turned away; empty: anywhere."""
    gossip_interval_ns: int = 0
    """This, and each of the following, in place of what the profile says; 0: what it says."""
    gossip_nodes: int = 0
    probe_interval_ns: int = 0
    probe_timeout_ns: int = 0
    suspicion_mult: int = 0
    retransmit_mult: int = 0


class Remembered(Message, kind="swim.remembered", on=STORED):
    """In a prober's journal: through whom its next life may rejoin."""

    addresses: tuple[str, ...] = ()
    """Gossip URLs, as the members advertise them."""
    left: bool = False
    """It has left on purpose since."""


class Introduced(Message):
    """From the process that starts many nodes at once: what these say of themselves, or at the end nothing.

    A prober takes it in as it does the answer to a join. After the end it probes, and joins if it knows no other.
    """

    records: tuple[bytes, ...] = ()


class ProbeDue(Message):
    """The round is over; the next begins."""


class AckDue(Message):
    """The probe time-out of ping ``seq`` has passed."""

    seq: int


class NackDue(Message):
    """The helper's patience with ping ``seq`` is over."""

    seq: int


class GossipDue(Message):
    """Time to tell a few random members what is queued."""


class HandoffDue(Message):
    """Time to weigh some of the updates that wait."""


class PushPullDue(Message):
    """Time to exchange views with a random member."""


class SuspicionDue(Message):
    """The suspect has had its time to refute."""

    node: str


class ReapDue(Message):
    """Time to forget members that are long gone."""


class RememberDue(Message):
    """Time to look whether the members worth remembering are others."""


class ReconnectDue(Message):
    """Time to try a failed member again: partitions heal."""


class JoinDue(Message):
    """The addresses of join attempt ``attempt`` that have not answered yet count as silent."""

    attempt: int


class RetryJoinDue(Message):
    """Time to try the addresses of the options again."""


class LeaveDue(Message):
    """The leave has had its time to spread."""
