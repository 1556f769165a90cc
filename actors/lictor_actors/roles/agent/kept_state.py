"""What the journal gives back after a restart: services, checks and reports that came over the API."""

from __future__ import annotations

from lictor_actors.checks.script import Allowed, script_refused
from lictor_actors.kernel.turn import Turn
from lictor_actors.roles.agent.local_state import LocalCheck, LocalService, LocalState
from lictor_messages.agent import CheckSpec, RegisterCheck, RegisterService, TtlState, UpdateCheck
from lictor_messages.base import STORED
from lictor_messages.codec import FrameRefused, unpack_body
from lictor_messages.journal import Cell, JournalRecord

TOKEN, REGISTERED = "token:", "registered-by:"


class KeptState:
    """Collects the journal's cells, and brings them into the local state once all are there."""

    def __init__(self, local: LocalState, scripts: Allowed) -> None:
        self._local = local
        self._scripts = scripts
        self._cells: dict[str, bytes] = {}

    def collect(self, records: tuple[JournalRecord, ...]) -> None:
        """Take a batch of the journal; the last cell of a name wins."""
        for record in records:
            if isinstance(record, Cell):
                self._cells[record.name] = record.data

    def tokens(self) -> dict[str, str]:
        """The agent's tokens that were kept, by the names of their cells; to be asked for before ``recover``."""
        return {name: data.decode() for name, data in self._cells.items() if name.startswith((TOKEN, REGISTERED))}

    def recover(self, turn: Turn) -> None:
        """The journal is complete: take back what it kept. What the configuration has is the configuration's."""
        kept, self._cells = self._cells, {}
        for kind in ("service", "check", "state"):
            for name, data in kept.items():
                if data and name.startswith(f"{kind}:"):
                    self._take_back(name, data, turn)

    def _take_back(self, name: str, data: bytes, turn: Turn) -> None:
        local = self._local
        try:
            what = unpack_body(data, STORED)
        except FrameRefused as e:
            turn.note(f"the journal's {name} cannot be read and is left out: {e}")
            return
        match what:
            case RegisterService() if self._is_to_be_had(name, local.services.get(what.service.id), turn):
                local.take_back_service(what.service)
            case RegisterCheck() if local.has_service(what.check):
                if self._is_to_be_had(name, local.checks.get(what.check.id), turn):
                    self._take_back_check(what.check, turn)
            case TtlState() | UpdateCheck() if what.id in local.checks and local.checks[what.id].spec.type == "ttl":
                local.take_back_report(local.checks[what.id], what, turn)

    def _is_to_be_had(self, name: str, known: LocalService | LocalCheck | None, turn: Turn) -> bool:
        """Not if a newer request has replaced it, or the configuration: then it is not to come back after that."""
        if known is not None and not known.kept:
            self._local.forget(name, turn)
        return known is None

    def _take_back_check(self, spec: CheckSpec, turn: Turn) -> None:
        refused = script_refused(spec, self._scripts, from_files=False)
        if refused is None:
            self._local.take_back_check(spec, turn)
        else:
            turn.note(f"the check {spec.id} is not run: {refused.words}")
