"""Who waits to hear what only the host can read: the machine and the process under this node, or its metrics."""

from __future__ import annotations

from lictor_actors.kernel.turn import Ticket, Turn
from lictor_messages.base import Message
from lictor_messages.jobs import JobFailed
from lictor_messages.machine import DescribeMachine, MachineRead, ReadMachine
from lictor_messages.metrics import MetricsRead, ReadMetrics, ShowMetrics
from lictor_messages.profiling import LookAtProcess, ProfileTaken, TakeProfile
from lictor_messages.refusals import Refused

TO_ITSELF: frozenset[type[Message]] = frozenset((DescribeMachine, LookAtProcess, ShowMetrics))
"""What a gateway asks of itself, and so under the id of a question of its desk."""


class HostReadings:
    """Ties the gateway's questions to the host's jobs: one for each."""

    def __init__(self, node: str) -> None:
        self._node = node
        self._waiting: dict[str, tuple[Ticket, str]] = {}
        """With what is to be read, for people; "" where the failure names it."""
        self._count = 0

    def asked(self, question: Message, turn: Turn) -> None:
        """Have the host look."""
        self._count += 1
        ticket = str(self._count)
        match question:
            case ShowMetrics():
                job: Message = ReadMetrics(ticket=ticket, node=self._node, as_text=question.as_text)
                what = "the metrics"
            case LookAtProcess():
                job, what = TakeProfile(ticket=ticket, look=question.look, seconds=question.seconds), ""
            case _:
                job, what = ReadMachine(ticket=ticket), "the machine"
        self._waiting[ticket] = turn.ticket(), what
        turn.run(job)

    def read(self, found: MachineRead | MetricsRead | ProfileTaken, turn: Turn) -> None:
        """It has."""
        ticket, _ = self._waiting.pop(found.ticket)
        turn.answer(ticket, found)

    def failed(self, failed: JobFailed, turn: Turn) -> None:
        """It could not."""
        ticket, what = self._waiting.pop(failed.ticket)
        words = f"{what} could not be read: {failed.error}" if what else failed.error
        turn.answer(ticket, Refused(code="Invalid", text=words))
