"""``lictor dev``: directories, locks and limits before the first fork, and what becomes of them at the end."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from lictor_deploy.agent.limits import own_directory, raise_file_limit, require_free
from lictor_deploy.agent.log import threshold_of
from lictor_deploy.local.forked import LocalCluster
from lictor_deploy.local.plan import DevOptions, listeners, make_plan
from lictor_deploy.local.run_dir import fresh_dir, remove, run_dir
from lictor_deploy.private import PRIVATE
from lictor_deploy.words.sentence import Failure

if TYPE_CHECKING:
    from lictor_deploy.local.secured import Secured

FILES_PER_NODE = 24
FILES_PER_PROCESS = 192


def run_dev(options: DevOptions, *, data_dir: str, command: str, log_level: str, secure: bool = False) -> int:
    """Start the cluster, run ``command`` or wait for Ctrl-C, stop it; the exit code. ``secure``: see ``Secured``."""
    started, signals = time.monotonic(), written_down()
    umask = os.umask(PRIVATE)
    threshold_of(log_level)  # a wrong one would end every process
    with run_dir() as run, kept_in(data_dir) as data:
        plans = make_plan(options, run, data, cores())
        raise_file_limit(max(len(plan.specs) for plan in plans) * FILES_PER_NODE + FILES_PER_PROCESS)
        require_free(listeners(plans))
        secured = secured_in(data) if secure else None
        plans = secured.planned(plans) if secured is not None else plans
        cluster = LocalCluster(options, plans, run, data, log_level, signals, umask, secured)
        cluster.temporary = [] if data_dir else [data]
        try:
            cluster.start()
            status = cluster.run(command, started)
        finally:
            cluster.stop()
        if signals and not command:
            print("Stopped.", flush=True)
        return status


def secured_in(data: Path) -> Secured:
    """Raises Failure if its files cannot be used. Clusters without it do not import what makes certificates."""
    from lictor_deploy.local.secured import Secured

    try:
        return Secured.kept_in(data)
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or error
        raise Failure(f"Cannot use {data / 'secure'}: {said}. Remove it, or name another directory.") from None


def written_down() -> list[int]:
    """SIGINT and SIGTERM from now on: directories are about to be made that have to be removed again."""
    signals: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: signals.append(number))
    return signals


@contextmanager
def kept_in(data_dir: str) -> Iterator[Path]:
    """The data directory: the one named, which stays, or a temporary one, which goes."""
    if data_dir:
        path = Path(data_dir)
        lock = own_directory(path, say=lambda words: print(words, file=sys.stderr))
    else:
        path, lock = fresh_dir("lictor-data-", Path(tempfile.gettempdir()))
    try:
        (path / "logs").mkdir(exist_ok=True)
        yield path
    finally:
        if not data_dir:
            remove(path)
        os.close(lock)


def cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
