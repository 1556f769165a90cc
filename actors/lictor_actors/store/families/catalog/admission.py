"""What never enters the log as a registration."""

from __future__ import annotations

from lictor_actors.store.families.catalog.tables import CatalogTables
from lictor_messages.catalog import Register
from lictor_messages.refusals import Refused

CHECKS_MOST = 512
"""Checks in one registration: each is put in its place among all that bear on the same service."""


def refuse_register(_: CatalogTables, command: Register) -> Refused | None:
    """Too many checks at once."""
    if len(command.checks) > CHECKS_MOST:
        text = f"a registration carries {CHECKS_MOST} checks at most, not {len(command.checks)}: register more of them"
        return Refused(code="TooLarge", text=f"{text} with further requests")
    return None
