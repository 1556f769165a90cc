"""Snapshots of the whole store as clients see them: Consul's /v1/snapshot, by an HTTP address.

An archive is held whole in memory on its way, and verified by the checksums in it.
"""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import BinaryIO

from lictor_actors.client.both import Api, Ask, M, both
from lictor_actors.client.durations import Duration
from lictor_actors.client.errors import InvalidArgument, Unexpected
from lictor_actors.client.http_only import RestoreSnapshot, SaveSnapshot, SnapshotArchive
from lictor_actors.client.questions import ask, nothing
from lictor_actors.store.snapshot.archive import ArchiveReader, ArchiveRefused
from lictor_messages.answers import Written

PIECE = 1 << 20


class SnapshotApi(Api[M]):
    """All that the servers know, saved and restored."""

    @both
    def save(
        self,
        to: str | os.PathLike[str] | BinaryIO,
        *,
        stale: bool = False,
        dc: str = "",
        timeout: Duration | None = None,
    ) -> Ask[int]:
        """Write a verified archive to a file or a stream and return its index; an older file is replaced as a whole.

        ``stale``: any server may answer. Raises Unexpected for an archive that came damaged, OSError for a file that
        cannot be written: the older file is then as it was.
        """
        return ask(SaveSnapshot(stale=stale, dc=dc), SnapshotArchive, lambda a: _saved(a.data, to), timeout)

    @both
    def restore(
        self, archive: str | os.PathLike[str] | BinaryIO, *, dc: str = "", timeout: Duration | None = None
    ) -> Ask[None]:
        """Replace the servers' whole state by that of a file or a stream, on all servers at once.

        Raises InvalidArgument for a damaged archive, and OSError for a file that cannot be read: nothing is sent then.
        """
        data = Path(archive).read_bytes() if isinstance(archive, str | os.PathLike) else archive.read()
        try:
            _index(data)
        except ArchiveRefused as refused:
            raise InvalidArgument(f"archive is of no use: {refused}") from None
        return ask(RestoreSnapshot(data=data, dc=dc), Written, nothing, timeout)


def _saved(data: bytes, to: str | os.PathLike[str] | BinaryIO) -> int:
    try:
        index = _index(data)
    except ArchiveRefused as refused:
        raise Unexpected(f"the snapshot that came is of no use: {refused}") from None
    if isinstance(to, str | os.PathLike):
        _replace(Path(to), data)
    else:
        to.write(data)
    return index


def _index(data: bytes) -> int:
    """Read and verify all of an archive, and say up to which index it reaches. Raises ArchiveRefused."""
    reader = ArchiveReader(data)
    for _ in reader.state(PIECE):
        pass
    return int(reader.meta["Index"])


def _replace(path: Path, data: bytes) -> None:
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}", delete=False) as file:
        try:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            os.replace(file.name, path)
        except OSError:
            os.unlink(file.name)
            raise
