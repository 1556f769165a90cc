"""Who waits to hear of the machine under this node: the host looks at it, once for each."""

from __future__ import annotations

from lictor_actors.kernel.turn import Ticket, Turn
from lictor_messages.jobs import JobFailed
from lictor_messages.machine import DescribeMachine, MachineRead, ReadMachine
from lictor_messages.refusals import Refused


class MachineReadings:
    """Ties the gateway's questions to the host's jobs."""

    def __init__(self) -> None:
        self._waiting: dict[str, Ticket] = {}
        self._count = 0

    def asked(self, _: DescribeMachine, turn: Turn) -> None:
        """Have the host look."""
        self._count += 1
        self._waiting[str(self._count)] = turn.ticket()
        turn.run(ReadMachine(ticket=str(self._count)))

    def read(self, machine: MachineRead, turn: Turn) -> None:
        """It has."""
        turn.answer(self._waiting.pop(machine.ticket), machine)

    def failed(self, failed: JobFailed, turn: Turn) -> None:
        """It could not."""
        refused = Refused(code="Invalid", text=f"the machine could not be read: {failed.error}")
        turn.answer(self._waiting.pop(failed.ticket), refused)
