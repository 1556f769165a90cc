"""What the leader knows of one follower's log, and what is on its way there (etcd's tracker)."""

from __future__ import annotations

from collections import deque
from enum import Enum

from lictor_actors.raft.entry_times import Waiting
from lictor_actors.raft.options import RaftOptions
from lictor_actors.raft.snapshot import Snapshot


class ProgressState(Enum):
    """How entries are sent."""

    PROBE = "probe"
    """Where the logs agree is not known: one message at a time."""
    REPLICATE = "replicate"
    """It is known: messages follow each other without waiting for answers."""
    SNAPSHOT = "snapshot"
    """The log no longer has what it needs next: a snapshot is on its way, one chunk for each answer."""


PROBE, REPLICATE, SNAPSHOT = ProgressState  # see ``raft.facts.Role``


class Progress:
    """The follower has everything up to ``match``; ``next`` is the first entry not sent yet."""

    __slots__ = (
        "_inflight",
        "_inflight_bytes",
        "acked_round",
        "asked",
        "heard",
        "match",
        "newcomer",
        "next",
        "offset",
        "probing",
        "sent_round",
        "snapshot",
        "state",
        "unanswered",
    )

    def __init__(self, following: int, now: int) -> None:
        self.state = PROBE
        self.match = 0
        self.next = following
        self.probing = False
        """True while a probe with entries is unanswered; a heartbeat's answer ends that too, if it was lost."""
        self.acked_round = 0
        self.asked = (0, now)
        """The last heartbeat round and when it left."""
        self.heard = now
        """When the last answer came; a new leader gives everyone the benefit of the doubt."""
        self.newcomer = ""
        """The identity by which this server asks to be let in, "" if it is in."""
        self.snapshot: Snapshot | None = None
        self.offset = 0
        """Where the chunk that is on its way begins."""
        self.sent_round = 0
        """The heartbeat round in which it left: an answer to a later round means that it was lost."""
        self.unanswered: Waiting = deque()
        """Of the entries that are on their way."""
        self._inflight: deque[tuple[int, int]] = deque()
        self._inflight_bytes = 0

    def may_send(self, waiting_bytes: int, options: RaftOptions) -> bool:
        """Nagle's rule: a message that is not full waits while some are on their way, and so fills under load."""
        if self.state is PROBE:
            return not self.probing
        if len(self._inflight) < options.eager_messages:
            return True
        return (
            waiting_bytes >= options.frame_bytes
            and len(self._inflight) < options.inflight_messages
            and self._inflight_bytes < options.inflight_bytes
        )

    def sent(self, last: int, size: int) -> None:
        """Entries up to ``last`` have left. A probe does not advance ``next``: it may well be refused."""
        if self.state is PROBE:
            self.probing = True
            return
        self.next = last + 1
        self._inflight.append((last, size))
        self._inflight_bytes += size

    def matched(self, match: int) -> bool:
        """The follower's log agrees up to ``match``; returns True if that is news.

        A late answer to an earlier message proves nothing about the probe that is out, and leaves the state alone.
        """
        self.probing = False
        while self._inflight and self._inflight[0][0] <= match:
            self._inflight_bytes -= self._inflight.popleft()[1]
        news = match > self.match
        self.match = max(self.match, match)
        if self.match + 1 >= self.next:
            self.next = self.match + 1
            self.state = REPLICATE
            self.snapshot = None
        return news

    def refused(self, rejected: int, agreed: int, newest: bool = False) -> None:
        """The follower has no such entry at ``rejected``; the logs may agree up to ``agreed``. Late news is ignored.

        ``newest``: this answers a later round than any other answer did. A follower that has no more what it had then
        was started with less: the end of its log was damaged, and could not be told from writes that were torn.
        """
        self.probing = False
        if newest and rejected <= self.match:
            self.match = 0
            self._probe_from(agreed + 1)
            return
        if self.state is REPLICATE:
            if rejected > self.match:
                self._probe_from(self.match + 1)
        elif self.state is PROBE and rejected == self.next - 1:
            self._probe_from(max(min(rejected, agreed + 1), self.match + 1))

    def known_as(self, newcomer: str, following: int) -> None:
        """The follower says by which identity it asks to be let in. Another disk than before: nothing matches."""
        if newcomer and newcomer != self.newcomer:
            self.match = 0
            self.snapshot = None
            self._probe_from(following)
        self.newcomer = newcomer

    def install(self, snapshot: Snapshot) -> None:
        """From now on this snapshot is sent, from its beginning."""
        self._probe_from(snapshot.index + 1)
        self.state = SNAPSHOT
        self.snapshot = snapshot
        self.offset = 0
        self.sent_round = -1

    def wants_chunk(self, offset: int) -> bool:
        """The follower wants the snapshot from ``offset`` on; False if that is on its way already."""
        news = offset != self.offset
        self.offset = offset
        return news

    def _probe_from(self, index: int) -> None:
        self.state = PROBE
        self.next = index
        self.unanswered.clear()
        self._inflight.clear()
        self._inflight_bytes = 0
