"""Partitions, isolated leaders, paused probers and lossy racks: the cluster does what the docs say, and nothing leaks.

Long form, with a hundred nodes: ``python benchmarks breakages``.
"""

import pytest
from breakages import breakages

from lictor_deploy.control import Cluster

pytestmark = [pytest.mark.e2e, pytest.mark.soak, pytest.mark.timeout(300)]
ROUNDS = 2
FILES_MOST, THREADS_MOST = 8, 4
"""A descriptor or a thread more here and there: a pipe that is just being dialled, a thread that looks a name up."""
MIB_MOST = 20.0


def test_what_is_broken_again_and_again_heals_and_leaves_nothing_behind(tracebacks, capsys):
    with Cluster.local(3, 20, "-profile", "local") as cluster:
        broken = breakages(cluster, ROUNDS)
        assert tracebacks(cluster) == []
    before, after = broken.before, broken.after[-1]
    with capsys.disabled():
        print(f"\n  {before}\n  {after}")
    assert broken.wrong == []
    assert broken.falsely_failed == 0
    assert after.processes == before.processes
    assert after.socket_files == before.socket_files
    assert after.files <= before.files + FILES_MOST
    assert after.threads <= before.threads + THREADS_MOST
    assert after.pss_mib < before.pss_mib + MIB_MOST
