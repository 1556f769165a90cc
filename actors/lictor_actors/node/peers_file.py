"""``peers.json`` in a server's data directory: start over with these servers (Consul's outage recovery).

The format is Consul's: ``[{"id": "server-1", "address": "10.0.0.1:8300", "non_voter": false}, …]``. An id is a node's
name, with or without its datacenter; addresses are Consul's and are not needed here, gossip knows them. The file is
renamed to ``peers.json.applied`` once it is done, so that a restart does not do it again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from lictor_actors.hosts.disks.file import FileDisk, ReadOnlyDisk
from lictor_actors.journal.journal import Journal
from lictor_actors.journal.recovery import recover
from lictor_actors.node.term_reset import reset_term
from lictor_actors.raft.configuration import ServerRow
from lictor_actors.raft.start_over import CannotStartOver, StartOver, start_over
from lictor_messages.journal import JournalRecord

STREAM = "server"


def apply_peers_file(data_dir: Path, node: str) -> StartOver | None:
    """Do what ``peers.json`` says, if there is one. Raises CannotStartOver; then nothing was touched."""
    file = next((f for f in (data_dir / "peers.json", data_dir / "raft" / "peers.json") if f.is_file()), None)
    if file is None:
        return None
    done = write_start_over(data_dir, node, read_peers(file, node))
    os.replace(file, file.with_suffix(".json.applied"))
    return done


def write_start_over(data_dir: Path, node: str, peers: Sequence[ServerRow]) -> StartOver:
    """Put the new configuration into the journal of a server that does not run."""
    return _write(data_dir, lambda journal: start_over(journal, node, peers))


def plan_start_over(data_dir: Path, node: str, peers: Sequence[ServerRow]) -> StartOver:
    """The same, but nothing is touched."""
    return start_over(_read(data_dir), node, peers)


def write_term_reset(data_dir: Path, node: str, _: Sequence[ServerRow]) -> StartOver:
    """Put a snapshot of term 1 in the place of the log of a server that does not run."""
    return _write(data_dir, lambda journal: reset_term(journal, node))


def plan_term_reset(data_dir: Path, node: str, _: Sequence[ServerRow]) -> StartOver:
    """The same, but nothing is touched."""
    return reset_term(_read(data_dir), node)


def _read(data_dir: Path) -> Iterable[JournalRecord]:
    return recover(ReadOnlyDisk(data_dir)).streams.get(STREAM, ())


def _write(data_dir: Path, plan: Callable[[Iterable[JournalRecord]], StartOver]) -> StartOver:
    disk = FileDisk(data_dir)
    try:
        journal = Journal.open(disk)
        planned = plan(journal.recovered(STREAM))
        journal.write(STREAM, planned.records)
        journal.sync()
        return planned
    finally:
        disk.close()


def read_peers(file: Path, node: str) -> tuple[ServerRow, ...]:
    """The servers of a ``peers.json``. Raises CannotStartOver with the file's name."""
    try:
        rows = json.loads(file.read_text())
        return tuple(ServerRow(full_name(row["id"], node), not row.get("non_voter", False)) for row in rows)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        example = '[{"id": "server-1", "non_voter": false}]'
        raise CannotStartOver(f"{file} is no list of servers such as {example}: {error!r}") from error


def full_name(name: str, node: str) -> str:
    """``server-1`` → ``server-1.dc1``, in the datacenter of ``node``."""
    dc = node.rpartition(".")[2]
    return name if name.endswith(f".{dc}") else f"{name}.{dc}"
