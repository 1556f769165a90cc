"""Three server processes whose journals somebody has driven to the last term there is, and the cure."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from three import Three

from lictor_actors.hosts.disks.file import FileDisk
from lictor_actors.journal.journal import Journal
from lictor_actors.raft.doubts import CEILING
from lictor_actors.raft.records import pack_term

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]


@pytest.fixture
def three(tmp_path: Path) -> Iterator[Three]:
    made = Three(tmp_path, {"raft_snapshot_threshold": 200, "raft_trailing_logs": 50})
    for i in (1, 2, 3):
        made.start(i)
    yield made
    made.end()


def drive_to_the_last_term(directory: Path) -> None:
    disk = FileDisk(directory)
    journal = Journal.open(disk)
    journal.write("server", [pack_term(CEILING, "")])
    journal.sync()
    disk.close()


def test_a_cluster_in_the_last_term_is_recovered_on_one_server_and_the_others_join_it(three: Three) -> None:
    three.until(lambda: three.voters(1) == 3)
    three.write(1, 300)
    for i in (1, 2, 3):
        three.kill(i)
        drive_to_the_last_term(three.home / f"d{i}")
    for i in (1, 2, 3):
        three.start(i)
    three.until(lambda: all("the last term there is" in three.log(i) for i in (1, 2, 3)))
    assert "operator raft recover -reset-term" in three.log(1)
    assert three.http(1, "GET", "/v1/kv/k49?stale&raw")  # as of its snapshot: nobody tells it what is committed
    with pytest.raises(AssertionError, match="No cluster leader"):
        three.http(1, "PUT", "/v1/kv/k", b"x")

    for i in (1, 2, 3):
        three.kill(i)
    flags = (f"-data-dir={three.home / 'd1'}", "-peer=n1", "-reset-term")
    assert f"Term:          {CEILING}\n" in three.cli("operator", "raft", "recover", "-dry-run", *flags)
    assert "Done" in three.cli("operator", "raft", "recover", *flags)
    shutil.rmtree(three.home / "d2")
    assert "Moved to" in three.cli("operator", "set-aside", f"-data-dir={three.home / 'd3'}")
    for i in (1, 2, 3):
        three.start(i)
    three.until(lambda: three.http(1, "PUT", "/v1/kv/after", b"x") == b"true")
    assert three.http(1, "GET", "/v1/kv/k49?raw") == b"299"
    three.until(lambda: three.voters(1) == 3)
    three.kill(1)
    three.until(lambda: three.http(2, "PUT", "/v1/kv/last", b"x") == b"true")
    assert three.http(3, "GET", "/v1/kv/k49?raw") == b"299"
    assert "The journal is whole" in three.cli("debug", "journal", str(three.home / "d1"), "-summary")
    assert not any("Traceback" in three.log(i) for i in (1, 2, 3))
