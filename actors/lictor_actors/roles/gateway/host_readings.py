"""Who waits to hear what only the host can read, the machine under this node or its metrics: once for each."""

from __future__ import annotations

from lictor_actors.kernel.turn import Ticket, Turn
from lictor_messages.jobs import JobFailed
from lictor_messages.machine import DescribeMachine, MachineRead, ReadMachine
from lictor_messages.metrics import MetricsRead, ReadMetrics, ShowMetrics
from lictor_messages.refusals import Refused


class HostReadings:
    """Ties the gateway's questions to the host's jobs."""

    def __init__(self, node: str) -> None:
        self._node = node
        self._waiting: dict[str, tuple[Ticket, str]] = {}
        """With what is to be read, for people."""
        self._count = 0

    def asked(self, question: DescribeMachine | ShowMetrics, turn: Turn) -> None:
        """Have the host look."""
        self._count += 1
        ticket = str(self._count)
        if isinstance(question, ShowMetrics):
            self._waiting[ticket] = turn.ticket(), "the metrics"
            turn.run(ReadMetrics(ticket=ticket, node=self._node, as_text=question.as_text))
        else:
            self._waiting[ticket] = turn.ticket(), "the machine"
            turn.run(ReadMachine(ticket=ticket))

    def read(self, found: MachineRead | MetricsRead, turn: Turn) -> None:
        """It has."""
        ticket, _ = self._waiting.pop(found.ticket)
        turn.answer(ticket, found)

    def failed(self, failed: JobFailed, turn: Turn) -> None:
        """It could not."""
        ticket, what = self._waiting.pop(failed.ticket)
        turn.answer(ticket, Refused(code="Invalid", text=f"{what} could not be read: {failed.error}"))
