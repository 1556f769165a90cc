"""The times and sizes of one server's Raft."""

from __future__ import annotations

from lictor_messages.base import Record

MILLISECOND = 1_000_000


class RaftOptions(Record):
    """Times are in nanoseconds; the multiplier is Consul's ``raft_multiplier`` and stretches all of them."""

    multiplier: float = 1.0
    heartbeat_base_ns: int = 100 * MILLISECOND
    election_base_ns: int = 500 * MILLISECOND
    """Shortest election time-out; each wait is drawn from [this, twice this)."""
    lease_share: float = 0.9
    """The part of the shortest election time-out for which a lease holds; the rest is for clocks that drift."""
    frame_bytes: int = 128 * 1024
    """Entries of one AppendEntries; half of the bus's frame, so that headers and company fit too."""
    eager_messages: int = 2
    """Part-filled messages that may be on their way to a peer before further entries wait to share one."""
    inflight_messages: int = 64
    inflight_bytes: int = 4 * 1024 * 1024
    uncommitted_bytes: int = 64 * 1024 * 1024
    """What a leader takes on without a quorum's answer before it refuses more."""
    snapshot_threshold: int = 16_384
    """Entries applied since the last snapshot after which another one is due, if they have half as many bytes as it."""
    snapshot_longest: int = 65_536
    """After so many it is due however large it is: a server that starts has to apply them again before it is of use."""
    trailing_logs: int = 10_240
    """Entries before the snapshot that stay, so that who was away for a moment needs no snapshot."""
    log_bytes: int = 64 * 1024 * 1024
    """The same for large entries: a snapshot is due when so much, and as much as the last snapshot has, was applied
    since; half of it stays before the snapshot, however few entries that are. The log is held in memory."""
    held_logs: int = 131_072
    """Entries that a leader keeps at most for followers that are on their way: with none, an install that takes
    longer than the trailing entries last would have to begin again, for ever."""

    @property
    def heartbeat_ns(self) -> int:
        """Time from one round to the next."""
        return int(self.heartbeat_base_ns * self.multiplier)

    @property
    def election_ns(self) -> int:
        """The shortest election time-out: also how long a voter stays loyal, and how long a leader goes on alone."""
        return int(self.election_base_ns * self.multiplier)

    @property
    def lease_ns(self) -> int:
        """How long after sending a round that a quorum answered the leader may read without asking again."""
        return int(self.election_ns * self.lease_share)
