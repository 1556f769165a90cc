"""Standing for election and judging those who do (sections 5.2 and 5.4.1; dissertation, sections 6.4.1 and 9.6)."""

from __future__ import annotations

from lictor_actors.raft.quorum import majority
from lictor_actors.raft.stable import Stable
from lictor_messages.raft import RequestVote, Vote


class Ballot:
    """The votes of one (pre-)candidacy."""

    __slots__ = ("_electorate", "_granted")

    def __init__(self, electorate: tuple[str, ...]) -> None:
        self._electorate = electorate
        self._granted: dict[str, None] = {}

    def grant(self, voter: str) -> None:
        """One vote; repeats and voices from outside the configuration do not count."""
        if voter in self._electorate:
            self._granted[voter] = None

    @property
    def won(self) -> bool:
        """True if a majority has granted."""
        return len(self._granted) >= majority(len(self._electorate))


def judge(request: RequestVote, source: str, stable: Stable) -> Vote:
    """The answer of a voter that is loyal to no leader and has adopted the term asked for, if it is a real vote.

    A pre-vote promises nothing and changes nothing, so any number of them may be granted.
    """
    current = stable.log.is_current(request.last_index, request.last_term)
    if request.pre:
        granted = current and request.term > stable.term
        return Vote(term=request.term if granted else stable.term, pre=True, granted=granted)
    granted = current and request.term == stable.term and stable.vote in ("", source)
    return Vote(term=stable.term, granted=granted)


def refuse(request: RequestVote, stable: Stable) -> Vote:
    """No, however good the candidate's log: a leader has been heard of lately."""
    return Vote(term=stable.term, pre=request.pre, granted=False)
