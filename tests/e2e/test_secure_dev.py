"""``lictor dev -secure``: whole, denying, encrypted, and silent about its secrets; also after a server's next life."""

import os
import re
import stat
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import attacker
import pytest
from attacker import VOTE, Attacker
from running_agent import METRICS

import lictor
from lictor_deploy.local.handle import Cluster
from lictor_deploy.local.secured import FOLDER, GOSSIP_KEY, TOKEN
from lictor_messages.swim import Gossip

pytestmark = pytest.mark.e2e
LICTOR = [sys.executable, "-m", "lictor_deploy.cli.main"]


def command(cluster, *words):
    environment = {**os.environ, **cluster.environment}
    done = subprocess.run([*LICTOR, *words], env=environment, capture_output=True, text=True, timeout=60, check=False)
    return done.stdout + done.stderr


def everything_said(cluster, data):
    """Logs, and what the commands and the processes show of themselves."""
    shown = [path.read_text() for path in (data / "logs").iterdir()]
    lines = [path.read_bytes().decode(errors="replace") for path in command_lines()]
    return "\n".join([*shown, *lines, command(cluster, "info"), command(cluster, "members", "-detailed")])


def command_lines():
    return [Path(f"/proc/{pid}/cmdline") for pid in os.listdir("/proc") if pid.isdigit()]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return tmp_path_factory.mktemp("secure") / "data"


@pytest.fixture(scope="module")
def cluster(data):
    with Cluster.local(3, 4, "-secure", "-log-level", "debug", "-data-dir", str(data)) as cluster:
        yield cluster


def test_it_denies_what_no_token_allows(cluster, http):
    token = {"X-Consul-Token": cluster.environment["CONSUL_HTTP_TOKEN"]}
    for place in (cluster.nodes["server-1"], cluster.nodes["agent-4"]):
        assert http(place, "PUT", f"/v1/kv/{place.name}", "x").status == 403
        assert http(place, "PUT", f"/v1/kv/{place.name}", "x", **token).status == 200
    assert len(http(cluster.nodes["agent-1"], "GET", "/v1/catalog/nodes", **token).json) == 7
    assert http(cluster.nodes["agent-1"], "GET", "/v1/catalog/nodes").json == []
    with lictor.Client(cluster.nearest(), token=token["X-Consul-Token"]) as client:
        assert client.kv.get("agent-4").value == b"x"


def test_commands_say_that_gossip_is_encrypted(cluster):
    assert "encrypted: yes, key " in command(cluster, "members", "-detailed")
    assert "encrypted = true" in command(cluster, "info")


def stranger(message, role):
    return Attacker(cluster="lictor-dev").frame(message, f"{role}@server-2.dc1", f"{role}@server-1.dc1")


@pytest.mark.parametrize(
    ("lane", "frame", "counted"),
    [
        ("g", stranger(Gossip(updates=()), "prober"), "gossip_not_encrypted"),
        ("g", stranger(VOTE, "server"), f"other_lane:server:{VOTE.kind}"),
        ("r", stranger(VOTE, "server"), "frame_not_encrypted"),
    ],
    ids=["gossip without a key", "a vote on the gossip lane", "a vote without a certificate"],
)
def test_lanes_hear_no_stranger(cluster, http, until, lane, frame, counted):
    def count():
        token = {"X-Consul-Token": cluster.environment["CONSUL_HTTP_TOKEN"]}
        said = http(cluster.nodes["server-1"], "GET", METRICS, **token).text
        return re.findall(rf'events{{what="{counted}"}} (\d+)', said)

    before = count()
    with suppress(ConnectionError):  # the lane with TLS hangs up
        attacker.say(f"ipc://{Path(cluster.control).parent}/server-1.{lane}", frame)
    until(lambda: count() != before)


def test_a_server_that_is_started_again_has_its_certificate(cluster, http):
    cluster.faults.restart("server-1")
    cluster.wait_whole()
    token = {"X-Consul-Token": cluster.environment["CONSUL_HTTP_TOKEN"]}
    assert http(cluster.nodes["server-1"], "PUT", "/v1/kv/again", "x", **token).status == 200


def test_secrets_are_in_private_files_alone(cluster, data):
    files = list((data / FOLDER).iterdir())
    assert len(files) == 13  # token, key and authority, and two for each of five processes
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert stat.S_IMODE((data / FOLDER).stat().st_mode) == 0o700
    token, key = ((data / FOLDER / name).read_text().strip() for name in (TOKEN, GOSSIP_KEY))
    assert token == cluster.environment["CONSUL_HTTP_TOKEN"]
    said = everything_said(cluster, data)
    private = [path.read_text().splitlines()[1] for path in files if path.name.endswith("-key.pem")]
    assert "starts as" in said
    assert [secret for secret in (token, key, *private) if secret in said] == []
