"""Raft's promises, checked after every turn of a server (Ongaro and Ousterhout 2014, figure 3), and a few more.

The judge sees each server from outside: its log, its term, what it posts, and what stands on its disk. It walks only
what changed since it last looked, so that judging costs less than running.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

from lictor_actors.raft import Raft, Role
from lictor_messages.envelope import Envelope, node_of
from lictor_messages.raft import RequestVote, Vote


class PromiseBroken(AssertionError):
    """A server did what Raft says no server does."""


@dataclass(slots=True)
class _Seen:
    """One life of a server, as the judge last saw it."""

    raft: Raft
    term: int = 0
    commit: int = 0
    applied: int = 0
    led: int = 0
    """The term it led when last seen, 0 if it did not lead."""
    voters: tuple[str, ...] = ()
    """Of the configuration that was in force."""
    terms: list[int] = field(default_factory=lambda: [0])
    """Term of each entry of its log; place 0 stands for the empty log."""


@dataclass(frozen=True, slots=True)
class _Committed:
    digest: bytes
    term: int
    seen_in: int
    """The term of the server that was first seen with it: leaders of later terms must have the entry."""


class RaftJudge:
    """Feed it with ``saw`` after each turn of a server and with ``heard`` for everything that is posted.

    ``on_disk(node, index)`` tells the term of the entry that a power cut at this moment would leave at ``index`` of a
    node's journal, None if none: it is asked only for servers whose memory does not tell.
    """

    def __init__(self, on_disk: Callable[[str, int], int | None] | None = None) -> None:
        self._on_disk = on_disk
        self._seen: dict[str, _Seen] = {}
        self._leaders: dict[int, str] = {}
        self._entries: dict[tuple[int, int], tuple[int, bytes]] = {}
        """(index, term) -> (term before it, what it holds): equal wherever both are equal."""
        self._committed: list[_Committed] = [_Committed(b"", 0, 0)]
        self._votes: dict[tuple[str, int], str] = {}
        self._wiped: dict[str, None] = {}

    @property
    def committed(self) -> int:
        """The highest index that any server was ever seen to have committed."""
        return len(self._committed) - 1

    def committed_term(self, index: int) -> int:
        """The term of an entry that was seen to be committed."""
        return self._committed[index].term

    @property
    def leaders(self) -> dict[int, str]:
        """Who led which term."""
        return dict(self._leaders)

    # -- what servers say --------------------------------------------------------

    def heard(self, envelope: Envelope) -> None:
        """A promise is made when it is posted: one vote a term, over all lives of a server."""
        body = envelope.body
        if isinstance(body, Vote) and body.granted and not body.pre:
            self._voted(node_of(envelope.source), body.term, node_of(envelope.target))
        elif isinstance(body, RequestVote) and not body.pre:
            self._voted(node_of(envelope.source), body.term, node_of(envelope.source))

    def _voted(self, voter: str, term: int, candidate: str) -> None:
        first = self._votes.setdefault((voter, term), candidate)
        if first != candidate:
            raise PromiseBroken(f"two votes in term {term}: {voter} voted for {first} and for {candidate}")

    def wiped(self, node: str) -> None:
        """This server has lost its disk. What it has promised it must not contradict all the same."""
        self._seen.pop(node, None)
        self._wiped[node] = None

    # -- what servers are ----------------------------------------------------------

    def saw(self, node: str, raft: Raft, applied: int = 0) -> None:
        """Look at a server after one of its turns."""
        seen = self._seen.get(node)
        if seen is None or seen.raft is not raft:
            seen = self._seen[node] = _Seen(raft)
        self._only_forward(node, seen, raft, applied)
        leads = raft.role is Role.LEADER
        if leads and seen.led == raft.term:
            self._append_only(node, seen, raft)
        if len(seen.terms) - 1 != raft.last_index or seen.terms[-1] != raft.last_term:
            self._log_matching(node, seen, raft)
        if leads and seen.led != raft.term:
            self._elected(node, raft)
        seen.led = raft.term if leads else 0
        if raft.commit_index > seen.commit:
            self._state_machine_safety(node, seen, raft)
        seen.voters = raft.configuration

    def _only_forward(self, node: str, seen: _Seen, raft: Raft, applied: int) -> None:
        if raft.term < seen.term or raft.commit_index < seen.commit or applied < seen.applied:
            raise PromiseBroken(
                f"{node} went back: term {seen.term} to {raft.term}, commit {seen.commit} to {raft.commit_index}, "
                f"applied {seen.applied} to {applied}"
            )
        if applied > raft.commit_index:
            raise PromiseBroken(f"{node} applied {applied} and knows only {raft.commit_index} to be committed")
        seen.term, seen.applied = raft.term, applied

    def _elected(self, node: str, raft: Raft) -> None:
        first = self._leaders.setdefault(raft.term, node)
        if first != node:
            raise PromiseBroken(f"election safety: {first} and {node} both lead term {raft.term}")
        for index in range(self.committed, 0, -1):
            entry = self._committed[index]
            if entry.seen_in < raft.term:
                if index >= raft.first_index and raft.term_at(index) != entry.term:
                    raise PromiseBroken(
                        f"leader completeness: {node} leads term {raft.term} without entry {index} of term "
                        f"{entry.term}, committed in term {entry.seen_in}"
                    )
                return

    def _append_only(self, node: str, seen: _Seen, raft: Raft) -> None:
        last = len(seen.terms) - 1
        if raft.last_index < last or raft.term_at(last) not in (seen.terms[last], None):
            raise PromiseBroken(f"leader append-only: {node} in term {raft.term} lost or changed entry {last}")

    def _log_matching(self, node: str, seen: _Seen, raft: Raft) -> None:
        terms = seen.terms
        begin = raft.first_index - 1
        self._snapshot_stands_for_committed(node, seen, begin)
        agreed = min(len(terms) - 1, raft.last_index)
        while agreed > begin and raft.term_at(agreed) != terms[agreed]:
            agreed -= 1
        if agreed < seen.commit:
            raise PromiseBroken(f"{node} dropped entry {agreed + 1}, and {seen.commit} was committed")
        del terms[agreed + 1 :]
        for entry in raft.entries(agreed + 1, raft.last_index + 1):
            holds = (terms[-1], hashlib.blake2b(entry.body, digest_size=12).digest())
            known = self._entries.setdefault((entry.index, entry.term), holds)
            if known != holds:
                raise PromiseBroken(f"log matching: entry {entry.index} of term {entry.term} differs on {node}")
            terms.append(entry.term)

    def _snapshot_stands_for_committed(self, node: str, seen: _Seen, upto: int) -> None:
        """Where the log no longer reaches, it is what was committed there, whatever this server had before."""
        if upto > self.committed:
            raise PromiseBroken(f"{node} forgot entries up to {upto}, and only {self.committed} were committed")
        for index in range(seen.commit + 1, upto + 1):
            if index < len(seen.terms):
                seen.terms[index] = self._committed[index].term
            else:
                seen.terms.append(self._committed[index].term)

    def _state_machine_safety(self, node: str, seen: _Seen, raft: Raft) -> None:
        if raft.commit_index >= len(seen.terms):
            raise PromiseBroken(f"{node} committed {raft.commit_index} and has only {len(seen.terms) - 1}")
        for index in range(seen.commit + 1, raft.commit_index + 1):
            term = seen.terms[index]
            digest = self._entries[index, term][1]
            if index > self.committed:
                self._committed.append(_Committed(digest, term, raft.term))
            elif (self._committed[index].term, self._committed[index].digest) != (term, digest):
                raise PromiseBroken(
                    f"state machine safety: {node} commits entry {index} of term {term}, "
                    f"others that of term {self._committed[index].term}"
                )
        if raft.role is Role.LEADER:
            self._committed_by_own_term(node, raft)
            if raft.commit_index == self.committed:
                self._durable_on_a_quorum(node, raft, seen.voters)
        seen.commit = raft.commit_index

    def _committed_by_own_term(self, node: str, raft: Raft) -> None:
        """Section 5.4.2, figure 8: copies of an older term's entry prove nothing, a later leader may overwrite it."""
        term = raft.term_at(raft.commit_index)
        if term != raft.term:
            raise PromiseBroken(
                f"{node} leads term {raft.term} and committed entry {raft.commit_index} of term {term} by counting"
            )

    # -- what stands on disks --------------------------------------------------------

    def _durable_on_a_quorum(self, node: str, raft: Raft, voters_before: tuple[str, ...]) -> None:
        """Of the configuration before or after this turn: a leader may have committed, and then changed it."""
        index, term = raft.commit_index, raft.term_at(raft.commit_index)
        for voters in dict.fromkeys((raft.configuration, voters_before or raft.configuration)):
            have = self._have(voters, index, term)
            if not voters or self._on_disk is None or 2 * len(have) > len(voters):
                return
        raise PromiseBroken(f"{node} committed entry {index} of term {term}, durable on {have} only")

    def _have(self, servers: tuple[str, ...], index: int, term: int | None) -> list[str]:
        have = [s for s in servers if self._has(s, index, term) or self._gives_no_votes(s)]
        if self._on_disk is not None and 2 * len(have) <= len(servers):
            have += [s for s in servers if s not in have and self._on_disk(s, index) == term]
        return have

    def _gives_no_votes(self, server: str) -> bool:
        """It may have lost what it acknowledged, but until it is let in again it helps nobody to lead without it."""
        seen = self._seen.get(server)
        return server in self._wiped and (seen is None or not seen.raft.admitted)

    def _has(self, server: str, index: int, term: int | None) -> bool:
        seen = self._seen.get(server)
        if seen is None or seen.raft.durable_index < index:
            return False
        return index < seen.raft.first_index or seen.raft.term_at(index) == term
