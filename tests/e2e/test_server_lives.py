"""Three server processes with few entries between snapshots: one is away, one loses its disk, then two are lost;
and all of them move to other addresses.

``python benchmarks absence`` does the first two with Consul's figures and a hundred thousand writes.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from three import Three

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]


@pytest.fixture
def three(tmp_path: Path) -> Iterator[Three]:
    made = Three(tmp_path, {"raft_snapshot_threshold": 200, "raft_trailing_logs": 50})
    for i in (1, 2, 3):
        made.start(i)
    yield made
    made.end()


def test_a_cluster_whose_addresses_have_all_changed(three: Three) -> None:
    three.until(lambda: three.voters(1) == 3)
    three.write(1, 300)
    ids = {name: server["ID"] for name, server in three.peers(1).items()}
    for i in (1, 2, 3):
        three.kill(i)
    three.first = 230
    for i in (1, 2, 3):
        three.start(i)
    three.until(lambda: three.http(2, "PUT", "/v1/kv/after", b"x") == b"true")
    assert three.http(3, "GET", "/v1/kv/k49?raw") == b"299"
    peers = three.peers(1)
    assert {name: server["ID"] for name, server in peers.items()} == ids
    three.until(lambda: all(three.peers(1)[f"n{i}"]["Address"] == f"{three.address(i)}:8300" for i in (1, 2, 3)))


def test_a_long_absence_a_lost_disk_and_a_lost_majority(three: Three) -> None:
    three.until(lambda: three.voters(1) == 3)

    three.kill(3)
    three.write(1, 600)
    three.start(3)
    three.until(lambda: three.peers(1)["n3"]["LastIndex"] == max(int(p["LastIndex"]) for p in three.peers(1).values()))
    assert "takes over the snapshot" in three.log(3)

    three.kill(2)
    shutil.rmtree(three.home / "d2")
    three.start(2)
    # It may be promoted in the moment after: a leader that has not led for long takes what it sees for stable.
    three.until(lambda: "non-voters n2.dc1" in "".join(three.log(i) for i in (1, 3)))
    three.until(lambda: three.voters(1) == 3)

    three.until(
        lambda: "Success" in three.cli("operator", "raft", "transfer-leader", f"-http-addr={three.address(1)}:8500")
    )

    for i in (1, 2, 3):
        three.kill(i)
    assert "of entry" in three.cli(
        "operator", "raft", "recover", "-dry-run", f"-data-dir={three.home / 'd1'}", "-peer=n1"
    )
    (three.home / "d1" / "peers.json").write_text('[{"id": "n1"}]')
    three.start(1)
    three.until(lambda: three.http(1, "PUT", "/v1/kv/after", b"x") == b"true")
    assert three.http(1, "GET", "/v1/kv/k49?raw") == b"599"
    assert list(three.peers(1)) == ["n1"]
    assert "The journal is whole" in three.cli("debug", "journal", str(three.home / "d1"), "-summary")
