"""Raft: several servers agree on one log, and every committed entry outlives any minority of them.

House rules of this file
- All changes of role happen in the ``become_*`` functions of ``role_changes``, and nowhere else.
- Messages of other servers are handled in ``receiving``, and what the own server asks for here.
- Nothing is done here: wishes go to the turn (send, set_timer, persist), facts are returned or taken.
- A send waits for the journal unless it says ``early``; only a leader's AppendEntries do (see ``leader_state``).
- What is known only while leading lives in ``LeaderState``, what survives a crash in ``Stable``.

Theory, in a page
- **Terms.** Time is cut into terms, each with at most one leader, because a server votes once a term and a leader
  needs a majority. A server that sees a higher term adopts it and follows. A message of a lower term is refused.
- **Log matching.** An entry is accepted only where the one before it has the leader's term; so equal (index, term)
  means equal logs up to there.
- **Leader completeness.** Votes go only to logs that are at least as up-to-date as the voter's; so a leader's log
  holds every committed entry. A leader counts replicas only of its own term's entries; older ones are committed
  along with them. A no-op at the beginning of its term makes that happen at once.
- **Calm.** Before a server stands it asks, without raising any term, whether it would win (pre-vote), and voters are
  loyal to a leader that they heard within one shortest election time-out. A leader that no majority has answered
  for that long steps down (check-quorum). Both are needed: pre-vote alone keeps a leader that only a minority hears,
  check-quorum alone lets a half-connected server depose leaders for ever.
- **Loyalty after a restart.** A server that restarts cannot know which leader it heard last; for one shortest
  election time-out it votes for no one. Only a server that never had a term may vote at once.
- **Alone.** The only voter need not wait for an election time-out when it starts or bootstraps: no other can lead or
  hold a lease. Its log must rule out every other configuration that may be in force.
- **Membership.** One server changes at a time, so that old and new majorities overlap; only once the configuration
  before and an entry of the leader's own term are committed. A configuration is in force where it is appended. A
  server whose disk was lost is a new server, though it keeps its name (see ``configuration``).
- **Doubt.** What no server that keeps these rules would say is refused before anything changes; a term far above the
  own one is approached and not believed, and no server stands at the last term there is (see ``doubts``).
- **Snapshots.** What is applied may be forgotten once a snapshot of it is on disk (see ``snapshotting``).

The election timer is not set anew at each heartbeat: when it fires, it is set again for what is left to wait.
"""

from __future__ import annotations

from collections.abc import Sequence

from lictor_actors.kernel.turn import Turn
from lictor_actors.raft.configuration import ChangeRefused, Configuration, check_step, of_voters
from lictor_actors.raft.entry_times import sample_upto
from lictor_actors.raft.facts import CANDIDATE, NotLeading
from lictor_actors.raft.log import Entry
from lictor_actors.raft.receiving import Receiving
from lictor_messages.base import Message
from lictor_messages.journal import JournalRecord
from lictor_messages.raft import ElectionDue, HeartbeatDue


