"""/v1/snapshot: the whole store as Consul's archive, and back.

A snapshot is larger than any message should be. It is read slice by slice from the server that took it, and restored
part by part through the log; the last command of a restore replaces the store at once, on every server alike. An
archive is read twice: all of it is verified, a piece a turn, before the first part is sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lictor_actors.roles.api.query import check_datacenter, read_options
from lictor_actors.roles.api.question import SHARED, HttpQuestion, done, query_headers
from lictor_actors.roles.api.request import HttpError, HttpRequest
from lictor_actors.roles.api.routes import Route
from lictor_actors.store.snapshot.archive import VERSION, ArchiveReader, ArchiveRefused, ArchiveWriter
from lictor_actors.store.snapshot.frames import SnapshotRefused
from lictor_actors.store.snapshot.thaw import Trial
from lictor_actors.store.store import Store
from lictor_messages.agent_acl import MayUseAgent
from lictor_messages.answers import Written
from lictor_messages.snapshots import (
    OpenSnapshot,
    ReadSnapshot,
    RestoreStaged,
    SnapshotOpened,
    SnapshotSlice,
    StageRestore,
)
from lictor_messages.status import GetLeader
from lictor_messages.web import GoOn, HttpAnswered

GZIP = (("Content-Type", "application/x-gzip"), *SHARED)
PART_BYTES = 128 * 1024
"""One part of a restore: an entry of the log, well below what one message of Raft carries."""
SECOND_NS = 1_000_000_000


def save(request: HttpRequest) -> HttpQuestion:
    """The archive; ``?stale`` takes it from any server."""
    options = read_options(request, rendered=False)
    saving = _Saving()
    consistency, max_stale = options.get("consistency", "default"), options.get("max_stale_ns", 0)
    return HttpQuestion(OpenSnapshot(consistency=consistency, max_stale_ns=max_stale), saving.opened)


def restore(request: HttpRequest) -> HttpQuestion:
    """Replace the whole store; a damaged archive is refused while nothing has changed."""
    check_datacenter(request)
    if request.dc:  # first whether there is one: the archive is unpacked here
        return HttpQuestion(GetLeader(), lambda *_: _Verifying(request).go_on(GoOn(), request))
    if request.options.acl:
        permission = MayUseAgent(resource="acl", level="write")
        return HttpQuestion(permission, lambda *_: _Verifying(request).go_on(GoOn(), request))
    return _Verifying(request).go_on(GoOn(), request)


class _Saving:
    """One archive on its way out."""

    def __init__(self) -> None:
        self._archive = ArchiveWriter()
        self._from: SnapshotOpened | None = None

    def opened(self, answer: SnapshotOpened, _: HttpRequest) -> HttpQuestion:
        self._from = answer
        return self._read(answer, 0, 0)

    def took(self, answer: SnapshotSlice, _: HttpRequest) -> HttpQuestion | HttpAnswered:
        opened = self._from
        assert opened is not None
        self._archive.add(answer.data)
        if not answer.done:
            return self._read(opened, answer.row, answer.check)
        archive = self._archive.finish(_meta(opened), opened.at_ns // SECOND_NS)
        return HttpAnswered(status=200, headers=GZIP + query_headers(opened), body=archive)

    def _read(self, opened: SnapshotOpened, row: int, check: int) -> HttpQuestion:
        ask = ReadSnapshot(id=opened.id, row=row, check=check, consistency="stale")
        return HttpQuestion(ask, self.took, to=opened.server)


class _Verifying:
    """One archive that has come. Its damage may be at its end, so nothing is sent before that has been seen."""

    def __init__(self, request: HttpRequest) -> None:
        self._pieces = _state(request.body)
        self._trial = Trial(Store)

    def go_on(self, _: GoOn, request: HttpRequest) -> HttpQuestion:
        """Verify the next piece; after the last one restoring begins."""
        try:
            for piece in self._pieces:
                self._trial.feed(piece)
                return HttpQuestion(GoOn(), self.go_on, to=request.here)
            self._trial.finish()
        except ArchiveRefused as refused:
            raise HttpError(500, str(refused)) from refused
        except SnapshotRefused as refused:
            raise HttpError(500, f"failed to restore snapshot: {refused}") from refused
        return _Restoring(request).next()


class _Restoring:
    """One verified archive on its way in."""

    def __init__(self, request: HttpRequest) -> None:
        self._id = request.secret(16).hex()
        self._parts = 0
        self._reader = ArchiveReader(request.body)
        self._pieces = self._reader.state(PART_BYTES)

    def next(self) -> HttpQuestion:
        """The next part, or the end: every part is safe to repeat."""
        for piece in self._pieces:
            self._parts += 1
            return HttpQuestion(StageRestore(id=self._id, part=self._parts - 1, data=piece), self._staged)
        return HttpQuestion(RestoreStaged(id=self._id, parts=self._parts, digest=self._reader.state_sum), done)

    def _staged(self, _: Written, __: HttpRequest) -> HttpQuestion:
        return self.next()


def _state(archive: bytes) -> Iterator[bytes]:
    yield from ArchiveReader(archive).state(PART_BYTES)  # what is wrong with it shows at a piece


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


ROUTES = (
    Route("GET", "/v1/snapshot", save),
    Route("PUT", "/v1/snapshot", restore),
)
