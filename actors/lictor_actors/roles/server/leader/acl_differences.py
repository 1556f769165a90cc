"""What to write so that access control is here as it is in the primary datacenter."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter
from typing import Any, Final, NamedTuple

from lictor_actors.consul.uuids import as_made
from lictor_actors.store.families.acl.family import HIDDEN as HIDDEN
from lictor_actors.store.families.acl.family import ROW_BYTES
from lictor_actors.store.families.acl.replicated import clashes
from lictor_actors.store.families.acl.rules import policy_fault, role_fault, token_fault
from lictor_actors.store.families.acl.table import AclTable
from lictor_actors.store.rows import with_fields
from lictor_messages.acl_replication import GlobalAcls, ReplicateAcls

_BORNE = ("policies", "roles", "service_identities", "node_identities", "templated_policies")
ENTRY_MOST: Final = 256 * 1024
"""Bytes of one entry of the log, about."""


class Differences(NamedTuple):
    """One entry's worth of them."""

    command: ReplicateAcls | None
    """None if there is nothing to write."""
    faults: tuple[str, ...]
    """What cannot be kept here, and why."""


class _Kind(NamedTuple):
    field: str
    key: Callable[[Any], str]
    fault: Callable[[Any], str]


_KINDS = (
    _Kind("policies", attrgetter("id"), policy_fault),
    _Kind("roles", attrgetter("id"), role_fault),
    _Kind("tokens", lambda row: as_made(row.accessor_id), lambda row: token_fault(row, anonymous=True)),
)


def differences(table: AclTable, there: GlobalAcls, *, tokens: bool) -> Differences:
    """``tokens``: whether they are replicated; those of this datacenter alone are never touched."""
    changed: dict[str, tuple[Any, ...]] = {}
    faults: list[str] = []
    for kind in _KINDS if tokens else _KINDS[:2]:
        here, rows = _here(table, kind.field), getattr(there, kind.field)
        news = [row for row in rows if not _same(row, here(kind.key(row)))]
        why = {kind.key(row): _fault(table, kind, row) for row in news}
        faults += [f"{kind.field}: {key}: {fault}" for key, fault in why.items() if fault]
        changed[kind.field] = tuple(row for row in news if not why[kind.key(row)])
        changed[f"gone_{kind.field}"] = _gone(table, kind, rows)
    fitting = _fitting(changed)
    command = ReplicateAcls(**fitting) if any(fitting.values()) else None
    return Differences(command, tuple(faults[:3]))


def _here(table: AclTable, field: str) -> Callable[[str], Any]:
    known: Mapping[str, Callable[[str], Any]] = {
        "policies": table.policy,
        "roles": table.roles.get,
        "tokens": table.token,
    }
    return known[field]


def _same(row: Any, known: Any) -> bool:
    """But for the indexes, which are each datacenter's own."""
    own = {} if known is None else {name: getattr(known, name) for name in ("create_index", "modify_index")}
    return known is not None and with_fields(row, **own) == known


def _fault(table: AclTable, kind: _Kind, row: Any) -> str:
    if kind.field == "tokens" and clashes(table, row):
        return "a local token of this datacenter has its AccessorID or SecretID: delete that one"
    return kind.fault(row)


def _gone(table: AclTable, kind: _Kind, rows: Iterable[Any]) -> tuple[str, ...]:
    there = {kind.key(row) for row in rows}
    kept = getattr(table, kind.field)
    return tuple(key for key in kept if key not in there and not getattr(kept[key], "local", False))


def _fitting(changed: Mapping[str, tuple[Any, ...]]) -> dict[str, tuple[Any, ...]]:
    """As much of it as one entry holds. Tokens end first; policies and roles when nothing bears them."""
    order = sorted(changed, key=lambda field: (field != "gone_tokens", field.startswith("gone")))
    taken: dict[str, list[Any]] = {name: [] for name in order}
    left = ENTRY_MOST
    for field, row in ((name, row) for name in order for row in changed[name]):
        left -= _weight(row)
        if left < 0 and any(taken.values()):
            break
        taken[field].append(row)
    return {name: tuple(rows) for name, rows in taken.items()}


def _weight(row: Any) -> int:
    if isinstance(row, str):
        return len(row)
    return (
        ROW_BYTES
        + len(row.description)
        + len(getattr(row, "rules", ""))
        + 100 * sum(len(getattr(row, borne, ())) for borne in _BORNE)
    )
