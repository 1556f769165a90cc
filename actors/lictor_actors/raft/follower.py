"""A follower's side of replication: compare, cut, append, and answer (section 5.3)."""

from __future__ import annotations

from lictor_actors.kernel.turn import Turn
from lictor_actors.raft.log import Entry
from lictor_actors.raft.stable import Stable
from lictor_messages.raft import AppendAnswer, AppendEntries


class CommittedTruncated(RuntimeError):
    """A leader's log contradicts what was committed: one of the two has lost data, and going on would hide it."""


def accept(message: AppendEntries, entries: list[Entry], stable: Stable, commit_index: int, turn: Turn) -> AppendAnswer:
    """Make the own log agree with the leader's as far as the message shows it; ``entries`` are those it brings."""
    log, prev = stable.log, message.prev_index
    if prev < log.offset:
        # What a snapshot stands for was committed, and so is in every leader's log: a late message.
        return AppendAnswer(term=stable.term, ok=True, match=commit_index, round=message.round)
    if log.term_at(prev) != message.prev_term:
        hint = log.last_not_above(min(prev, log.last_index), message.prev_term)
        return AppendAnswer(
            term=stable.term,
            ok=False,
            match=prev,
            hint_index=hint,
            hint_term=log.term_at(hint) or 0,
            round=message.round,
        )
    if entries:
        merge(entries, stable, commit_index, turn)
    return AppendAnswer(term=stable.term, ok=True, match=prev + len(entries), round=message.round)


def merge(entries: list[Entry], stable: Stable, commit_index: int, turn: Turn) -> None:
    """Add what is new; only another entry in its place makes the log shorter."""
    new = entries[stable.log.first_new(entries) :]
    if not new:
        return
    if new[0].index <= commit_index:
        raise CommittedTruncated(f"entry {new[0].index} of term {new[0].term}, but {commit_index} is committed")
    if new[0].index <= stable.log.last_index:
        stable.truncate_from(new[0].index, turn)
    stable.append(new, turn)
