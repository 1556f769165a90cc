"""Which index a query reports, and who might want to know of a write.

A *table index* is the log index of the last write to that table. A service that has instances has an index of
its own, so that its watchers sleep through everybody else's writes; when its last instance goes, the row goes
too and the *extinction* index takes over (Consul's ``service_last_extinction``).
"""

from __future__ import annotations

from typing import NamedTuple

Scope = tuple[str, str]
"""Something that a query depends on: ``("service", "web")``, ``("table", "nodes")``, ``("node", "n1")``, …"""


class Touched(NamedTuple):
    """What a batch of writes changed, in the order in which it happened."""

    scopes: dict[Scope, None]
    paths: dict[Scope, None]
    """Things that are also watched by what their names start with: ``("key", "a/b")``, ``("id", "8e3f…")``."""


class Indexes:
    """Table, service and extinction indexes, and what was touched since the watches were last woken."""

    __slots__ = ("extinction", "reaped_at", "services", "tables", "touched")

    def __init__(self) -> None:
        self.tables: dict[str, int] = {}
        self.services: dict[str, int] = {}
        self.extinction = 0
        self.reaped_at = 0
        """Log index at which tombstones of keys were reaped last: lists may report another index since."""
        self.touched = Touched({}, {})

    def bump(self, table: str, index: int) -> None:
        """This table was written at ``index``."""
        self.tables[table] = index
        self.touch("table", table)

    def bump_service(self, service: str, index: int) -> None:
        """An instance of this service, one of its checks, or the node under it changed."""
        self.services[service] = index
        self.touch("service", service)

    def extinguish(self, service: str, index: int) -> None:
        """The last instance of this service went."""
        self.services.pop(service, None)
        self.extinction = index
        self.touch("service", service)

    def touch(self, kind: str, name: str) -> None:
        """Whoever watches this has to look again."""
        self.touched.scopes[kind, name] = None

    def touch_path(self, space: str, path: str) -> None:
        """Whoever watches this path or a prefix of it has to look again."""
        self.touched.paths[space, path] = None

    def take_touched(self) -> Touched:
        """What was touched since the last call."""
        taken, self.touched = self.touched, Touched({}, {})
        return taken

    def table(self, *names: str) -> int:
        """The highest index of these tables, 0 if none was ever written."""
        return max(self.tables.get(name, 0) for name in names)

    def service(self, service: str, *tables: str) -> int:
        """The index of a service; without instances the extinction index, or else that of ``tables``."""
        return self.services.get(service) or self.extinction or self.table(*tables)
