"""An agent in a process of its own that denies by default, and its first token."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import consul

LICTOR = [sys.executable, "-m", "lictor_deploy.cli.main"]
ROOT = "11111111-2222-4333-8444-555555555555"
"""The secret of the first token."""
FIRST = {"tokens": {"initial_management": ROOT}}
PATIENCE_S = 120
PAUSE = Event()


@contextmanager
def denying_agent(ip: str, folder: Path, acl: Mapping[str, Any] = FIRST, **config: Any) -> Iterator[Path]:
    """Its log, once it knows the first token. ``acl``, ``config``: what else its configuration says."""
    said = {"acl": {"enabled": True, "default_policy": "deny", **acl}, "log_level": "TRACE", **config}
    (folder / "c.json").write_text(json.dumps(said))
    log = folder / "log"
    with log.open("w") as out:
        flags = ["-dev", f"-bind={ip}", f"-client={ip}", f"-config-file={folder}/c.json"]
        process = subprocess.Popen([*LICTOR, "agent", *flags], stdout=out, stderr=out)
    try:
        end = time.monotonic() + PATIENCE_S
        while not _has_token(ip):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            PAUSE.wait(0.05)
        yield log
    finally:
        process.terminate()
        process.wait()


def _has_token(ip: str) -> bool:
    try:
        return bool(consul.Consul(host=ip, token=ROOT).acl.token.list())
    except (consul.ConsulException, OSError):
        return False
