"""The first token once more: only with a file beside the leader's data, which strangers cannot write.

asker > leader          BootstrapAcls, though there was a first token
leader > its host       TakeBootstrapReset > BootstrapResetTaken: the file names the index of the bootstrap that it ends
leader > the log        BootstrapAclsAgain, or Refused with that index

Source: Consul's page on the reset of the bootstrap.
"""

from __future__ import annotations

from lictor_actors.kernel.turn import Ticket, Turn
from lictor_actors.roles.server.leader.proposals import Proposals
from lictor_actors.store.store import Store
from lictor_messages.acl import BootstrapAcls, BootstrapAclsAgain, BootstrapResetTaken, TakeBootstrapReset
from lictor_messages.jobs import JobFailed
from lictor_messages.refusals import Refused

MOST = 64
"""Askers that wait for the file at once."""


class BootstrapReset:
    """Of one lead."""

    def __init__(self, store: Store, proposals: Proposals) -> None:
        self._store = store
        self._proposals = proposals
        self._waiting: dict[str, tuple[BootstrapAcls, Ticket]] = {}
        """By the ticket of the job."""
        self._count = 0

    def takes(self, command: BootstrapAcls, turn: Turn) -> bool:
        """Whether it is answered from here: all are that come after the first."""
        if not self._store.acl.bootstrapped:
            return False
        if len(self._waiting) >= MOST:
            turn.reply(Refused(code="Overloaded"))
            return True
        self._count += 1
        ticket = f"bootstrap-reset-{self._count}"
        self._waiting[ticket] = command, turn.ticket()
        turn.run(TakeBootstrapReset(ticket=ticket, index=self._store.acl.bootstrapped))
        return True

    def taken(self, taken: BootstrapResetTaken, turn: Turn) -> None:
        """The file says so much."""
        if taken.ticket not in self._waiting:
            return
        command, ticket = self._waiting.pop(taken.ticket)
        begun = self._store.acl.bootstrapped
        if taken.index == begun:
            self._proposals.add(BootstrapAclsAgain(token=command.token, index=begun), ticket, turn)
        else:
            turn.answer(ticket, _refusal(taken.index, begun))

    def failed(self, failed: JobFailed, turn: Turn) -> None:
        """A host without files has none that ends a bootstrap."""
        turn.note(f"no reset of the bootstrap of ACLs: {failed.error}")
        self.taken(BootstrapResetTaken(ticket=failed.ticket), turn)

    def end(self, turn: Turn) -> None:
        """Another server leads, which has a file of its own."""
        for _, ticket in self._waiting.values():
            turn.answer(ticket, Refused(code="NotLeader"), early=True)


def _refusal(said: int, begun: int) -> Refused:
    if said:
        text = f"Invalid bootstrap reset index (specified {said}, reset index: {begun})"
        return Refused(code="Invalid", text=text)
    text = f"Permission denied: ACL bootstrap no longer allowed (reset index: {begun})"
    return Refused(code="PermissionDenied", text=text)
