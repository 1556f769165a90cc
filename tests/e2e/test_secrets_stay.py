"""Secrets of every kind are given to an agent and to a dev cluster, which then live through failures: none is found in
what they and their commands write, show or answer, also not written another way."""

from __future__ import annotations

import base64
import json
import os
import signal
import socket
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

import lictor
from lictor_deploy.local.handle import Cluster, own_addresses
from lictor_deploy.timelines.live import recording

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]
LICTOR = [sys.executable, "-m", "lictor_deploy.cli.main"]
IP = own_addresses()[1].rsplit(".", 1)[0] + ".233" if own_addresses()[0] == "-base-ip" else "127.0.0.1"
PLACE = f"{IP}:8500"
OTHER = 4321


def uuid(number: int) -> str:
    return f"5ec4e7{number:02}-aaaa-4bbb-8ccc-dddddddddddd"


ROOT, AGENT, DEFAULT, RECOVERY, DNS, SET, SHOWN, QUERIED, UNKNOWN = map(uuid, range(9))
FAULTS, HEADER, PASSWORD, WATCHED, BODY, ODD, MADE = (
    f"s3cret-{part}/+{part}" for part in ("faults", "header", "password", "watched", "body", "odd", "made")
)
SEEDED = [ROOT, AGENT, DEFAULT, RECOVERY, DNS, SET, SHOWN, QUERIED, UNKNOWN]
SEEDED += [FAULTS, HEADER, PASSWORD, WATCHED, BODY, ODD, MADE]
BASIC = base64.b64encode(f"me:{HEADER}".encode()).decode()
DIAGNOSTICS = (
    *("agent/self", "agent/metrics", "agent/host", "agent/members", "agent/services", "agent/checks"),
    *("catalog/nodes", "health/node/solo", "health/state/any", "internal/lictor/suspicions", "operator/usage"),
)


