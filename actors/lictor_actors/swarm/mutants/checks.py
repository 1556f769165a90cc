"""Bugs in checks: what a status is worth that was said once, and when the time of a critical one begins.

A patch is in force inside ``with planted(bug):`` and nowhere else (see ``patch``).
"""

from __future__ import annotations

from lictor_actors.kernel.turn import Turn
from lictor_actors.roles.agent import local_state
from lictor_actors.roles.agent.local_state import LocalState
from lictor_actors.roles.agent.registrations import Registrations
from lictor_actors.swarm.patch import Patch
from lictor_messages.agent import CheckSpec


def counts_reports_anew(patch: Patch) -> None:
    """After a restart of its agent a report holds as if it had just been made."""
    patch.set(local_state, "time_left", lambda state, ttl_ns, wall: ttl_ns)


def starts_as_registered(patch: Patch) -> None:
    """After a restart of its agent a check is what it was when it was registered."""

    def take_back_check(self: LocalState, spec: CheckSpec, turn: Turn) -> None:
        taken(self, spec, turn)
        check = self.checks[spec.id]
        check.record = check.record.model_copy(update={"status": spec.status or "critical"})

    taken = LocalState.take_back_check
    patch.set(LocalState, "take_back_check", take_back_check)


def takes_no_silence_for_an_answer(patch: Patch) -> None:
    """A TTL check whose owner has fallen silent stays as it was."""
    patch.set(Registrations, "ttl_due", lambda self, due, turn: None)


def counts_first_statuses(patch: Patch) -> None:
    """A check that is registered as critical has been critical since then, before any verdict."""

    def put_check(self: LocalState, spec: CheckSpec, turn: Turn, *, keep: bool) -> None:
        put(self, spec, turn, keep=keep)
        check = self.checks[spec.id]
        if check.record.status == "critical" and not check.critical_since:
            check.critical_since = max(turn.now, 1)

    put = LocalState.put_check
    patch.set(LocalState, "put_check", put_check)
