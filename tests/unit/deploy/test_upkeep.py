"""Directories in a shared temporary folder: locked, kept young, and missed when they are gone."""

from __future__ import annotations

import fcntl
import os
import shutil
from pathlib import Path

import pytest

from lictor_deploy.local.upkeep import LOOK_EVERY_S, TOUCH_EVERY_S, Upkeep


@pytest.fixture
def run(tmp_path: Path) -> Path:
    (tmp_path / "run" / "below").mkdir(parents=True)
    (tmp_path / "run" / "control").touch()
    return tmp_path / "run"


def cleaner_may_look_into(directory: Path) -> bool:
    """As systemd-tmpfiles finds out whether somebody wants a directory to be left alone."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


def test_cleaners_find_the_directories_locked_until_the_end(run):
    upkeep = Upkeep([run / "control"], [run.parent, run])
    second = Upkeep([], [run.parent])  # several clusters share the outer one
    assert not cleaner_may_look_into(run)
    upkeep.close()
    assert cleaner_may_look_into(run)
    assert not cleaner_may_look_into(run.parent)
    second.close()
    assert cleaner_may_look_into(run.parent)


def test_a_directory_that_was_made_again_is_locked_again(run):
    upkeep = Upkeep([run / "control"], [run])
    assert upkeep.lost() == []
    shutil.rmtree(run)
    assert upkeep.lost() == [run / "control"]
    run.mkdir()
    assert cleaner_may_look_into(run)
    upkeep.lock()
    assert not cleaner_may_look_into(run)
    upkeep.close()


def test_everything_is_kept_young_once_an_hour(run):
    upkeep = Upkeep([run / "control"], [run])
    everything = [run, run / "below", run / "control"]
    renewed = []
    for _ in range(int(TOUCH_EVERY_S / LOOK_EVERY_S) + 1):
        for path in everything:
            os.utime(path, (0, 0))
        upkeep.touch()
        renewed.append([path.stat().st_mtime > 1 for path in everything])
    upkeep.close()
    assert renewed[0] == renewed[-1] == [True] * 3
    assert not any(any(looked) for looked in renewed[1:-1])
