"""Server processes whose journals were cut or lost: they refuse to start, by name, and what they advise works."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from three import LICTOR, Three

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]


@pytest.fixture
def three(tmp_path: Path) -> Iterator[Three]:
    made = Three(tmp_path, {"raft_snapshot_threshold": 200, "raft_trailing_logs": 50})
    for i in (1, 2, 3):
        made.start(i)
    yield made
    made.end()


def last_segment(directory: Path) -> Path:
    return max(directory.glob("journal-0*"))


def refused(three: Three, i: int) -> str:
    """What its log says after a start that has to fail."""
    before = len(three.log(i))
    three.start(i)
    assert three.processes[i].wait(30) == 1
    return three.log(i)[before:]


def test_a_server_of_three_with_a_cut_journal_refuses_and_comes_back_as_another(three: Three) -> None:
    three.until(lambda: three.voters(1) == 3)
    three.write(1, 300)
    three.kill(2)
    old = three.peers(1)["n2"]["ID"]
    directory, file = three.home / "d2", last_segment(three.home / "d2")
    whole = file.read_bytes()
    os.truncate(file, len(whole) // 2)
    said = refused(three, 2)
    assert f"{file} was cut: {len(whole)} bytes were reserved, and {len(whole) // 2} are left" in said
    advised = f"lictor operator set-aside -data-dir={directory}"
    assert advised in said

    three.write(1, 100)
    assert "Moved to" in three.cli(*advised.split()[1:])
    assert len((directory / "set-aside-1" / file.name).read_bytes()) == len(whole) // 2
    three.start(2)
    three.until(lambda: "non-voters n2.dc1" in "".join(three.log(i) for i in (1, 3)))
    three.until(lambda: three.voters(1) == 3)
    peers = three.peers(1)
    assert len(peers) == 3
    assert old not in {peer["ID"] for peer in peers.values()}
    assert three.http(2, "GET", "/v1/kv/k49?raw&stale") == b"99"
    three.until(lambda: old not in three.http(1, "GET", "/v1/catalog/nodes").decode())


def test_a_server_whose_journal_is_gone_or_lacks_a_file_refuses(three: Three) -> None:
    three.until(lambda: three.voters(1) == 3)
    three.write(1, 100)
    for number in range(3):
        three.http(1, "PUT", f"/v1/kv/large{number}", bytes(200_000))
    three.until(lambda: len(three.http(3, "GET", "/v1/kv/large2?raw&stale")) == 200_000)
    three.kill(3)
    directory = three.home / "d3"
    aside = three.home / "aside"
    aside.mkdir()
    files = sorted(directory.glob("journal*"))
    for file in files:
        file.rename(aside / file.name)
    assert f"{directory} has lost all files of its journal: node-has-journal says that there was one" in refused(
        three, 3
    )
    for file in files[1:]:
        (aside / file.name).rename(directory / file.name)
    assert f"{files[0]} is missing" in refused(three, 3)
    ran = subprocess.run([*LICTOR, "debug", "journal", "-summary", str(directory)], capture_output=True, text=True)
    assert ran.returncode == 1
    assert ran.stdout.startswith("The journal is refused: ")
    (aside / files[0].name).rename(files[0])
    three.start(3)
    three.until(lambda: three.http(3, "GET", "/v1/kv/k49?raw&stale") == b"99")


def test_a_lone_server_goes_on_with_what_is_left_or_gets_back_what_was_saved(tmp_path: Path) -> None:
    alone = Three(tmp_path, {})
    start(alone)
    try:
        alone.until(lambda: alone.http(1, "PUT", "/v1/kv/saved", b"1") == b"true")
        alone.cli("snapshot", "save", f"-http-addr={alone.address(1)}:8500", str(tmp_path / "saved.snap"))
        alone.kill(1)
        os.truncate(last_segment(tmp_path / "d1"), 100_000)
        start(alone)
        assert alone.processes[1].wait(30) == 1
        assert "journal-00000001 was cut: 262144 bytes were reserved, and 100000 are left" in alone.log(1)
        assert "Done: the old files are in" in alone.cli("operator", "accept-loss", f"-data-dir={tmp_path / 'd1'}")
        start(alone)
        alone.until(lambda: alone.http(1, "GET", "/v1/kv/saved?raw") == b"1")
        alone.kill(1)
        for file in (tmp_path / "d1").glob("journal*"):
            file.unlink()
        start(alone)
        assert alone.processes[1].wait(30) == 1
        assert "has lost all files of its journal" in alone.log(1)
        alone.cli("operator", "set-aside", f"-data-dir={tmp_path / 'd1'}")
        start(alone)
        alone.until(lambda: json.loads(alone.http(1, "GET", "/v1/status/leader")) != "")
        alone.cli("snapshot", "restore", f"-http-addr={alone.address(1)}:8500", str(tmp_path / "saved.snap"))
        alone.until(lambda: alone.http(1, "GET", "/v1/kv/saved?raw") == b"1")
    finally:
        alone.end()


def start(alone: Three) -> None:
    ip = alone.address(1)
    flags = [f"-bind={ip}", f"-client={ip}", "-server", "-bootstrap-expect=1", "-node=n1"]
    files = [f"-data-dir={alone.home / 'd1'}", f"-config-file={alone.home / 'conf.json'}"]
    with open(alone.home / "n1.log", "ab") as log:
        alone.processes[1] = subprocess.Popen([*LICTOR, "agent", *flags, *files], stdout=log, stderr=log)