class Raft(Receiving):
    """One server's part in the agreement. Servers are named by node, ``n1.dc1``, and reached at ``server@n1.dc1``."""

    # -- life -----------------------------------------------------------------------------------------------------

    def recover(self, record: JournalRecord) -> None:
        """Replay one record of the journal; before ``start``."""
        self._stable.recover(record)

    def start(self, turn: Turn) -> None:
        """The whole journal has been replayed: follow, and wait for a leader. Raises LostBeginning."""
        self._stable.recovered(turn)
        self._started = True
        if self._stable.snapshot:
            self._restore(self._stable.snapshot)
        never_served = self._stable.term == 0
        self._heard_leader = turn.now - (self.options.election_ns if never_served else 0)
        self._draw_first_timeout(self.options.election_ns, 2 * self.options.election_ns, turn)
        self._at_the_ceiling(turn)

    def bootstrap(self, servers: tuple[str, ...], turn: Turn) -> None:
        """Begin the log with this configuration; the same on each of ``servers``, and nothing if there is a log."""
        if self._stable.log.last_index:
            return
        if self._stable.term == 0:
            self._stable.set_term(1, "", turn)
        if self.identity:
            self._stable.set_identity("", turn)  # it has promised nothing yet, so nothing can be forgotten
        self._stable.append([Entry(1, 1, "configuration", of_voters(servers).pack())], turn)
        # No lease can be out there yet, so the first election need not wait for loyalty to end.
        self._draw_first_timeout(self.options.heartbeat_ns // 2, self.options.election_ns, turn)

    def due(self, message: Message, turn: Turn) -> None:
        """One of the timers fired."""
        match message:
            case HeartbeatDue():
                self._heartbeat_due(turn)
            case ElectionDue():
                self._election_due(turn)
            case _:
                raise TypeError(f"{message.kind} is not a timer of Raft")

    def durable(self, upto: int, turn: Turn) -> None:
        """Records up to number ``upto`` are on disk: now the own copy, and the own vote, count."""
        waited_for_snapshot = not self._stable.snapshot_durable
        self._stable.durable(upto)
        sample_upto(self._stable.durable_index, "raft.rpc.appendEntries", self._storing, turn)
        if waited_for_snapshot:
            self._compact(turn)
        if self._leading:
            self._leading.advance_commit()
            self._after_leading(self._leading, turn)
        elif self.role is CANDIDATE:
            self._count(turn)

    # -- what the server asks for ---------------------------------------------------------------------------------

    def propose(self, data: Sequence[bytes], turn: Turn) -> range:
        """Put commands into the log; returns their indexes. Raises NotLeading or Overloaded: then nothing was done."""
        if self._leading is None or self._leading.transfer:
            raise NotLeading("" if self._leading else self.leader)
        indexes = self._leading.append("command", data, turn)
        self.proposed += len(data)
        return indexes

    def read(self, turn: Turn) -> int:
        """Ask for a linearizable read; its id comes back from ``take_reads``, or never if this server steps down.

        Raises NotLeading.
        """
        if self._leading is None:
            raise NotLeading(self.leader)
        read = self._leading.read()
        self._after_leading(self._leading, turn)
        return read

    def lease_valid(self, now: int) -> bool:
        """True if this server may answer default reads at ``now`` from what it has applied, without a round."""
        return self._leading is not None and self._leading.lease_valid(now)

    def transfer_leadership(self, target: str, turn: Turn) -> str:
        """Hand over to ``target`` ("" for the fittest), if it catches up within one election time-out.

        Returns the target. Raises NotLeading, LookupError if it is no voter or there is none.
        """
        if self._leading is None:
            raise NotLeading(self.leader)
        target = target or self._leading.successor(turn.now)
        if target == self.me or target not in self.configuration:
            raise LookupError(f"{target} is not a voter beside {self.me}" if target else "no other voter is there")
        self._leading.begin_transfer(target, turn)
        return target

    def reconfigure(self, configuration: Configuration, turn: Turn) -> None:
        """Append a configuration that differs in one server. Raises NotLeading, ChangeRefused: nothing was done.

        An uncommitted configuration, or a leader without a committed entry of its own term, must be waited for: two
        changes that know nothing of each other could have majorities that do not overlap (Ongaro, raft-dev 2015).
        """
        if self._leading is None or self._leading.transfer:
            raise NotLeading("" if self._leading else self.leader)
        if not self._leading.own_term_committed or self.settled_members is None:
            raise ChangeRefused("a change of the configuration is under way: try again later")
        check_step(self.members, configuration)
        self._leading.check_new_voters(configuration)
        turn.note(f"raft: voters {' '.join(configuration.voters)}; non-voters {' '.join(configuration.nonvoters)}")
        self._leading.reconfigure(configuration, turn)
        self._after_leading(self._leading, turn)

    def take_committed(self, most: int) -> list[Entry]:
        """Entries committed since the last call, in order, and no more than so many."""
        if not self.behind:
            return []
        first, self._taken = self._taken + 1, min(self._taken + most, self._commit_index)
        return list(self._stable.log.entries(first, self._taken + 1))

    def take_reads(self) -> list[tuple[int, int]]:
        """(read id, index): the read may be served once everything up to ``index`` is applied."""
        taken, self._reads = self._reads, []
        return taken
