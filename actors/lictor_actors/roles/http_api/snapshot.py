"""/v1/snapshot: the whole store as Consul's archive, and back.

A snapshot is larger than any message should be. It is read slice by slice from the server that took it, and restored
part by part through the log; the last command of a restore replaces the store at once, on every server alike.
"""

from __future__ import annotations

from typing import Any

from lictor_actors.roles.http_api.plan import SHARED, Plan, done, query_headers
from lictor_actors.roles.http_api.query import check_datacenter, read_options
from lictor_actors.roles.http_api.request import HttpError, HttpRequest
from lictor_actors.roles.http_api.routes import Routes
from lictor_actors.store.snapshot_archive import VERSION, ArchiveReader, ArchiveRefused, ArchiveWriter
from lictor_actors.store.snapshot_frames import MARK
from lictor_messages.answers import Written
from lictor_messages.snapshots import (
    OpenSnapshot,
    ReadSnapshot,
    RestoreStaged,
    SnapshotOpened,
    SnapshotSlice,
    StageRestore,
)
from lictor_messages.web import HttpAnswered

GZIP = (("Content-Type", "application/x-gzip"), *SHARED)
PART_BYTES = 96 * 1024
"""One part of a restore: an entry of the log, well below what one message of Raft carries."""
SECOND_NS = 1_000_000_000


def save(request: HttpRequest) -> Plan:
    """The archive; ``?stale`` takes it from any server."""
    options = read_options(request, rendered=False)
    saving = _Saving()
    consistency, max_stale = options.get("consistency", "default"), options.get("max_stale_ns", 0)
    return Plan(OpenSnapshot(consistency=consistency, max_stale_ns=max_stale), saving.opened)


def restore(request: HttpRequest) -> Plan:
    """Replace the whole store; a damaged archive is refused while nothing has changed."""
    check_datacenter(request)
    return _Restoring(request).next()


class _Saving:
    """One archive on its way out."""

    def __init__(self) -> None:
        self._archive = ArchiveWriter()
        self._from: SnapshotOpened | None = None

    def opened(self, answer: SnapshotOpened, _: HttpRequest) -> Plan:
        self._from = answer
        return self._read(answer, 0, 0)

    def took(self, answer: SnapshotSlice, _: HttpRequest) -> Plan | HttpAnswered:
        opened = self._from
        assert opened is not None
        self._archive.add(answer.data)
        if not answer.done:
            return self._read(opened, answer.row, answer.check)
        archive = self._archive.finish(_meta(opened), opened.at_ns // SECOND_NS)
        return HttpAnswered(status=200, headers=GZIP + query_headers(opened), body=archive)

    def _read(self, opened: SnapshotOpened, row: int, check: int) -> Plan:
        ask = ReadSnapshot(id=opened.id, row=row, check=check, consistency="stale")
        return Plan(ask, self.took, to=opened.server)


class _Restoring:
    """One archive on its way in, read one part ahead: a small one is verified before anything is sent."""

    def __init__(self, request: HttpRequest) -> None:
        self._id = request.secret(16).hex()
        self._parts = 0
        try:
            self._reader = ArchiveReader(request.body)
            self._pieces = self._reader.state(PART_BYTES)
            self._piece = next(self._pieces, None)
            if not (self._piece or b"").startswith(MARK):
                raise HttpError(500, "failed to restore snapshot: this is no snapshot of a Lictor store")
        except ArchiveRefused as refused:
            raise HttpError(500, str(refused)) from refused

    def next(self) -> Plan:
        """The next part, or the end: every part is safe to repeat."""
        piece = self._piece
        if piece is None:
            restore = RestoreStaged(id=self._id, parts=self._parts, digest=self._reader.state_sum)
            return Plan(restore, done)
        try:
            self._piece = next(self._pieces, None)
        except ArchiveRefused as refused:
            raise HttpError(500, str(refused)) from refused
        self._parts += 1
        return Plan(StageRestore(id=self._id, part=self._parts - 1, data=piece), self._staged)

    def _staged(self, _: Written, __: HttpRequest) -> Plan:
        return self.next()


def _meta(opened: SnapshotOpened) -> dict[str, Any]:
    servers = [{"Suffrage": 0, "ID": server, "Address": server} for server in opened.servers]
    return {
        "Version": VERSION,
        "ID": opened.id,
        "Index": opened.index,
        "Term": opened.term,
        "Configuration": {"Servers": servers},
        "ConfigurationIndex": 0,
    }


ROUTES: Routes = {"/v1/snapshot": {"GET": save, "PUT": restore}}
