"""Which kinds of messages there are: a ``match`` that could never match anything is a slip of the pen."""

from __future__ import annotations

from difflib import get_close_matches
from fnmatch import fnmatchcase

from lictor_actors.faults.verb import Verb
from lictor_messages import every as every  # of a kind that was never imported it would be said that there is none
from lictor_messages.base import KINDS


def refuse_unknown_kinds(verb: Verb) -> None:
    """Raises ValueError if the fault is only for messages that do not exist."""
    for wanted in getattr(verb, "match", ()):
        if not _matches(wanted):
            near = get_close_matches(wanted, KINDS, 1)
            hint = f"did you mean {near[0]!r}?" if near else "write it like swim.ping or raft.*"
            raise ValueError(f"no message is called {wanted!r}: {hint}")


def _matches(wanted: str) -> bool:
    return any(fnmatchcase(kind, wanted) for kind in KINDS)
