"""Three servers as processes, each with a log of its own: one grep shows a write's way through all of them; and what
``lictor debug`` collects of one, in which no token stands.
"""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
import tarfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from socket import gethostname
from typing import Any, NamedTuple

import pytest

from lictor_deploy.cli import debug as debug_command
from lictor_deploy.cli.main import run
from lictor_deploy.local.handle import own_addresses

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]
NETWORK = own_addresses()[1].rsplit(".", 1)[0] if own_addresses()[0] == "-base-ip" else "127.0.0"
NAMES = ("n1", "n2", "n3")
IPS = {name: f"{NETWORK}.{240 + place}" for place, name in enumerate(NAMES)}
PAGE = Path(__file__).parents[2] / "docs" / "logs.md"
STEP = re.compile(r"(\w+)@(\w+)\.dc1 > (\w+)@(\w+)\.dc1 ([\w.]+): cause=")
SECRET = "5ec2e7ff-0000-4abc-8def-70ce70ce70ce"
"""A token of requests, registrations and checks."""


class Site(NamedTuple):
    """The servers, and where they log."""

    folder: Path
    processes: list[subprocess.Popen[bytes]]

    def grep(self, pattern: str) -> dict[str, list[str]]:
        """Lines in which this is found, by node."""
        logs = {name: (self.folder / f"{name}.log").read_text().splitlines() for name in NAMES}
        return {name: [line for line in lines if re.search(pattern, line)] for name, lines in logs.items()}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, http: Any, until: Any) -> Iterator[Site]:
    made = Site(tmp_path_factory.mktemp("site"), [])
    try:
        for name in NAMES:
            made.processes.append(server(name, made.folder))
        until(lambda: all(leader_seen(http, name) for name in NAMES), 90)
        yield made
    finally:
        for process in made.processes:
            process.kill()
            process.wait()


def server(name: str, folder: Path) -> subprocess.Popen[bytes]:
    config = {
        "server": True,
        "bootstrap_expect": 3,
        "node_name": name,
        "data_dir": str(folder / name),
        "bind_addr": IPS[name],
        "client_addr": IPS[name],
        "retry_join": [*IPS.values()],
        "retry_interval": "1s",
        "log_level": "TRACE",
        "enable_debug": True,
        "performance": {"raft_multiplier": 1},
    }
    (folder / f"{name}.json").write_text(json.dumps(config))
    command = [sys.executable, "-m", "lictor_deploy.cli.main", "agent", "-config-file", str(folder / f"{name}.json")]
    with (folder / f"{name}.log").open("wb") as out:
        return subprocess.Popen(command, stdout=out, stderr=out)


def leader_seen(http: Any, name: str) -> str:
    try:
        return str(http(f"{IPS[name]}:8500", "GET", "/v1/status/leader").json)
    except OSError:
        return ""


def test_one_grep_shows_a_writes_way_through_every_node_as_the_page_does(site: Site, http: Any, until: Any) -> None:
    leader = next(name for name, ip in IPS.items() if ip in leader_seen(http, "n1"))
    follower, other = (name for name in NAMES if name != leader)

    names = {"n1": leader, "n2": follower, "n3": other}
    shown = {(a, names[of], b, names[to], kind) for a, of, b, to, kind in STEP.findall(PAGE.read_text())}
    assert len(shown) > 8

    def missing() -> set[tuple[str, ...]]:
        """Steps of the page that a write did not take; TRACE begins within a second of an agent's start."""
        assert http(f"{IPS[follower]}:8500", "PUT", "/v1/kv/one/grep", b"x").status == 200
        finished = site.grep("method=PUT url=/v1/kv/one/grep ")[follower]
        lines = site.grep(f"cause={finished[-1].rpartition('cause=')[2]}$") if finished else {}
        return shown - {found.groups() for of in lines.values() for line in of if (found := STEP.search(line))}

    until(lambda: not missing())


def written(secret: str) -> set[bytes]:
    """A secret in the forms in which it might stand somewhere: as it is, in base64 from any byte on, in hexadecimal."""
    plain = secret.encode()
    inner = {base64.b64encode(bytes(before) + plain)[4:-4] for before in (1, 2, 3)}
    return {plain, plain.upper(), plain.hex().encode(), plain.replace(b"-", b""), *inner}


def with_a_token(http: Any) -> None:
    """A request that bears it in each place where one may."""
    at = f"{IPS['n1']}:8500"
    check = {"Name": "alive", "TTL": "1h"}
    http(at, "PUT", f"/v1/kv/x?token={SECRET}", b"x", **{"X-Consul-Token": SECRET})
    http(at, "GET", "/v1/kv/x", Authorization=f"Bearer {SECRET}")
    http(at, "PUT", "/v1/agent/service/register", {"Name": "web", "Token": SECRET, "Check": check})
    http(at, "PUT", f"/v1/agent/check/register?token={SECRET}", {"Name": "c", "TTL": "1h", "Token": SECRET})


def test_what_debug_collects_is_whole_and_holds_no_token(
    site: Site, http: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(debug_command, "DURATION_LEAST_S", 0.0)
    monkeypatch.setattr(debug_command, "INTERVAL_LEAST_S", 0.0)
    monkeypatch.setenv("CONSUL_HTTP_ADDR", f"{IPS['n1']}:8500")
    monkeypatch.setenv("CONSUL_HTTP_TOKEN", SECRET)
    over = threading.Event()

    def keep_on() -> None:
        while not over.is_set():
            with_a_token(http)

    asking = threading.Thread(target=keep_on)
    asking.start()
    try:
        assert run(["debug", "-duration=4s", "-interval=1s", f"-output={tmp_path}/d"]) == 0
    finally:
        over.set()
        asking.join()
    with tarfile.open(tmp_path / "d.tar.gz") as tar:
        tar.extractall(tmp_path / "out", filter="data")
    root = tmp_path / "out" / "d"
    files = {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}
    index = json.loads(files["index.json"])
    assert index["Missing"] == {}
    assert b"url=/v1/kv/x?token=<hidden>" in files["consul.log"]
    assert b"kv.put_key" in files["consul.log"]
    metrics = [json.loads(line) for line in files["metrics.json"].splitlines()]
    assert len(metrics) >= 2
    assert f"consul.{gethostname()}.raft.applied_index" in {gauge["Name"] for gauge in metrics[-1]["Gauges"]}
    assert any(b"thread MainThread" in text for name, text in files.items() if name.endswith("/goroutine.prof"))
    assert any(b".in_loop;" in text for name, text in files.items() if name.endswith("/profile.prof"))
    assert {len(json.loads(files["members.json"])), json.loads(files["agent.json"])["Config"]["NodeName"]} == {3, "n1"}
    assert json.loads(files["host.json"])["Memory"]
    assert [name for name, text in files.items() if any(form in text for form in written(SECRET))] == []
    assert [name for name, lines in site.grep(SECRET).items() if lines] == []
