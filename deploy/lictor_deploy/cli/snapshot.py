"""``lictor snapshot save|restore|inspect``."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any, Literal, NamedTuple

from cyclopts import App

from lictor_actors.store.snapshot.archive import ArchiveReader, ArchiveRefused
from lictor_actors.store.snapshot.frames import SnapshotRefused
from lictor_actors.store.snapshot.freeze import TableSurvey, survey
from lictor_deploy.cli.http_api import HttpApi, expect
from lictor_deploy.cli.options import DEFAULT_REACH, Reach
from lictor_deploy.words.columns import columns
from lictor_deploy.words.sentence import Failure

app = App(name="snapshot", help="Save and restore all that the servers know. Example: lictor snapshot save backup.snap")
PIECE = 1024 * 1024
PATIENCE_S = 660.0
"""As long as an agent keeps a request open."""
META = ("ID", "Size", "Index", "Term", "Version")
LINE = "----"


class Inspected(NamedTuple):
    """What a file holds."""

    meta: dict[str, Any]
    tables: list[TableSurvey]
    """The largest first; empty ones are left out."""

    @property
    def size(self) -> int:
        """Bytes of all tables."""
        return sum(table.bytes for table in self.tables)


@app.command
def save(file: Path, /, *, reach: Reach = DEFAULT_REACH) -> None:
    """Save a snapshot of the servers' state: catalog, keys, sessions, prepared queries.

    Example: lictor snapshot save backup.snap

    Parameters
    ----------
    file
        Where to write it. An older file is replaced only by a whole and verified new one.
    """
    archive = expect(patient(reach).get("/v1/snapshot")).body
    inspected = inspect_archive(archive, "The snapshot that came")
    write(file, archive)
    print(f"Saved and verified snapshot to index {inspected.meta.get('Index')}")


@app.command
def restore(file: Path, /, *, reach: Reach = DEFAULT_REACH) -> None:
    """Replace the servers' whole state by a snapshot, on all servers at once.

    Example: lictor snapshot restore backup.snap

    Parameters
    ----------
    file
        What `lictor snapshot save` wrote. A damaged file is refused before anything changes.
    """
    expect(patient(reach).put("/v1/snapshot", read(file)))
    print("Restored snapshot")


@app.command
def inspect(file: Path, /, *, format: Literal["pretty", "json"] = "pretty") -> None:
    """Show what a snapshot holds, without any agent.

    Example: lictor snapshot inspect backup.snap

    Parameters
    ----------
    file
        What `lictor snapshot save` wrote.
    format
        pretty or json.
    """
    inspected = inspect_archive(read(file), str(file))
    print(as_json(inspected) if format == "json" else pretty(inspected))


def patient(reach: Reach) -> HttpApi:
    """The agent's API, given time for a large store."""
    api = reach.api()
    api.patience_s = PATIENCE_S
    return api


def inspect_archive(archive: bytes, what: str) -> Inspected:
    """Read and verify all of an archive; Failure if it is damaged."""
    try:
        reader = ArchiveReader(archive)
        _, tables = survey(b"".join(reader.state(PIECE)))
    except (ArchiveRefused, SnapshotRefused) as refused:
        raise Failure(f"Error verifying snapshot: {what} is of no use: {refused}") from None
    return Inspected(reader.meta, sorted((t for t in tables if t.rows), key=lambda t: (-t.bytes, t.name)))


def pretty(inspected: Inspected) -> str:
    """For people, in Consul's order."""
    about = [(f" {field}", str(inspected.meta.get(field, ""))) for field in META]
    rows = [(f" {table.name}", str(table.rows), byte_size(table.bytes)) for table in inspected.tables]
    line = (f" {LINE}", LINE, LINE)
    total = (" Total", "", byte_size(inspected.size))
    return f"{columns(about[0], about[1:])}\n\n{columns((' Type', 'Count', 'Size'), [line, *rows, line, total])}"


def as_json(inspected: Inspected) -> str:
    """For programs, with Consul's names."""
    stats = [{"Name": table.name, "Sum": table.bytes, "Count": table.rows} for table in inspected.tables]
    meta = {field: inspected.meta.get(field) for field in META}
    return json.dumps({"Meta": meta, "Stats": stats, "TotalSize": inspected.size}, indent=3)


def byte_size(size: int) -> str:
    """``1740`` → ``1.7KB``."""
    units = ("B", "KB", "MB", "GB")
    exponent = min((max(size, 1).bit_length() - 1) // 10, len(units) - 1)
    return f"{size / 1024**exponent:.1f}".removesuffix(".0") + units[exponent]


def read(file: Path) -> bytes:
    """A file's bytes."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise Failure(f"Error opening snapshot file: {file}: {error.strerror}") from None


def write(file: Path, data: bytes) -> None:
    """All or nothing: a file of the same name stays until the new one is whole."""
    try:
        with tempfile.NamedTemporaryFile(dir=file.parent, prefix=f".{file.name}.", delete=False) as new:
            fresh = Path(new.name)
            new.write(data)
        fresh.replace(file)
    except OSError as error:
        raise Failure(f"Error writing snapshot file: {file}: {error.strerror}") from None
