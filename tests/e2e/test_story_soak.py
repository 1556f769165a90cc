"""Memory and disk of servers that overwrite the same keys at full speed. Long form: ``python benchmarks soak``."""

import pytest
from soak import COMPACTED_AT, soak

from lictor_deploy.local.handle import Cluster

pytestmark = [pytest.mark.e2e, pytest.mark.alone, pytest.mark.soak, pytest.mark.timeout(150)]
WRITES = 75_000
BYTES_PER_WRITE = 520
"""Between the 340 of a log that is cut and the 700 of one that is not."""
DISK_MIB = 128.0


async def test_overwriting_the_same_keys_fills_neither_memory_nor_disk(capsys):
    with Cluster.local(3, 0) as cluster:
        soaked = await soak(cluster, 90.0, WRITES)
    grown = {server: round(soaked.bytes_per_write(server)) for server in soaked.rss_mib}
    with capsys.disabled():
        print(f"\n  {soaked.writes} writes in {soaked.at_s[-1]:.0f} s; bytes of memory for each: {grown}")
    assert soaked.refusals == {}
    assert soaked.writes > 2 * COMPACTED_AT
    assert max(grown.values()) < BYTES_PER_WRITE
    assert max(size for sizes in soaked.disk_mib.values() for size in sizes) < DISK_MIB
