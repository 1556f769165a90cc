"""Somebody removes the run directory of a running dev cluster: it is made again, and nothing is cut off for good."""

from __future__ import annotations

import shutil
import stat
from contextlib import suppress
from pathlib import Path

import pytest

from lictor_deploy.local.handle import Cluster
from lictor_deploy.local.run_dir import find_control
from lictor_deploy.words.sentence import Failure

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]


def answering(control: str) -> bool:
    with suppress(Failure):
        return bool(Cluster(control).status())
    return False


@pytest.mark.parametrize("what", ["directory", "above", "files"])
def test_it_is_made_again_with_all_that_was_in_it(runtime, until, what) -> None:
    with Cluster.local(3, 2, "-profile", "local") as cluster:
        run = Path(cluster.control).parent
        names = sorted(path.name for path in run.iterdir())
        if what == "files":
            for path in run.iterdir():
                path.unlink()
        else:
            shutil.rmtree(run if what == "directory" else run.parent)
        until(lambda: answering(cluster.control))
        until(lambda: run.is_dir() and sorted(path.name for path in run.iterdir()) == names)
        assert stat.S_IMODE(run.stat().st_mode) == stat.S_IMODE(run.parent.stat().st_mode) == 0o700
        assert (run / "fault-token").read_text().strip() == cluster.environment["LICTOR_FAULT_TOKEN"]
        assert what == "files" or find_control() == cluster.control
        # A process that starts now has to find the others by their sockets, and they it.
        with cluster.faults.kill("server-1"):
            pass
        cluster.wait_whole(60)
    assert not run.exists()
