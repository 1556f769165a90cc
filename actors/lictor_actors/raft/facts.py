"""What a server is, knows and shows; ``core`` says how it changes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from enum import Enum

from lictor_actors.raft.configuration import Configuration, Dated
from lictor_actors.raft.doubts import EntryFault
from lictor_actors.raft.election import Ballot
from lictor_actors.raft.entry_times import Waiting
from lictor_actors.raft.leader_state import LeaderState
from lictor_actors.raft.log import Entry
from lictor_actors.raft.options import RaftOptions
from lictor_actors.raft.snapshot import Snapshot
from lictor_actors.raft.stable import Stable

LEAPS_SAID_NS = 10_000_000_000
"""It is said no more often than this."""


class Role(Enum):
    """What a server is to the others."""

    FOLLOWER = "follower"
    PRE_CANDIDATE = "pre-candidate"
    CANDIDATE = "candidate"
    LEADER = "leader"


# In Python 3.11 it takes seven times as long to find a member in its class.
FOLLOWER, PRE_CANDIDATE, CANDIDATE, LEADER = Role


class NotLeading(Exception):
    """Only a leader can do this, and one that is not about to hand over; ``leader`` is "" or who is said to lead."""

    def __init__(self, leader: str) -> None:
        super().__init__(f"not leading; the leader is {leader or 'unknown'}")
        self.leader = leader


class Facts:
    """One server's state, and the figures that others may read."""

    def __init__(self, me: str, options: RaftOptions) -> None:
        self.fault: EntryFault = lambda _: ""
        """Set by the one who applies the commands; they are nothing but bytes here."""
        self.believes: Callable[[Snapshot], str] = lambda _: ""
        """Set by the one who restores snapshots: why this whole one can never be restored, "" if it can."""
        self.me = me
        self.options = options
        self.role = FOLLOWER
        self.leader = ""
        self._stable = Stable()
        self._commit_index = 0
        self._taken = 0
        self._leading: LeaderState | None = None
        self._ballot = Ballot(())
        self._timeout_ns = 0
        self._quiet_since = 0
        """When there was last a reason not to stand: a leader's word, a vote given, an own candidacy."""
        self._heard_leader = 0
        """When a leader's word came last; the voter is loyal from then on for one shortest election time-out."""
        self.proposed = 0
        """Commands that this server put into the log as leader, in this life."""
        self.became = dict.fromkeys(("leader", "candidate", "follower"), 0)
        """How often, in this life."""
        self._storing: Waiting = deque()
        """What came from the present leader and is not known to be on disk."""
        self._reads: list[tuple[int, int]] = []
        self.disk_full = False
        """While it is set nothing can be promised: the others are heard only to learn who leads; no vote is asked for.
        What rested on the disk would wait in memory, more of it with each heartbeat."""
        self._started = False
        self._doubted: dict[str, None] = {}
        """Reasons for which something was refused in this life."""
        self._leapt = -LEAPS_SAID_NS
        """When a term that is too far away was last noted."""
        self._said_ceiling = False
        self._unbelievable: tuple[int, int, tuple[int, int]] = (0, 0, (0, 0))
        """The place of a leader's snapshot that was whole and could not be restored: it is not fetched again."""
        self._restored: Snapshot | None = None
        """A snapshot whose state the server has not taken over yet."""

    @property
    def term(self) -> int:
        """The latest term this server has seen."""
        return self._stable.term

    @property
    def commit_index(self) -> int:
        """The last index known to be committed; what follows may still change."""
        return self._commit_index

    @property
    def behind(self) -> bool:
        """True if there is something committed that was not taken with ``take_committed`` yet."""
        return self._taken < self._commit_index

    @property
    def last_index(self) -> int:
        """The end of the log."""
        return self._stable.log.last_index

    @property
    def last_term(self) -> int:
        """The term of the log's last entry."""
        return self._stable.log.last_term

    @property
    def durable_index(self) -> int:
        """The end of the part of the log that is on this server's disk."""
        return self._stable.durable_index

    @property
    def configuration(self) -> tuple[str, ...]:
        """The servers that vote, () before bootstrap."""
        return self._stable.configurations.latest.configuration.voters

    @property
    def members(self) -> Configuration:
        """All servers, those too that only receive the log."""
        return self._stable.configurations.latest.configuration

    @property
    def settled_members(self) -> Dated | None:
        """The configuration and its index if it is committed, and so may be followed by another; else None."""
        latest = self._stable.configurations.latest
        return latest if latest.index <= self._commit_index else None

    def members_at(self, index: int) -> Dated:
        """The configuration that was in force after entry ``index``, as far as the log reaches."""
        return self._stable.configurations.at(index)

    @property
    def identity(self) -> str:
        """What tells this disk from an earlier one of the same server; "" for those that bootstrapped."""
        return self._stable.identity

    @property
    def admitted(self) -> bool:
        """True if a configuration that may be the cluster's names this very server: only then may it vote."""
        return any(
            (row := configuration.row(self.me)) is not None and row.identity == self.identity
            for configuration in self._stable.configurations.possible(self._commit_index)
        )

    @property
    def snapshot(self) -> Snapshot | None:
        """The last whole snapshot."""
        return self._stable.snapshot

    @property
    def first_index(self) -> int:
        """The first entry that the log still has."""
        return self._stable.log.offset + 1

    @property
    def entries_sent(self) -> int:
        """Entries sent to peers since this server began to lead, each for each of them; 0 while it does not."""
        return self._leading.entries_sent if self._leading else 0

    @property
    def ready(self) -> bool:
        """True if this server leads and knows all that was ever committed."""
        return self._leading is not None and self._leading.own_term_committed

    def matches(self) -> Mapping[str, int]:
        """How far each peer's log is known to agree, while leading."""
        return {peer: p.match for peer, p in self._leading.peers.items()} if self._leading else {}

    def contacts(self, now: int) -> Mapping[str, int]:
        """Nanoseconds since each peer answered last, while leading."""
        return {peer: now - p.heard for peer, p in self._leading.peers.items()} if self._leading else {}

    def newcomers(self) -> Mapping[str, str]:
        """Peers that ask to be let in, with the identity of their disk, while leading."""
        peers = self._leading.peers if self._leading else {}
        return {peer: p.newcomer for peer, p in peers.items() if p.newcomer}

    def term_at(self, index: int) -> int | None:
        """Term of the entry at ``index``; None where the log has none."""
        return self._stable.log.term_at(index)

    def entries(self, lo: int, hi: int) -> Sequence[Entry]:
        """Entries of ``range(lo, hi)``; raises IndexError if the log does not hold them."""
        return self._stable.log.entries(lo, hi)

    def last_contact(self, now: int) -> int:
        """Nanoseconds since a leader was heard, 0 for the leader itself."""
        return 0 if self._leading else now - self._heard_leader

    def check(self) -> None:
        """Assert what must always hold once the journal is replayed, in constant time."""
        if not self._started:
            return
        log = self._stable.log
        assert self._taken <= self._commit_index <= log.last_index, "committed beyond the log"
        assert self._stable.durable_index <= log.last_index, "durable beyond the log"
        stands_for = self._stable.snapshot.index if self._stable.snapshot else 0
        assert log.offset <= stands_for <= self._commit_index, "entries are gone that no snapshot stands for"
        assert log.last_term <= self.term, "an entry from a term to come"
        assert (self.role is LEADER) == (self._leading is not None), "leads without leadership"
        assert self.role is not LEADER or self.leader == self.me, "leads, but names another leader"
        for peer, progress in self._leading.peers.items() if self._leading else ():
            assert progress.match < progress.next <= log.last_index + 1, f"{peer}: {progress.match}, {progress.next}"
            assert progress.match <= log.last_index, f"{peer} matches beyond the log"
