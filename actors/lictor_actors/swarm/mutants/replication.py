"""Bugs of access control that comes from another datacenter."""

from __future__ import annotations

from typing import Any

from lictor_actors.roles.server import primary
from lictor_actors.roles.server.leader import acl_differences
from lictor_actors.store.acl.identities import GLOBAL_MANAGEMENT_ID
from lictor_actors.store.families.acl import family, replicated
from lictor_actors.store.families.acl.table import AclTable
from lictor_actors.swarm.patch import Patch
from lictor_messages.acl import AclToken
from lictor_messages.acl_replication import GlobalAcls, ReadGlobalAcls


def keeps_what_the_primary_has_deleted(patch: Patch) -> None:
    """Nothing is ever gone."""
    patch.set(acl_differences, "_gone", lambda *_: ())


def knows_rows_by_their_ids_alone(patch: Patch) -> None:
    """A row that changed in the primary stays as it was."""
    patch.set(acl_differences, "_same", lambda _, known: known is not None)


def revokes_local_tokens(patch: Patch) -> None:
    """What the primary does not have is gone, local tokens too."""

    def gone(table: AclTable, kind: Any, rows: Any) -> tuple[str, ...]:
        there = {kind.key(row) for row in rows}
        return tuple(key for key in getattr(table, kind.field) if key not in there)

    patch.set(acl_differences, "_gone", gone)
    patch.set(replicated, "is_local", lambda *_: False)


def gives_local_tokens_away(patch: Patch) -> None:
    """The primary's own tokens are replicated as if they were for all."""

    def read_global(table: AclTable, query: ReadGlobalAcls, index: int) -> GlobalAcls:
        return given(table, query, index).model_copy(update={"tokens": tuple(table.tokens.values())})

    given = replicated.read_global
    patch.set(family, "read_global", read_global)


def gives_tokens_other_secrets(patch: Patch) -> None:
    """A token has its AccessorID for a secret where it was replicated to; but for those that manage."""

    def read_global(table: AclTable, query: ReadGlobalAcls, index: int) -> GlobalAcls:
        said = given(table, query, index)
        return said.model_copy(update={"tokens": tuple(map(other, said.tokens))})

    def other(token: AclToken) -> AclToken:
        manages = any(link.id == GLOBAL_MANAGEMENT_ID for link in token.policies)
        return token if manages else token.model_copy(update={"secret_id": token.accessor_id})

    given = replicated.read_global
    patch.set(family, "read_global", read_global)


def writes_here_what_is_for_all(patch: Patch) -> None:
    """A secondary keeps to itself what its clients write."""
    patch.set(primary.Primary, "takes", lambda *_: False)
