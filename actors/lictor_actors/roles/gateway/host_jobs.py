"""Who waits to hear of the machine and the process under this node: the host looks at them, once for each."""

from __future__ import annotations

from lictor_actors.kernel.turn import Ticket, Turn
from lictor_messages.base import Message
from lictor_messages.jobs import JobFailed
from lictor_messages.machine import DescribeMachine, MachineRead, ReadMachine
from lictor_messages.profiling import LookAtProcess, ProfileTaken, TakeProfile
from lictor_messages.refusals import Refused

ASKED: frozenset[type[Message]] = frozenset((DescribeMachine, LookAtProcess))
"""What a gateway asks of itself, and so under the id of a question of its desk."""


class HostJobs:
    """Ties the gateway's questions to the host's jobs."""

    def __init__(self) -> None:
        self._waiting: dict[str, Ticket] = {}
        self._count = 0

    def asked(self, ask: Message, turn: Turn) -> None:
        """Have the host look."""
        self._count += 1
        ticket = str(self._count)
        self._waiting[ticket] = turn.ticket()
        if isinstance(ask, LookAtProcess):
            turn.run(TakeProfile(ticket=ticket, look=ask.look, seconds=ask.seconds))
        else:
            turn.run(ReadMachine(ticket=ticket))

    def done(self, seen: MachineRead | ProfileTaken, turn: Turn) -> None:
        """It has."""
        turn.answer(self._waiting.pop(seen.ticket), seen)

    def failed(self, failed: JobFailed, turn: Turn) -> None:
        """It could not."""
        turn.answer(self._waiting.pop(failed.ticket), Refused(code="Invalid", text=failed.error))
