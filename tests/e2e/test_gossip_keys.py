"""Encrypted gossip between real agents: a rotation under load, and an attacker who moves nothing but counters."""

import json
import subprocess
import sys
import threading
import time
from base64 import b64decode
from collections.abc import Callable

import pynng
import pytest
from attacker import Attacker

from lictor_deploy.local.handle import own_addresses

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]
LICTOR = [sys.executable, "-m", "lictor_deploy.cli.main"]
NET = own_addresses()[1].rsplit(".", 1)[0] if own_addresses()[0] == "-base-ip" else ""
# Beside the addresses that this process gives its clusters.
IPS = [f"{NET or '127.0.0'}.{last}" for last in (241, 242, 243)]
PATIENCE_S = 120
PAUSE = threading.Event()


def started(directory, ip, name, *flags) -> subprocess.Popen:
    with (directory / f"{name}.log").open("a") as log:
        own = [f"-node={name}", f"-bind={ip}", f"-client={ip}", f"-data-dir={directory / name}", "-log-level=trace"]
        return subprocess.Popen([*LICTOR, "agent", *own, *flags], stdout=log, stderr=log)


def lictor(*words: str, status: int = 0) -> str:
    done = subprocess.run([*LICTOR, *words, f"-http-addr={IPS[0]}:8500"], capture_output=True, text=True, timeout=60)
    assert done.returncode == status, done.stderr
    return done.stdout + done.stderr


def until(true: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end, what
        PAUSE.wait(0.1)


class Load:
    """Writes and reads through a client agent until it is stopped."""

    def __init__(self, http, ip: str) -> None:
        self._http, self._node, self._stop = http, f"{ip}:8500", threading.Event()
        self.done, self.failed = 0, []
        self._thread = threading.Thread(target=self._work)
        self._thread.start()

    def _work(self) -> None:
        while not self._stop.is_set():
            answers = [self._http(self._node, "PUT", "/v1/kv/x", b"1"), self._http(self._node, "GET", "/v1/kv/x")]
            self.done += 1
            self.failed += [answer.text for answer in answers if answer.status != 200]

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()


def test_keys_of_gossip(tmp_path, http):
    old, new = (lictor_keygen() for _ in range(2))
    (tmp_path / "encrypt.json").write_text(json.dumps({"encrypt": old}))
    encrypted = f"-config-file={tmp_path / 'encrypt.json'}"
    join = f"-retry-join={IPS[0]}"
    nodes = [started(tmp_path, IPS[0], "s1", "-server", "-bootstrap", encrypted)]
    try:
        nodes += [started(tmp_path, ip, f"c{n}", join, encrypted) for n, ip in enumerate(IPS[1:], 1)]

        def alive(node: int = 0) -> int:
            try:
                rows = http(f"{IPS[node]}:8500", "GET", "/v1/agent/members").json
                return sum(row["Status"] == 1 for row in rows)
            except (OSError, ValueError):
                return 0

        def writes() -> bool:
            return http(f"{IPS[1]}:8500", "PUT", "/v1/kv/x", b"0").status == 200

        until(lambda: all(alive(n) == 3 for n in range(3)), "the agents have not met")
        until(writes, "no server leads")

        load = Load(http, IPS[1])
        try:
            for words in (f"-install={new}", f"-use={new}", f"-remove={old}"):
                lictor("keyring", words)
        finally:
            load.stop()
        assert load.done
        assert load.failed == []
        assert f"{new} [3/3]" in lictor("keyring", "-list")
        assert old not in lictor("keyring", "-list-primary", "-local-only")
        assert "removing the primary key is not allowed" in lictor("keyring", f"-remove={new}", status=1)
        assert "encrypted: yes, key " in lictor("members", "-detailed")
        assert "encrypted = true" in lictor("info")
        assert json.loads((tmp_path / "s1" / "serf" / "local.keyring").read_text()) == [new]

        assert attacked(http, new) == {
            "gossip_not_encrypted",
            "frame_sealed_unknown_key",
            "frame_sealed_forged",
            "frame_sealed_cut",
            "frame_sealed_replayed",
        }
        events = [event["Name"] for event in http(f"{IPS[0]}:8500", "GET", "/v1/event/list").json]
        assert events == ["member"]  # the one that was sealed by a member's key, once
        assert alive() == 3
        assert all(http(f"{ip}:8500", "GET", "/v1/internal/lictor/suspicions").json == [] for ip in IPS)

        nodes[2].terminate()
        nodes[2].wait()
        until(lambda: alive() == 2, "c2 has not left")
        nodes[2] = started(tmp_path, IPS[2], "c2", join)  # its keyring file is enough
        until(lambda: alive() == 3, "c2 has not come back")
    finally:
        for node in nodes:
            node.terminate()
        for node in nodes:
            node.wait()
    logs = "".join((tmp_path / f"{name}.log").read_text() for name in ("s1", "c1", "c2"))
    assert not [key for key in (old, new) if key in logs or b64decode(key).hex() in logs]


def lictor_keygen() -> str:
    return subprocess.run([*LICTOR, "keygen"], capture_output=True, text=True, check=True).stdout.strip()


def attacked(http, key: str) -> set[str]:
    """Which counters of the server have moved after frames that are none of this pool, or were heard before."""
    member = Attacker(key).event("member")
    frames = [
        *(Attacker().event("plain"), Attacker(lictor_keygen()).event("foreign")),
        *(member[:-1] + bytes([member[-1] ^ 1]), member[:20], member, member, member),
    ]

    def refused() -> set[str]:
        metrics = http(f"{IPS[0]}:8500", "GET", "/v1/agent/metrics").json
        rows = [row for kind in ("Gauges", "Counters") for row in metrics[kind]]
        counted = {row["Labels"].get("what", "") for row in rows}
        return {what for what in counted if "sealed" in what or what == "gossip_not_encrypted"}

    with pynng.Push0() as push:
        push.dial(f"tcp://{IPS[0]}:8301", block=True)
        for frame in frames:
            push.send(frame)
        until(lambda: "frame_sealed_replayed" in refused(), "the frames have not arrived")
    return refused()
