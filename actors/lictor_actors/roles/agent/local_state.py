"""The services and checks that an agent owns: the truth that anti-entropy brings to the catalog.

Plain tables and the wishes that follow from a change of them: journal cells, TTL timers, orders to the checker.
Who has to hear of a change in the catalog is said by the ``changed`` callback, key by key.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from lictor_actors.checks.ttl import expired, is_news, report_of, time_left
from lictor_actors.kernel.turn import Turn
from lictor_messages.agent import (
    CheckSpec,
    RegisterCheck,
    RegisterService,
    TtlDue,
    TtlState,
    UpdateCheck,
)
from lictor_messages.base import Message
from lictor_messages.catalog import CheckRecord, CheckStatus, ServiceRecord
from lictor_messages.checker import StartCheck, StopCheck
from lictor_messages.codec import pack_body
from lictor_messages.durations import go_duration
from lictor_messages.envelope import at
from lictor_messages.journal import Cell

Key = tuple[str, str]
"""("service" | "check" | "node", id): one thing of this node in the catalog."""


class Change(Enum):
    """What a new verdict changed about a check."""

    NOTHING = "nothing"
    OUTPUT = "output"
    STATUS = "status"


@dataclass(slots=True)
class LocalService:
    """A service and whether the journal keeps it."""

    record: ServiceRecord
    """As it is, with the tags of others where they may change them."""
    given: ServiceRecord
    """As it was registered."""
    kept: bool


@dataclass(slots=True)
class LocalCheck:
    """A check and how it is run."""

    spec: CheckSpec
    record: CheckRecord
    kept: bool
    critical_since: int = 0
    """Since when verdicts have been critical (monotonic ns), 0: they are not. A status from the start is no verdict."""
    remembered: TtlState | None = None
    """What the journal has of its last report."""


class LocalState:
    """What this agent has been told to keep in the catalog."""

    def __init__(
        self, node: str, checker: str, changed: Callable[[Key], None], *, discards_output: bool = False
    ) -> None:
        self.services: dict[str, LocalService] = {}
        self.checks: dict[str, LocalCheck] = {}
        self._of_service: dict[str, dict[str, None]] = {}
        """Service id → ids of its checks."""
        self._may_reap: dict[str, None] = {}
        """Checks that may deregister their service."""
        self.aliases: dict[str, None] = {}
        self._node = node
        self._checker = checker
        self._changed = changed
        self.discards_output = discards_output
        self.version = 0  # counts the changes

    def __bool__(self) -> bool:
        return bool(self.services or self.checks)

    def touched(self, key: Key) -> None:
        """This thing is not what it was."""
        self.version += 1
        self._changed(key)

    # -- services ------------------------------------------------------------

    def put_service(self, record: ServiceRecord, turn: Turn, *, keep: bool) -> None:
        """Add or replace a service; its checks are put apart."""
        known = self.services.get(record.id)
        if known is not None and (known.given, known.kept) == (record, keep):
            return
        self.services[record.id] = LocalService(record, record, keep)
        for check_id in self.checks_of(record.id):
            check = self.checks[check_id]
            check.record = check.record.model_copy(update={"service_name": record.service, "service_tags": record.tags})
        if keep:
            self._keep(f"service:{record.id}", RegisterService(service=record), turn)
        elif known is not None and known.kept:
            self.forget(f"service:{record.id}", turn)
        self.touched(("service", record.id))

    def remove_service(self, service_id: str, turn: Turn) -> None:
        """Forget a service and all its checks; the catalog drops them with it."""
        for check_id in self.checks_of(service_id):
            self._drop_check(check_id, turn)
        if self.services.pop(service_id).kept:
            self.forget(f"service:{service_id}", turn)
        self.touched(("service", service_id))

    def checks_of(self, service_id: str) -> list[str]:
        """Ids of the checks of a service."""
        return list(self._of_service.get(service_id, ()))

    # -- checks --------------------------------------------------------------

    def put_check(self, spec: CheckSpec, turn: Turn, *, keep: bool) -> None:
        """Add a check, or replace one: then its status and output stay as they are."""
        old = self.checks.get(spec.id)
        record = self._record(spec, old.record if old else None)
        check = LocalCheck(spec, record, keep)
        if old is not None:
            check.critical_since = old.critical_since
            check.remembered = old.remembered if spec.type == "ttl" else None
        self._add_check(check)
        if old is not None and old.spec.type != spec.type:
            self._stop_check(old, turn)
        self.run_check(check, turn)
        if old == check:
            return
        if keep:
            self._keep(f"check:{spec.id}", RegisterCheck(check=spec), turn)
        elif old is not None and old.kept:
            self.forget(f"check:{spec.id}", turn)
        self.touched(("check", spec.id))

    def remove_check(self, check_id: str, turn: Turn) -> None:
        """Forget a check and stop running it."""
        self._drop_check(check_id, turn)
        self.touched(("check", check_id))

    def _drop_check(self, check_id: str, turn: Turn) -> None:
        check = self._forget_check(check_id)
        if check.kept:
            self.forget(f"check:{check_id}", turn)
        if check.kept or check.remembered is not None:
            self.forget(f"state:{check_id}", turn)
        self._stop_check(check, turn)

    def _add_check(self, check: LocalCheck) -> None:
        if (old := self.checks.get(check.spec.id)) is not None:
            self._forget_links(old)
        self.checks[check.spec.id] = check
        self._of_service.setdefault(check.record.service_id, {})[check.spec.id] = None
        if check.spec.deregister_critical_service_after_ns:
            self._may_reap[check.spec.id] = None
        if check.spec.type == "alias":
            self.aliases[check.spec.id] = None

    def _forget_check(self, check_id: str) -> LocalCheck:
        check = self.checks.pop(check_id)
        self._forget_links(check)
        return check

    def _forget_links(self, check: LocalCheck) -> None:
        self._may_reap.pop(check.spec.id, None)
        self.aliases.pop(check.spec.id, None)
        siblings = self._of_service[check.record.service_id]
        del siblings[check.spec.id]
        if not siblings:
            del self._of_service[check.record.service_id]

    def _stop_check(self, check: LocalCheck, turn: Turn) -> None:
        if check.spec.type == "ttl":
            turn.cancel_timer(f"ttl:{check.spec.id}")
        elif check.spec.runs:
            turn.send(self._checker, StopCheck(id=check.spec.id))

    def run_check(self, check: LocalCheck, turn: Turn) -> None:
        """Have the checker run it, or start counting its time to live."""
        if check.spec.type == "ttl":
            turn.set_timer(f"ttl:{check.spec.id}", check.spec.ttl_ns, TtlDue(id=check.spec.id))
        elif check.spec.runs:
            turn.send(self._checker, StartCheck(id=check.spec.id, spec=check.spec))

    def run_all(self, turn: Turn) -> None:
        """A checker that has just started knows nothing: tell it everything."""
        for check in self.checks.values():
            if check.spec.runs:
                self.run_check(check, turn)

    def judge(self, check_id: str, status: CheckStatus, output: str, turn: Turn) -> Change:
        """A new verdict on a check. The caller decides when an output-only change reaches the catalog."""
        check = self.checks[check_id]
        old = check.record
        if status != "critical":
            check.critical_since = 0
        elif not check.critical_since:
            check.critical_since = max(turn.now, 1)
        output = "" if self.discards_output else output
        if (old.status, old.output) == (status, output):
            return Change.NOTHING
        self.version += 1
        check.record = old.model_copy(update={"status": status, "output": output})
        if old.status == status:
            return Change.OUTPUT
        self.touched(("check", check_id))
        return Change.STATUS

    def critical_too_long(self, now: int) -> list[str]:
        """Ids of services with a check that has been critical for longer than it allows."""
        overdue: dict[str, None] = {}
        for check in self.checks.values():
            allowed = check.spec.deregister_critical_service_after_ns
            if allowed and check.critical_since and check.record.service_id and now - check.critical_since >= allowed:
                overdue[check.record.service_id] = None
        return list(overdue)

    def reaps(self) -> bool:
        """True if some check may deregister its service."""
        return bool(self._may_reap)

    def _record(self, spec: CheckSpec, old: CheckRecord | None) -> CheckRecord:
        service = self.services.get(spec.service_id)
        return CheckRecord(
            node=self._node,
            check_id=spec.id,
            name=spec.name,
            status=old.status if old else spec.status or "critical",
            notes=spec.notes,
            output=old.output if old and not self.discards_output else "",
            service_id=spec.service_id,
            service_name=service.record.service if service else "",
            service_tags=service.record.tags if service else (),
            type=spec.type,
            interval=go_duration(spec.interval_ns) if spec.interval_ns else "",
            timeout=go_duration(spec.timeout_ns) if spec.runs and spec.timeout_ns else "",
        )

    # -- the journal ---------------------------------------------------------

    def remember(self, check_id: str, turn: Turn) -> None:
        """The owner of a TTL check has reported: its word stands after a restart too, for as long as it holds."""
        check = self.checks[check_id]
        said = report_of(check.record, check.spec.ttl_ns, turn.wall)
        if not is_news(said, check.remembered, check.spec.ttl_ns):
            return
        check.remembered = said
        self._keep(f"state:{check_id}", said, turn)

    def _keep(self, name: str, what: Message, turn: Turn) -> None:
        turn.persist(Cell(name=name, data=pack_body(what)))

    def forget(self, name: str, turn: Turn) -> None:
        """The journal shall not give this back: it is gone, or the configuration has it."""
        turn.persist(Cell(name=name, data=b""))

    # -- after a restart -------------------------------------------------------

    def take_back_service(self, record: ServiceRecord) -> None:
        """A service that the journal has kept."""
        self.services[record.id] = LocalService(record, record, kept=True)
        self.touched(("service", record.id))

    def take_back_check(self, spec: CheckSpec, turn: Turn) -> None:
        """A check that the journal has kept. What it was when it was registered says nothing about now."""
        record = self._record(spec, None).model_copy(update={"status": "critical"})
        check = LocalCheck(spec, record, kept=True)
        self._add_check(check)
        self.run_check(check, turn)
        self.touched(("check", spec.id))

    def take_back_report(self, check: LocalCheck, state: TtlState | UpdateCheck, turn: Turn) -> None:
        """What was last reported of a TTL check, if it still holds."""
        check.remembered = state if isinstance(state, TtlState) else None
        left = time_left(state, check.spec.ttl_ns, turn.wall)
        output = "" if self.discards_output else state.output
        check.record = check.record.model_copy(update={"status": state.status, "output": output})
        if left > 0:
            turn.set_timer(f"ttl:{check.spec.id}", left, TtlDue(id=check.spec.id))
        else:
            turn.cancel_timer(f"ttl:{check.spec.id}")
            self.judge(check.spec.id, "critical", expired(output), turn)

    def has_service(self, spec: CheckSpec) -> bool:
        """True if a check of a node, or of a service that is there."""
        return not spec.service_id or spec.service_id in self.services


def checker_of(node: str) -> str:
    """Address of the checker of a node."""
    return at("checker", node)
