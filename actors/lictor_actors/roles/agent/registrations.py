"""What is asked of an agent about its own services and checks: register, deregister, list, report."""

from __future__ import annotations

from lictor_actors.checks.rules import check_refused, complete_check, complete_checks, service_refused
from lictor_actors.checks.script import allowed, script_refused
from lictor_actors.checks.ttl import expired
from lictor_actors.consul.service_rules import complete_service
from lictor_actors.kernel.turn import Turn
from lictor_actors.roles.agent.anti_entropy import AntiEntropy
from lictor_actors.roles.agent.local_state import Change, LocalState
from lictor_actors.roles.agent.maintenance import maintenance_check, maintenance_id
from lictor_messages.agent import (
    Accepted,
    AgentOptions,
    CheckSpec,
    DeregisterCheck,
    DeregisterService,
    ReapCriticalDue,
    RegisterCheck,
    RegisterService,
    SetMaintenance,
    TtlDue,
    UpdateCheck,
)
from lictor_messages.catalog import CheckStatus
from lictor_messages.checker import CheckResult
from lictor_messages.cut import cut, size
from lictor_messages.refusals import Refused

REAP_EVERY_NS = 30_000_000_000


class Registrations:
    """Changes the local state as it is asked, if the rules allow it, and has the catalog told."""

    def __init__(self, options: AgentOptions, local: LocalState, sync: AntiEntropy) -> None:
        self._node = options.name
        self._output_most = options.check_output_max_size
        self.scripts = allowed(options.enable_script_checks, options.enable_local_script_checks)
        """Of which definitions scripts are run."""
        self._local = local
        self._sync = sync
        self._reaping = False

    # -- services ------------------------------------------------------------

    def register_service(self, register: RegisterService, turn: Turn) -> None:
        """Answer Accepted when the catalog has been told, or Refused."""
        self._accept(self.take_service(register, turn, keep=True), turn)

    def take_service(self, register: RegisterService, turn: Turn, *, keep: bool) -> Refused | None:
        """Add a service with its checks; ``keep`` has the journal remember them. Returns why not, or None."""
        refused = service_refused(register) or self._script_refused(register.checks, keep)
        if refused is not None:
            return refused
        service = complete_service(register.service, self._node)
        specs = complete_checks(service, register.checks, self._output_most)
        if register.replace_existing_checks:
            wanted = [spec.id for spec in specs]
            for check_id in self._local.checks_of(service.id):
                if check_id not in wanted and check_id != maintenance_id(service.id):
                    self._local.remove_check(check_id, turn)
        self._local.put_service(service, turn, keep=keep)
        for spec in specs:
            self._local.put_check(spec, turn, keep=keep)
        self.watch_critical(turn)
        return None

    def _script_refused(self, specs: tuple[CheckSpec, ...], keep: bool) -> Refused | None:
        """What the journal is to keep has come over the API, the rest from the configuration."""
        refusals = (script_refused(spec, self.scripts, from_files=not keep) for spec in specs)
        return next((refused for refused in refusals if refused is not None), None)

    def deregister_service(self, request: DeregisterService, turn: Turn) -> None:
        """Answer Accepted, or Refused NotFound."""
        if request.id not in self._local.services:
            turn.reply(_unknown_service(request.id))
            return
        self._local.remove_service(request.id, turn)
        self._accept(None, turn)

    def set_maintenance(self, ask: SetMaintenance, turn: Turn) -> None:
        """Answer Accepted, also if nothing had to be changed, or Refused NotFound."""
        check_id = maintenance_id(ask.service_id)
        if ask.service_id and ask.service_id not in self._local.services:
            turn.reply(_unknown_service(ask.service_id))
            return
        if ask.enable and check_id not in self._local.checks:
            self._local.put_check(maintenance_check(ask), turn, keep=True)
        elif not ask.enable and check_id in self._local.checks:
            self._local.remove_check(check_id, turn)
        self._accept(None, turn)

    def drop_unless(self, services: set[str], checks: set[str], turn: Turn) -> None:
        """Remove what an earlier configuration defined and this one does not."""
        for service_id in [i for i, known in self._local.services.items() if not known.kept and i not in services]:
            self._local.remove_service(service_id, turn)
        for check_id in [i for i, known in self._local.checks.items() if not known.kept and i not in checks]:
            self._local.remove_check(check_id, turn)

    def _accept(self, refused: Refused | None, turn: Turn) -> None:
        """Refuse, or answer Accepted when the catalog has been told or at least has been tried."""
        if refused is not None:
            turn.reply(refused)
            return
        self._sync.wait(turn.ticket(), turn)

    # -- checks --------------------------------------------------------------

    def register_check(self, register: RegisterCheck, turn: Turn) -> None:
        """Answer Accepted when the catalog has been told, or Refused."""
        self._accept(self.take_check(register.check, turn, keep=True), turn)

    def take_check(self, given: CheckSpec, turn: Turn, *, keep: bool) -> Refused | None:
        """Add a check; ``keep`` has the journal remember it. Returns why not, or None."""
        refused = check_refused(given) or self._script_refused((given,), keep)
        if refused is not None:
            return refused
        spec = complete_check(given, self._output_most)
        if not self._local.has_service(spec):
            return Refused(code="NotFound", text=f'ServiceID "{spec.service_id}" does not exist')
        self._local.put_check(spec, turn, keep=keep)
        self.watch_critical(turn)
        return None

    def deregister_check(self, request: DeregisterCheck, turn: Turn) -> None:
        """Answer Accepted, or Refused NotFound."""
        if request.id not in self._local.checks:
            turn.reply(_unknown_check(request.id))
            return
        self._local.remove_check(request.id, turn)
        self._accept(None, turn)

    def update_check(self, update: UpdateCheck, turn: Turn) -> None:
        """A TTL check lives on; answer Accepted, or Refused."""
        check = self._local.checks.get(update.id)
        if check is None:
            turn.reply(_unknown_check(update.id))
            return
        if check.spec.type != "ttl":
            turn.reply(Refused(code="Invalid", text=f'CheckID "{update.id}" does not have associated TTL'))
            return
        self._local.run_check(check, turn)
        self.judge(update.id, update.status, _cut(update.output, check.spec.output_max_size), turn)
        self._local.remember(update.id, turn)
        turn.reply(Accepted())

    def ttl_due(self, due: TtlDue, turn: Turn) -> None:
        """A TTL check was not updated in time."""
        check = self._local.checks.get(due.id)
        if check is None:
            return
        self.judge(due.id, "critical", expired(check.record.output), turn)

    def check_result(self, result: CheckResult, turn: Turn) -> None:
        """The checker has something to say."""
        if result.id in self._local.checks:  # It may have been removed while it ran.
            self.judge(result.id, result.status, result.output, turn)

    def judge(self, check_id: str, status: CheckStatus, output: str, turn: Turn) -> None:
        """A new verdict on a check, and what the catalog hears of it."""
        change = self._local.judge(check_id, status, output, turn)
        if change is Change.STATUS:
            self._sync.sync_changes(turn)
        elif change is Change.OUTPUT:
            self._sync.output_changed(check_id, turn)

    def watch_critical(self, turn: Turn) -> None:
        """Look for services to reap for as long as there are checks that may do so."""
        if not self._reaping and self._local.reaps():
            self._reaping = True
            turn.set_timer("reap", REAP_EVERY_NS, ReapCriticalDue())

    def reap_critical(self, _: ReapCriticalDue, turn: Turn) -> None:
        """Deregister what has been critical for too long."""
        for service_id in self._local.critical_too_long(turn.now):
            turn.note(f"deregistered {service_id}: critical for too long")
            self._local.remove_service(service_id, turn)
        self._sync.sync_changes(turn)
        self._reaping = False
        self.watch_critical(turn)


def _unknown_service(service_id: str) -> Refused:
    text = f'Unknown service ID "{service_id}". Ensure that the service ID is passed, not the service name.'
    return Refused(code="NotFound", text=text)


def _unknown_check(check_id: str) -> Refused:
    text = f'Unknown check ID "{check_id}". Ensure that the check ID is passed, not the check name.'
    return Refused(code="NotFound", text=text)


def _cut(output: str, most: int) -> str:
    total = size(output)
    return output if total <= most else f"{cut(output, most)} ... (captured {most} of {total} bytes)"
