"""The services and checks of the configuration: taken at the start, and again whenever the agent is to reload.

Reload > ReadDefinitions (the host's job) > DefinitionsRead > what the files define no more goes, the rest is taken
agent > the node's other actors    their new options

What was registered over the API stays. Checks that go on keep their status.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lictor_actors.checks.rules import complete_check, complete_checks
from lictor_actors.consul.service_rules import complete_service
from lictor_actors.kernel.turn import Ticket, Turn
from lictor_actors.roles.agent.anti_entropy import AntiEntropy
from lictor_actors.roles.agent.forwarding import Forwarding
from lictor_actors.roles.agent.local_state import Key, LocalState
from lictor_actors.roles.agent.own_writes import NODE_KEY
from lictor_actors.roles.agent.registrations import Registrations
from lictor_actors.roles.agent.tokens import AgentTokens
from lictor_messages.agent import AgentOptions, CheckSpec, RegisterService
from lictor_messages.envelope import at
from lictor_messages.jobs import JobFailed
from lictor_messages.refusals import Refused
from lictor_messages.reload import DefinitionsRead, ReadDefinitions, Reload


class Configured:
    """Brings definitions into the local state, and answers those who asked for a reload."""

    def __init__(
        self,
        options: AgentOptions,
        own: Registrations,
        local: LocalState,
        sync: AntiEntropy,
        forwarding: Forwarding,
        tokens: AgentTokens,
    ) -> None:
        self._options = options
        self._own = own
        self._tokens = tokens
        self._local = local
        self._sync = sync
        self._forwarding = forwarding
        self._reading: dict[str, Ticket | None] = {}
        """Job → who waits for it; a signal waits for nothing."""
        self._count = 0

    def start(self, turn: Turn) -> None:
        """Take what the agent was started with."""
        self._forwarding.limit(self._options, turn.now)
        self._take(self._options.services, self._options.checks, turn)

    def reload(self, _: Reload, turn: Turn) -> None:
        """Have the files read; answered once that is done."""
        self._count += 1
        asked = turn.envelope is not None and bool(turn.envelope.reply_to)
        self._reading[str(self._count)] = turn.ticket() if asked else None
        turn.run(ReadDefinitions(ticket=str(self._count)))

    def failed(self, result: JobFailed, turn: Turn) -> None:
        """This agent was not started from files."""
        turn.note(f"a reload failed: {result.error}")
        why = "this agent was not started from files, and so has none to read again: only `lictor agent` reads some"
        self.read(DefinitionsRead(ticket=result.ticket, error=why), turn)

    def read(self, read: DefinitionsRead, turn: Turn) -> None:
        """Take what the files say now, unless something is wrong with them."""
        ticket = self._reading.pop(read.ticket)
        if read.error:
            turn.note(f"nothing was reloaded: {read.error}")
            if ticket is not None:
                turn.answer(ticket, Refused(code="Invalid", text=read.error))
            return
        for actor in read.actors:
            if isinstance(actor.options, AgentOptions):
                self._follow(actor.options, turn)
            elif actor.options is not None:
                turn.send(at(actor.role, self._options.node), actor.options)
        self._own.drop_unless(*self._ids(read.services, read.checks), turn)
        self._take(read.services, read.checks, turn)
        turn.note(f"reloaded: {len(read.services)} services and {len(read.checks)} checks are configured")
        if ticket is not None:
            self._sync.wait(ticket, turn)
        else:
            self._sync.sync_changes(turn)

    def _follow(self, options: AgentOptions, turn: Turn) -> None:
        self._tokens.follow(options)
        self._local.discards_output = options.discard_check_output
        self._forwarding.limit(options, turn.now)
        if self._sync.written.describe(options):
            self._sync.changed(NODE_KEY)

    def _ids(self, services: Sequence[RegisterService], checks: Sequence[CheckSpec]) -> tuple[set[str], set[str]]:
        """Of what is defined, with those that are filled in."""
        completed = [complete_service(each.service, self._options.name) for each in services]
        ids = {complete_check(spec, 0).id for spec in checks}
        for service, each in zip(completed, services, strict=True):
            ids |= {spec.id for spec in complete_checks(service, each.checks, 0)}
        return {service.id for service in completed}, ids

    def _take(self, services: Sequence[RegisterService], checks: Sequence[CheckSpec], turn: Turn) -> None:
        self._tokens.defined = dict(_tokens(services, checks))
        refused = [self._own.take_service(register, turn, keep=False) for register in services]
        refused += [self._own.take_check(spec, turn, keep=False) for spec in checks]
        for why in refused:
            if why is not None:
                turn.note(f"left out of the configuration: {why.words}")


def _tokens(services: Sequence[RegisterService], checks: Sequence[CheckSpec]) -> Iterator[tuple[Key, str]]:
    """What each definition names."""
    for register in services:
        yield ("service", register.service.id or register.service.service), register.token
    for spec in checks:
        yield ("check", spec.id or spec.name), spec.token