def forms(secret: str) -> set[bytes]:
    """As it may stand in a text: plain, in a URL, in JSON, in hexadecimal digits, in base64 wherever it begins."""
    raw = secret.encode()
    inside = {base64.b64encode(bytes(off) + raw)[-(-off * 4 // 3) :].rstrip(b"=")[:-2] for off in range(3)}
    urls = {quote(secret).encode(), quote(secret, safe="").encode()}
    return {raw, *urls, json.dumps(secret)[1:-1].encode(), raw.hex().encode(), *inside}


def found_in(text: bytes, secrets: Sequence[str]) -> list[str]:
    return [secret for secret in secrets if any(form in text for form in forms(secret))]


def command_lines() -> bytes:
    """Of every process that there is now."""
    lines = []
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            lines.append((directory / "cmdline").read_bytes())
        except OSError:  # it has just ended
            continue
    return b"\n".join(lines)


def run(*words: str, token: str = "", stdin: str = "") -> bytes:
    environment = {**os.environ, "CONSUL_HTTP_ADDR": PLACE, "CONSUL_HTTP_TOKEN": token}
    done = subprocess.run(
        [*LICTOR, *words], env=environment, input=stdin.encode(), capture_output=True, timeout=60, check=False
    )
    return done.stdout + done.stderr


CONFIGURATION = {
    "node_name": "solo",
    "log_level": "TRACE",
    "enable_debug": True,
    "enable_script_checks": True,
    "enable_fault_injection": True,
    "fault_injection_token": FAULTS,
    "acl": {
        "enabled": True,
        "default_policy": "deny",
        "tokens": {
            "initial_management": ROOT,
            "agent": AGENT,
            "default": DEFAULT,
            "agent_recovery": RECOVERY,
            "dns": DNS,
        },
    },
    "check": {
        "name": "fails",
        "http": f"http://me:{quote(PASSWORD, safe='')}@{IP}:1/",
        "interval": "100ms",
        "header": {"Authorization": [f"Basic {BASIC}"]},
        "body": BODY,
    },
    "watches": [
        {
            "type": "nodes",
            "handler_type": "http",
            "http_handler_config": {"path": f"http://{IP}:1/", "header": {"X-Key": [WATCHED]}},
        }
    ],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, until: Callable[..., Any]) -> Iterator[Path]:
    """Of an agent whose configuration is full of secrets; what it writes is in ``log``, ``out`` and ``logs``."""
    folder = tmp_path_factory.mktemp("secrets")
    (folder / "logs").mkdir()
    for words in (["tls", "ca", "create"], ["tls", "cert", "create", "-server", f"-additional-ipaddress={IP}"]):
        subprocess.run([*LICTOR, *words], cwd=folder, capture_output=True, check=True)
    tls = {
        "cert_file": str(folder / "dc1-server-consul-0.pem"),
        "key_file": str(folder / "dc1-server-consul-0-key.pem"),
    }
    more = {"tls": {"https": tls}, "ports": {"https": 8501}, "log_file": f"{folder}/logs/"}
    sink = {"type": "file", "format": "json", "path": f"{folder}/audit.json"}
    more["audit"] = {"enabled": True, "sink": {"file": sink}}
    (folder / "c.json").write_text(json.dumps(CONFIGURATION | more))
    flags = ["agent", "-dev", f"-bind={IP}", f"-client={IP}", f"-config-file={folder}/c.json"]
    with (folder / "log").open("wb") as out:
        process = subprocess.Popen([*LICTOR, *flags], stdout=out, stderr=out)
    try:
        until(lambda: " leads term " in (folder / "log").read_text() or process.poll() is not None, 60)
        yield folder
        assert process.poll() is None
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


@pytest.fixture(scope="module")
def private_key(folder: Path) -> str:
    """A line out of the middle of the key of the certificate."""
    return (folder / "dc1-server-consul-0-key.pem").read_text().splitlines()[1]


def lead_through_failures(folder: Path, http: Callable[..., Any], until: Callable[..., Any]) -> bytes:
    """Say secrets in every place where some are taken, break what can be broken; the answers of diagnostics."""
    root = {"X-Consul-Token": ROOT}
    until(lambda: http(PLACE, "GET", "/v1/acl/tokens", **root).status == 200, 60)
    http(PLACE, "PUT", "/v1/acl/token", {"SecretID": SHOWN, "Policies": [{"Name": "global-management"}]}, **root)
    http(PLACE, "PUT", f"/v1/agent/token/agent?token={SHOWN}", {"Token": SET})
    http(PLACE, "GET", f"/v1/kv/a?%74oken={UNKNOWN}")
    http(PLACE, "GET", "/v1/kv/a", **{"Authorization": f"Bearer {UNKNOWN}"})
    http(PLACE, "PUT", "/v1/acl/token", f'{{"SecretID": "{ODD}", "Policies": [', **root)
    http(PLACE, "PUT", "/v1/acl/token", {"SecretID": [ODD], "Description": {"a": ODD}}, **root)
    http(PLACE, "POST", "/v1/query", {"Name": "q", "Token": QUERIED, "Service": {"Service": "web"}}, **root)
    http(PLACE, "PUT", "/v1/session/create", {"LockDelay": ODD}, **root)
    check = {"Name": "late", "Interval": "100ms", "HTTP": f"http://{IP}:8500/v1/kv/x?raw", "Header": {"X": [MADE]}}
    assert http(PLACE, "PUT", "/v1/agent/check/register", check, **root).status == 200
    script = {"Name": "script", "Interval": "1s", "Args": ["/bin/false", MADE]}
    assert http(PLACE, "PUT", "/v1/agent/check/register", script, **root).status == 200
    with lictor.Client(f"tcp://{IP}:8304") as client, pytest.raises(lictor.LictorError):
        client.kv.put("a", MADE)
    faults = {"X-Consul-Token": FAULTS}
    for actor in ("checker", "agent", "gateway", "server"):
        made = http(PLACE, "PUT", "/v1/internal/faults", {"verb": "crash", "nodes": f"{actor}@solo"}, **faults)
        assert made.status == 200, made.text
        http(PLACE, "DELETE", "/v1/internal/faults", **faults)
    http(PLACE, "PUT", "/v1/internal/faults", {"verb": FAULTS}, **faults)
    until(lambda: http(PLACE, "GET", "/v1/agent/self", **root).status == 200, 60)
    (folder / "c.json").write_text(f'{{"acl": {{"tokens": {{"agent": "{ODD}"}}, "odd": ')
    http(PLACE, "PUT", "/v1/agent/reload", **root)
    said = [http(PLACE, "GET", f"/v1/{path}", **root).body for path in DIAGNOSTICS]
    return b"\n".join([*said, http(PLACE, "GET", "/debug/pprof/goroutine?debug=2", **root).body])


def test_an_agents_secrets_stay_with_it(
    folder: Path, private_key: str, http: Callable[..., Any], until: Callable[..., Any]
) -> None:
    archive = ["debug", "-duration=10s", "-interval=5s", f"-output={folder}/debug"]
    debug = subprocess.Popen(
        [*LICTOR, *archive],
        env={**os.environ, "CONSUL_HTTP_ADDR": PLACE, "CONSUL_HTTP_TOKEN": RECOVERY},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert debug.stdout is not None
    while b"Starting debugger" not in debug.stdout.readline():
        assert debug.poll() is None
    answered = lead_through_failures(folder, http, until)
    commands = [
        command_lines(),
        run("acl", "set-agent-token", "default", "-", token=ROOT, stdin=f"{SET}\n"),
        run("members", "-detailed", token=ROOT),
        run("info", token=UNKNOWN),
        run("validate", f"{folder}/c.json"),
        debug.communicate(timeout=60)[0],
    ]
    with tarfile.open(folder / "debug.tar.gz") as tar:
        packed = {one.name: tar.extractfile(one).read() for one in tar if one.isfile()}  # type: ignore[union-attr]
    written = {path.name: path.read_bytes() for path in [folder / "log", *(folder / "logs").iterdir()]}
    assert all(b" crash server@solo.dc1" in text and b"Request finished" in text for text in written.values())
    (audit,) = folder.glob("audit-*.json")
    written[audit.name] = audit.read_bytes()
    whole_audit(audit)
    assert {"debug/agent.json", "debug/consul.log"} <= packed.keys()
    assert b"Request finished" in packed["debug/consul.log"]
    said = {**written, **packed, "answers": answered, "commands": b"\n".join(commands)}
    found = {name: secrets for name, text in said.items() if (secrets := found_in(text, [*SEEDED, private_key]))}
    assert found == {}


def whole_audit(audit: Path) -> None:
    """Lines tell of both doors, of a token that is known and of others, for the eyes of the file's owner alone."""
    events = [json.loads(line)["payload"] for line in audit.read_text().splitlines()]
    told = {(one["type"], one["request"]["operation"], len(one["auth"]["accessor_id"])) for one in events}
    stranger = len("unknown")
    assert {("HTTPEvent", "PUT", 36), ("HTTPEvent", "GET", stranger), ("MessageEvent", "kv.put_key", stranger)} <= told
    assert {"200", "403"} <= {one["response"]["status"] for one in events}
    assert {one["request"]["remote_addr"] for one in events} == {"127.0.0.1"}
    assert audit.stat().st_mode & 0o777 == 0o600


def test_every_form_of_a_secret_would_be_found() -> None:
    raw = ODD.encode()
    texts = [raw, raw.hex().encode(), quote(ODD).encode(), quote(ODD, safe="").encode()]
    texts += [base64.b64encode(before + raw + b"tail") for before in (b"", b"a", b"ab", b"abc")]
    assert [found_in(text, [ODD]) for text in texts] == [[ODD]] * len(texts)


# -- a dev cluster -------------------------------------------------------------------


def as_another(deed: Callable[[], object]) -> str:
    """What comes of it when another user does this: the name of the error, "" if it can be done."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.setgroups([])
            os.setgid(OTHER)
            os.setuid(OTHER)
            deed()
            came = ""
        except BaseException as error:
            came = type(error).__name__
        os.write(write, came.encode())
        os._exit(0)
    os.close(write)
    os.waitpid(child, 0)
    with os.fdopen(read) as said:
        return said.read()


def connected(path: str) -> None:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.connect(path)


def test_a_dev_clusters_secrets_stay_with_it_and_no_other_user_drives_or_stops_it(
    runtime: Path, http: Callable[..., Any], until: Callable[..., Any]
) -> None:
    runtime.chmod(0o755)
    (runtime / "r").chmod(0o755)
    with Cluster.local(1, 1, "-profile", "local", "-log-level", "TRACE") as cluster:
        token = cluster.environment["LICTOR_FAULT_TOKEN"]
        seeded = [token, HEADER, BODY, UNKNOWN, MADE]
        agent = cluster.nodes["agent-1"]
        with recording(cluster) as records:
            check = {
                "Name": "c",
                "Interval": "1s",
                "HTTP": f"http://{agent.ip}:1",
                "Header": {"Authorization": [BASIC]},
            }
            http(agent, "PUT", "/v1/agent/check/register", {**check, "Body": BODY}, **{"X-Consul-Token": UNKNOWN})
            http(agent, "GET", f"/v1/kv/a?token={MADE}")
            http(agent, "PUT", "/v1/agent/token/agent", {"Token": "s3"})
            fault = {"verb": "crash", "nodes": "agent@agent-1"}
            made = http(agent, "PUT", "/v1/internal/faults", fault, **{"X-Consul-Token": token})
            http(agent, "DELETE", f"/v1/internal/faults/{made.json['id']}", **{"X-Consul-Token": token})
            cluster.wait_whole(60)
        logs = {path.name: path.read_bytes() for path in Path(cluster.logs).iterdir()}
        drawn = "\n".join(record.to_json() for record in records).encode()
        assert b"target=/v1/kv/a?token=<hidden>" in drawn
        said = {**logs, "timeline": drawn, "commands": command_lines()}
        assert {name: secrets for name, text in said.items() if (secrets := found_in(text, seeded))} == {}
        if os.getuid() == 0:
            another_user_is_kept_out(cluster)
    assert list((runtime / "r").rglob("*")) == [runtime / "r" / f"lictor-{os.getuid()}"]


def another_user_is_kept_out(cluster: Cluster) -> None:
    run_directory = Path(cluster.control).parent
    pids = [int(pid) for pid in cluster.status()["processes"].values()]
    deeds: dict[str, Callable[[], object]] = {
        "drive it": lambda: connected(cluster.control),
        "read its token": (run_directory / "fault-token").read_text,
        "list its directory": lambda: list(run_directory.iterdir()),
        "find it": (run_directory.parent / "dev.json").read_text,
        "read its log": lambda: list(Path(cluster.logs).iterdir()),
        "read its environment": Path(f"/proc/{pids[0]}/environ").read_bytes,
        "end a process": lambda: os.kill(pids[0], signal.SIGKILL),
    }
    assert {what: as_another(deed) for what, deed in deeds.items()} == dict.fromkeys(deeds, "PermissionError")
    assert as_another(lambda: None) == ""
