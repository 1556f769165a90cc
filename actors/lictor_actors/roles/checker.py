"""The checker: runs a node's checks as jobs of its host and tells its agent what changed. Their kinds: ``checks/``.

agent > checker    StartCheck, StopCheck
checker > host     ProbeHttp, RunScript …; their results come back by ticket
checker > agent    CheckerStarted once per life, CheckResult when a verdict or its output changed
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lictor_actors.checks.every import KINDS
from lictor_actors.checks.kind import Verdict
from lictor_actors.checks.thresholds import Thresholds
from lictor_actors.kernel.actor import Actor
from lictor_actors.kernel.turn import Turn
from lictor_actors.kernel.vocabulary import Handlers, Vocabulary
from lictor_messages.agent import CheckSpec
from lictor_messages.base import Message
from lictor_messages.checker import CheckDue, CheckerStarted, CheckResult, StartCheck, StopCheck
from lictor_messages.envelope import at, node_of
from lictor_messages.host import Undeliverable
from lictor_messages.jobs import JobFailed

RESULTS = tuple(kind.result for kind in KINDS.values())


@dataclass(slots=True)
class Running:
    """A check that is being run again and again."""

    spec: CheckSpec
    thresholds: Thresholds
    ticket: str = ""
    """The run that is under way, "" between runs."""
    told: Verdict | None = None
    """Status and output that the agent knows from this life."""


class Checker(Actor):
    """One per agent. It starts empty: its agent tells it everything after ``CheckerStarted``."""

    hears = Vocabulary().on(CheckDue, *RESULTS, JobFailed, StartCheck, StopCheck, Undeliverable)

    def __init__(self) -> None:
        self.running: dict[str, Running] = {}
        self._runs: dict[str, str] = {}
        self._count = 0
        self._handlers = Handlers(
            self.hears,
            {
                CheckDue: self._due,
                **dict.fromkeys(RESULTS, self._probed),
                JobFailed: self._job_failed,
                StartCheck: self._start_check,
                StopCheck: self._stop_check,
                Undeliverable: lambda *_: None,
            },
        )

    def start(self, turn: Turn) -> None:
        """Ask for work."""
        turn.send(at("agent", node_of(turn.me)), CheckerStarted())

    def handle(self, message: Message, turn: Turn) -> None:
        """Timers and results, orders from the agent."""
        self._handlers[type(message)](message, turn)

    def check(self) -> None:
        """Every run under way belongs to a check that is being run."""
        for ticket, check_id in self._runs.items():
            assert self.running[check_id].ticket == ticket

    # -- orders --------------------------------------------------------------

    def _start_check(self, order: StartCheck, turn: Turn) -> None:
        known = self.running.get(order.id)
        if known is not None and known.spec == order.spec:
            return
        self._forget(order.id)
        self.running[order.id] = Running(order.spec, Thresholds(order.spec))
        # A random first moment, so that checks which were registered together do not run together for ever.
        turn.set_timer(f"check:{order.id}", turn.rng.randrange(order.spec.interval_ns), CheckDue(id=order.id))

    def _stop_check(self, order: StopCheck, turn: Turn) -> None:
        self._forget(order.id)
        turn.cancel_timer(f"check:{order.id}")

    def _forget(self, check_id: str) -> None:
        check = self.running.pop(check_id, None)
        if check is not None:
            self._runs.pop(check.ticket, None)

    # -- runs ----------------------------------------------------------------

    def _due(self, due: CheckDue, turn: Turn) -> None:
        check = self.running.get(due.id)
        if check is None:
            return
        self._runs.pop(check.ticket, None)
        self._count += 1
        check.ticket = str(self._count)
        self._runs[check.ticket] = due.id
        turn.run(KINDS[check.spec.type].job(check.spec, check.ticket))
        # The result sets this timer anew. If none comes at all, the check still runs again.
        turn.set_timer(f"check:{due.id}", check.spec.timeout_ns + check.spec.interval_ns, due)

    def _probed(self, result: Any, turn: Turn) -> None:
        self._judge(result.ticket, lambda spec: KINDS[spec.type].verdict(spec, result), turn)

    def _job_failed(self, result: JobFailed, turn: Turn) -> None:
        self._judge(result.ticket, lambda _: ("critical", result.error), turn)

    def _judge(self, ticket: str, verdict: Callable[[CheckSpec], Verdict], turn: Turn) -> None:
        check_id = self._runs.pop(ticket, None)
        if check_id is None:
            return  # Stopped or replaced while it ran.
        check = self.running[check_id]
        check.ticket = ""
        turn.set_timer(f"check:{check_id}", check.spec.interval_ns, CheckDue(id=check_id))
        outcome, output = verdict(check.spec)
        status = check.thresholds.judge(outcome)
        if status is not None and check.told != (status, output):
            check.told = status, output
            turn.send(at("agent", node_of(turn.me)), CheckResult(id=check_id, status=status, output=output))
