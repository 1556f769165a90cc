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
from lictor_deploy.cli.snapshot_keys import KeySurvey
from lictor_deploy.words.columns import columns
from lictor_deploy.words.sentence import Failure

app = App(name="snapshot", help="Save and restore all that the servers know. Example: lictor snapshot save backup.snap")
PIECE = 1024 * 1024
PATIENCE_S = 660.0
"""As long as an agent keeps a request open."""
META = ("ID", "Size", "Index", "Term", "Version")
LINE = "----"
APPENDED = ("version", "dc", "node", "status")


class Inspected(NamedTuple):
    """What a file holds."""

    meta: dict[str, Any]
    tables: list[TableSurvey]
    """The largest first; empty ones are left out."""
    state: bytes


@app.command
def save(file: Path, /, *, append_filename: str = "", reach: Reach = DEFAULT_REACH) -> None:
    """Save a snapshot of the servers' state: catalog, keys, sessions, prepared queries.

    Example: lictor snapshot save backup.snap

    Parameters
    ----------
    file
        Where to write it. An older file is replaced only by a whole and verified new one.
    append_filename
        What to put before the file's ending, of the agent that is asked: version, dc, node, status (leader or
        follower), in this order and with commas between them.
    """
    file = file.with_stem("-".join((file.stem, *about_agent(append_filename, reach)))) if append_filename else file
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
def inspect(
    file: Path,
    /,
    *,
    format: Literal["pretty", "json"] = "pretty",
    kvdetails: bool = False,
    kvdepth: int = 2,
    kvfilter: str = "",
) -> None:
    """Show what a snapshot holds, without any agent.

    Example: lictor snapshot inspect backup.snap

    Parameters
    ----------
    file
        What `lictor snapshot save` wrote.
    format
        pretty or json.
    kvdetails
        Show also how much room keys take.
    kvdepth
        Put keys together by so many of their parts, as slashes cut them (2).
    kvfilter
        Only keys that begin so.
    """
    if kvdepth < 1:
        raise Failure(f"-kvdepth={kvdepth} puts no keys together: give at least 1.")
    inspected = inspect_archive(read(file), str(file))
    keys = KeySurvey(kvdepth, kvfilter).of(inspected.state) if kvdetails else None
    print(as_json(inspected, keys) if format == "json" else pretty(inspected, keys))


def about_agent(wanted: str, reach: Reach) -> list[str]:
    """What stands in the file's name, in Consul's order. A client agent is neither leader nor follower."""
    if unknown := sorted({*wanted.split(",")} - {*APPENDED}):
        raise Failure(f"-append-filename={unknown[0]} is nothing that can be appended: give {', '.join(APPENDED)}.")
    told = expect(reach.api().get("/v1/agent/self")).fields()
    leads = told.get("Stats", {}).get("consul", {}).get("leader")
    status = {None: "", "true": "leader"}.get(leads, "follower")
    config = told["Config"]
    parts = (config["Version"], config["Datacenter"], config["NodeName"], status)
    return [part for name, part in zip(APPENDED, parts, strict=True) if name in wanted.split(",") and part]


def patient(reach: Reach) -> HttpApi:
    """The agent's API, given time for a large store."""
    api = reach.api()
    api.patience_s = PATIENCE_S
    return api


def inspect_archive(archive: bytes, what: str) -> Inspected:
    """Read and verify all of an archive; Failure if it is damaged."""
    try:
        reader = ArchiveReader(archive)
        state = b"".join(reader.state(PIECE))
        _, tables = survey(state)
    except (ArchiveRefused, SnapshotRefused) as refused:
        raise Failure(f"Error verifying snapshot: {what} is of no use: {refused}") from None
    return Inspected(reader.meta, sorted((t for t in tables if t.rows), key=lambda t: (-t.bytes, t.name)), state)


def pretty(inspected: Inspected, keys: list[TableSurvey] | None) -> str:
    """For people, in Consul's order."""
    about = [(f" {field}", str(inspected.meta.get(field, ""))) for field in META]
    parts = [columns(about[0], about[1:]), counted("Type", inspected.tables)]
    return "\n\n".join((*parts, *([counted("Key Name", keys)] if keys is not None else ())))


def counted(head: str, groups: list[TableSurvey]) -> str:
    """A table of what was counted, with its sum."""
    rows = [(f" {group.name}", str(group.rows), byte_size(group.bytes)) for group in groups]
    line = (f" {LINE}", LINE, LINE)
    total = (" Total", "", byte_size(size(groups)))
    return columns((f" {head}", "Count", "Size"), [line, *rows, line, total])


def as_json(inspected: Inspected, keys: list[TableSurvey] | None) -> str:
    """For programs, with Consul's names."""
    meta = {field: inspected.meta.get(field) for field in META}
    told = {"Meta": meta, "Stats": stats(inspected.tables), "TotalSize": size(inspected.tables)}
    if keys is not None:
        told |= {"StatsKV": stats(keys), "TotalSizeKV": size(keys)}
    return json.dumps(told, indent=3)


def stats(groups: list[TableSurvey]) -> list[dict[str, Any]]:
    """Rows of the JSON."""
    return [{"Name": group.name, "Sum": group.bytes, "Count": group.rows} for group in groups]


def size(groups: list[TableSurvey]) -> int:
    """Bytes of all of them."""
    return sum(group.bytes for group in groups)


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
