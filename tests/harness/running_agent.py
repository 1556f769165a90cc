"""An agent in a process of its own, which is asked over HTTP."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple

METRICS = "/v1/agent/metrics?format=prometheus"


class RunningAgent(NamedTuple):
    """One that was started; ``token`` goes with each request that says no other."""

    name: str
    address: str
    process: subprocess.Popen[bytes]
    log: Path
    token: str

    @classmethod
    def started(cls, name: str, address: str, folder: Path, config: Mapping[str, Any], token: str = "") -> RunningAgent:
        """With the ports of Consul on this address; its file, data and log are in the folder."""
        own = {
            "node_name": name,
            "data_dir": str(folder / name),
            "bind_addr": address,
            "client_addr": address,
            "performance": {"raft_multiplier": 1},
            "gossip_profile": "local",
            "telemetry": {"prometheus_retention_time": "1h"},
        }
        file, log = folder / f"{name}.json", folder / f"{name}.log"
        file.write_text(json.dumps({**own, **config}))
        with log.open("wb") as out:
            command = [sys.executable, "-m", "lictor_deploy.cli.entry", "agent", f"-config-file={file}"]
            process = subprocess.Popen(command, stdout=out, stderr=out, env={**os.environ, "PYTHONUNBUFFERED": "1"})
        return cls(name, address, process, log, token)

    def said(self, method: str, path: str, body: str | None = None, token: str | None = None) -> tuple[int, str]:
        """Status and body of an answer."""
        token = self.token if token is None else token
        connection = HTTPConnection(self.address, 8500, timeout=20)
        try:
            connection.request(method, path, body, {"X-Consul-Token": token} if token else {})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def read(self, method: str, path: str, body: str | None = None) -> str:
        """The body of an answer that is 200."""
        status, data = self.said(method, path, body)
        assert status == 200, data
        return data

    def ask(self, method: str, path: str, body: str | None = None) -> Any:
        """The same, as JSON."""
        return json.loads(self.read(method, path, body))

    def writes(self) -> bool:
        """Whether a write is answered: a server leads, and this agent finds it."""
        try:
            return bool(self.ask("PUT", "/v1/kv/first", "1"))
        except (OSError, AssertionError):
            return False

    def counted(self, what: str) -> int:
        """How often in its life."""
        found = re.search(
            rf'^lictor_(?:process_)?events{{what="{what}"}} (\d+)', self.read("GET", METRICS), re.MULTILINE
        )
        return int(found[1]) if found else 0
