"""A host runs as nicely as its raylet does, if the system lets it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from lictor_deploy.ray import priority

LIKE_PARENT = """
import os, threading
over = threading.Event()
threading.Thread(target=over.wait).start()
from lictor_deploy.ray.priority import run_like_parent
os.setpriority(os.PRIO_PGRP, 0, 19)
print(run_like_parent(), *{os.getpriority(os.PRIO_PROCESS, int(thread)) for thread in os.listdir("/proc/self/task")})
over.set()
"""


@pytest.mark.skipif(not os.path.exists("/proc/self/task"), reason="threads have a niceness of their own on Linux alone")
def test_every_thread_of_it_does() -> None:
    said = subprocess.check_output([sys.executable, "-c", LIKE_PARENT], text=True, start_new_session=True)
    own = os.getpriority(os.PRIO_PROCESS, 0)
    assert said.split() == (["0", str(own)] if os.geteuid() == 0 else [str(19 - own), "19"])


def test_where_the_system_refuses_it_says_by_how_much(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_which: int, _who: int, _niceness: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "setpriority", refuse)
    monkeypatch.setattr(os, "getpriority", lambda _which, who: 0 if who == os.getppid() else 15)
    assert priority.run_like_parent() == 15
