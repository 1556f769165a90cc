"""Raft's promises, checked after every turn and apart from the system: each costs a constant time a turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from lictor_actors.kernel.effects import Effect, Persist
from lictor_actors.raft import Raft, Role
from lictor_messages.base import Message
from lictor_messages.journal import appended
from lictor_messages.raft import RequestVote, Vote

if TYPE_CHECKING:
    from raft_network import Host


class Judge:
    """Remembers what no server may ever contradict."""

    def __init__(self) -> None:
        self.leaders: dict[int, str] = {}
        self.written: dict[tuple[int, int], tuple[int | None, bytes]] = {}
        """(index, term) → (term before, type and data): equal everywhere means equal logs up to there."""
        self.committed: dict[int, int] = {}
        """index → term of every entry that any server ever took for committed."""
        self.votes: dict[tuple[str, int], str] = {}
        self.terms: dict[str, int] = {}
        self.highest_commit = 0
        self._wiped: dict[str, None] = {}
        self._last_term: dict[str, tuple[int, int]] = {}

    def sent(self, source: str, target: str, message: Message) -> None:
        """One vote a term, also across restarts; and no term that was spoken of is forgotten."""
        if not getattr(message, "pre", False):
            self.terms[source] = max(self.terms.get(source, 0), message.term)  # type: ignore[attr-defined]
        if isinstance(message, Vote) and message.granted and not message.pre:
            self._voted(source, message.term, target)
        elif isinstance(message, RequestVote) and not message.pre:
            self._voted(source, message.term, source)

    def wiped(self, name: str) -> None:
        """This server forgot its terms with its disk. Its votes it must not contradict all the same."""
        self.terms.pop(name, None)
        self._wiped[name] = None

    def after_turn(
        self, hosts: Mapping[str, Host], name: str, effects: Sequence[Effect], clock: Callable[[Host], int]
    ) -> None:
        """The server ``name`` has just had a turn."""
        raft = hosts[name].server.raft
        assert raft.term >= self.terms.get(name, 0), f"{name} forgot a term"
        self._log_matching(raft, effects)
        before = self.highest_commit
        self._commits(hosts, raft)
        if raft.role is Role.LEADER:
            self._leader(raft)
        for host in hosts.values() if self.highest_commit > before else (hosts[name],):
            self._lease(host, clock(host))

    def _voted(self, voter: str, term: int, candidate: str) -> None:
        known = self.votes.setdefault((voter, term), candidate)
        assert known == candidate, f"{voter} voted for {known} and {candidate} in term {term}"

    def _log_matching(self, raft: Raft, effects: Sequence[Effect]) -> None:
        for effect in effects:
            for index, term, body in appended(effect.record) if isinstance(effect, Persist) else ():
                before = raft.term_at(index - 1)
                if before is None:
                    continue  # the log begins here: a snapshot stands for what came before
                fact = (before, body)
                known = self.written.setdefault((index, term), fact)
                assert known == fact, f"entry {index} of term {term} is {known} and {fact}"

    def _commits(self, hosts: Mapping[str, Host], raft: Raft) -> None:
        for index in range(self.highest_commit + 1, raft.commit_index + 1):
            term = raft.term_at(index)
            if term is not None:
                self.committed[index] = term
            else:
                assert index in self.committed, f"a snapshot stands for {index}, which nobody committed"
        if raft.commit_index > self.highest_commit:
            self.highest_commit = raft.commit_index
            term = self.committed[raft.commit_index]
            voters = [hosts[name] for name in raft.configuration]
            copies = sum(_has(host, raft.commit_index, term) or self._gives_no_votes(host) for host in voters)
            assert copies > len(raft.configuration) // 2, f"{raft.commit_index} is committed with {copies} copies"
        elif raft.commit_index:
            assert raft.term_at(raft.commit_index) == self.committed[raft.commit_index], "two committed entries differ"

    def _gives_no_votes(self, host: Host) -> bool:
        """It may have lost its copy after it had acknowledged it; but it helps nobody to lead without the entry."""
        return host.name in self._wiped and (host.life is None or not host.server.raft.admitted)

    def _lease(self, host: Host, now: int) -> None:
        if host.life and host.server.raft.lease_valid(now):
            commit = host.server.raft.commit_index
            assert commit == self.highest_commit, f"{host.name} would serve a stale read by its lease"

    def _leader(self, raft: Raft) -> None:
        first = raft.term not in self.leaders
        known = self.leaders.setdefault(raft.term, raft.me)
        assert known == raft.me, f"{known} and {raft.me} both lead term {raft.term}"
        last_term, last_index = self._last_term.get(raft.me, (0, 0))
        if last_term == raft.term:
            assert raft.last_index >= last_index, f"{raft.me} shortened its own log while leading"
        self._last_term[raft.me] = (raft.term, raft.last_index)
        if first:
            missing = [i for i, term in self.committed.items() if i >= raft.first_index and raft.term_at(i) != term]
            assert not missing, f"{raft.me} leads term {raft.term} without committed entries {missing[:3]}"


def _has(host: Host, index: int, term: int) -> bool:
    return host.durable_snapshot >= index or host.durable_log.get(index) == term
