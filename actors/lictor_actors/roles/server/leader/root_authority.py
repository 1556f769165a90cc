"""The leader sees to it that the cluster has a root certificate, where the service mesh is switched on.

A host makes it, from randomness of which clients see no part. If two leaders bring one each, the store keeps the first.
"""

from __future__ import annotations

from lictor_actors.kernel.turn import Turn
from lictor_actors.store.store import Store
from lictor_messages.answers import Command
from lictor_messages.connect_ca import MakeRoot, RootMade, SetRoot
from lictor_messages.jobs import JobFailed
from lictor_messages.server import ServerOptions

ROOT = "root"


class RootAuthority:
    """Of one lead."""

    def __init__(self, options: ServerOptions, store: Store) -> None:
        self._options = options
        self._store = store

    def begin(self, turn: Turn) -> None:
        """Have a root made if the store has none."""
        if self._options.connect and self._store.connect_ca.row is None:
            turn.run(MakeRoot(ticket=ROOT, cluster_id=self._options.cluster_id))

    def made(self, made: RootMade) -> list[Command]:
        """What to propose."""
        return [SetRoot(root=made.root)]

    def failed(self, failed: JobFailed, turn: Turn) -> None:
        """The next leader tries again."""
        turn.count("connect_root_failed")
        turn.note(f"no root certificate could be made, so /v1/connect/ca/roots has none: {failed.error}")
