"""Children that have ended are reaped when they were there at the sweep before."""

import os
import subprocess
import sys

from lictor_deploy.agent.orphans import ended_children, sweep


def test_an_ended_child_is_reaped_at_the_second_sweep_and_a_running_one_never():
    running = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    before = sweep(frozenset())
    assert pid in before
    assert running.pid not in before
    assert pid in ended_children()
    sweep(frozenset({pid}))
    assert pid not in ended_children()
    assert running.poll() is None
    running.communicate(b"\n")
