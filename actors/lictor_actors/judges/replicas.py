"""Is access control in other datacenters the primary's? Rows are compared whole, by a judge that knows no rounds."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from lictor_messages.acl import AclPolicy, AclRole, AclToken

Row = AclPolicy | AclRole | AclToken


class ReplicasJudge:
    """Told of each state that the primary was in, and of each that a server of another datacenter was in."""

    def __init__(self) -> None:
        self._had: set[str] = set()
        """All rows that the primary ever had, as they were."""
        self._has: set[str] = set()
        self.faults: list[str] = []
        """One line for each row that is where it should not be, or is not where it should."""

    def primary_has(self, rows: Iterable[Row]) -> None:
        """This is its state from now on."""
        self._has = {_content(row) for row in rows if not _is_local(row)}
        self._had |= self._has

    def replica_has(self, node: str, rows: Iterable[Row], made_there: Iterable[str]) -> None:
        """``made_there``: accessors of the local tokens of its datacenter."""
        rows, local = list(rows), set(made_there)
        for row in rows:
            if _is_local(row) and row.accessor_id not in local:  # type: ignore[union-attr]
                self.faults.append(f"{node} has a local token of another datacenter: {_content(row)}")
            elif not _is_local(row) and _content(row) not in self._had:
                self.faults.append(f"{node} has what the primary never had: {_content(row)}")

    def settled(self, node: str, rows: Iterable[Row], made_there: Iterable[str]) -> None:
        """All faults are healed and nothing is written any more: both are alike, and local tokens are still there."""
        rows = list(rows)
        here = {_content(row) for row in rows if not _is_local(row)}
        self.faults += [f"{node} lacks {row}" for row in sorted(self._has - here)]
        self.faults += [f"{node} still has {row}" for row in sorted(here - self._has)]
        local = {row.accessor_id for row in rows if isinstance(row, AclToken) and row.local}
        self.faults += [f"{node} has lost its local token {accessor}" for accessor in sorted(set(made_there) - local)]


def _is_local(row: Row) -> bool:
    return isinstance(row, AclToken) and row.local


def _content(row: Row) -> str:
    """All of it but the indexes, which are each datacenter's own; of the secret a digest, since this is printed."""
    said = row.model_dump_json(exclude={"create_index", "modify_index", "secret_id", "create_ns"})
    secret = sha256(row.secret_id.encode()).hexdigest()[:8] if isinstance(row, AclToken) else ""
    return f"{type(row).__name__} {said} {secret}".rstrip()
