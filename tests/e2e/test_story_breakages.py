"""Partitions, isolated leaders, paused probers and lossy racks: the cluster does what the docs say, and nothing leaks.

Long form, with a hundred nodes: ``python benchmarks breakages``.
"""

from itertools import pairwise

import pytest
from breakages import Holdings, breakages

from lictor_deploy.local.handle import Cluster

pytestmark = [pytest.mark.e2e, pytest.mark.soak, pytest.mark.timeout(300)]
ROUNDS = 2
THREADS_MOST = 4
"""A thread more here and there looks a name up."""
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
    assert least_opened([before, *broken.after]) <= 0
    assert after.threads <= before.threads + THREADS_MOST
    assert after.pss_mib < before.pss_mib + MIB_MOST


def least_opened(held: list[Holdings]) -> int:
    """Descriptors. A leak opens some in every round; a link that chance dials only now opens its own once."""
    return min(later.files - earlier.files for earlier, later in pairwise(held))
