"""What becomes of a command: refused with the reason, passed on to the leader, or proposed."""

from __future__ import annotations

from lictor_actors.kernel.turn import Turn
from lictor_actors.raft import Raft
from lictor_actors.roles.server.authorize import Authorize
from lictor_actors.roles.server.leader.leadership import Leadership
from lictor_actors.roles.server.primary import Primary
from lictor_actors.roles.server.to_leader import to_leader
from lictor_actors.store.admission import refuse_command
from lictor_actors.store.store import Store
from lictor_messages.acl import BootstrapAcls
from lictor_messages.answers import Command
from lictor_messages.auth_methods import LogIn, LogOut
from lictor_messages.autopilot import RemovePeer, TransferLeadership
from lictor_messages.coordinates import UpdateCoordinate
from lictor_messages.host import DiskFreed, DiskFull
from lictor_messages.refusals import Refused
from lictor_messages.server import ServerOptions


class Writes:
    """The checks before the log, cheapest first."""

    def __init__(self, options: ServerOptions, raft: Raft, store: Store, acl: Authorize, primary: Primary) -> None:
        self._raft = raft
        self._store = store
        self._acl = acl
        self._primary = primary
        self._open_most = options.open_writes_max
        self.budgets_spent = self.taken = 0
        """Writes that were dropped because they had waited for too long before they came to be proposed."""
        self._full = ""
        """What the disk said when it had no room, "" while it has."""

    def take(self, command: Command, leading: Leadership | None, leaving: bool, turn: Turn) -> None:
        """The command in hand; ``leaving``: this node is about to go."""
        self.taken += 1
        if turn.budget_spent:
            # Now it has certainly not happened; proposed, it would happen after its asker was told that it may have.
            self.budgets_spent += 1
            turn.reply(Refused(code="BudgetSpent"), early=True)
        elif self._full and self._raft.leader in ("", self._raft.me):
            turn.reply(self._no_room(), early=True)
        elif leading is None:
            to_leader(self._raft, turn)
        elif leaving:
            turn.reply(Refused(code="Stopping"))
        elif self._passed_on_or_denied(command, turn):
            pass  # and answered, or answered from where it went
        elif isinstance(command, RemovePeer | TransferLeadership):
            _operate(command, leading, turn)
        elif isinstance(command, LogIn | LogOut):
            leading.logins.take(command, turn)
        elif isinstance(command, BootstrapAcls) and leading.reset.takes(command, turn):
            pass  # it waits for the host's word, or was refused
        elif isinstance(command, UpdateCoordinate):
            leading.coordinates.take(command, turn)
        elif len(leading.proposals) >= self._open_most:
            turn.reply(Refused(code="Overloaded"))
        elif (refused := refuse_command(self._store, command)) is not None:
            turn.reply(refused)
        else:
            leading.proposals.add(command, turn.ticket(), turn, self._acl.reader(command, turn))

    def _passed_on_or_denied(self, command: Command, turn: Turn) -> bool:
        """Or held. By whose rights the primary datacenter writes, it says itself."""
        if self._primary.takes(command, turn):
            return True
        if self._acl.remote.waits(turn):
            return True
        denied = self._acl.refuses_command(command, turn)
        if denied is not None:
            turn.reply(denied)
        return denied is not None

    def disk_full(self, full: DiskFull, turn: Turn) -> None:
        """What rests on the disk waits. A leader that cannot write gives way to one that can."""
        self._full = full.why
        turn.note(f"the disk is full: {full.why}")
        self._raft.resign("its disk is full", turn)
        self._raft.disk_full = True

    def disk_freed(self, _: DiskFreed, __: Turn) -> None:
        """There is room again."""
        self._full = ""
        self._raft.disk_full = False

    def _no_room(self) -> Refused:
        """Passing if another server may soon lead."""
        alone = self._raft.configuration == (self._raft.me,)
        return Refused(code="JournalFailed" if alone else "NoLeader", text=f"no space left on device: {self._full}")


def _operate(command: RemovePeer | TransferLeadership, leading: Leadership, turn: Turn) -> None:
    """What an operator asks of the leader, and no log holds."""
    if isinstance(command, TransferLeadership):
        leading.handover.transfer(command, turn)
        return
    index = leading.configuration.remove(command, turn)
    if isinstance(index, Refused):
        turn.reply(index)
    else:
        leading.proposals.wait(index, turn.ticket())
