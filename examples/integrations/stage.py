"""What the integrations share: a cluster with instances of a service, programs from Debian's packages, and waiting."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.request import urlopen

import lictor
from lictor import CheckSpec
from lictor_deploy.local.handle import NodePlace

CANNOT = 77
"""The exit status of a script whose program is not there and cannot be installed."""
WITHIN_S = 30.0


def program(name: str, package: str) -> str:
    """Where this program is; it is installed if need be and if that is possible."""
    path = os.pathsep.join((os.environ["PATH"], "/usr/sbin", "/sbin"))
    if shutil.which(name, path=path) is None and os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], env=quiet, check=True)
        install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *package.split()]
        subprocess.run(install, env=quiet, check=True, stdout=subprocess.DEVNULL)
    found = shutil.which(name, path=path)
    if found is None:
        print(f"{name} is not installed: apt-get install {package}", file=sys.stderr)
        raise SystemExit(CANNOT)
    return found


@contextmanager
def running(*command: str | Path, log: Path) -> Iterator[subprocess.Popen[str]]:
    """A program that runs until the end of the block; what it says goes to a file, which an error shows."""
    with log.open("w") as told, subprocess.Popen(command, stdout=told, stderr=told, text=True) as process:
        try:
            yield process
        except SystemExit:
            print(log.read_text()[-4000:], file=sys.stderr)
            raise
        finally:
            process.terminate()


class Instance:
    """An HTTP server in a thread, registered with its local agent, which asks it every second."""

    def __init__(self, agent: NodePlace, name: str = "web") -> None:
        self.server = ThreadingHTTPServer((agent.ip, 0), answering(self))
        host, port = agent.ip, self.server.server_address[1]
        self.id, self.address = f"{name}-{port}", f"{host}:{port}"
        self.client = lictor.Client(agent.door)
        check = CheckSpec(http=f"http://{self.address}/health", interval="1s", timeout="1s")
        self.client.agent.register_service(name, id=self.id, address=host, port=port, checks=[check])
        Thread(target=self.server.serve_forever, daemon=True).start()

    def leave(self) -> None:
        """Leave the catalog, then stop."""
        self.client.agent.deregister_service(self.id)
        self.die()

    def die(self) -> None:
        """Stop without a word."""
        self.server.shutdown()
        self.server.server_close()
        self.client.close()


def answering(instance: Instance) -> type[BaseHTTPRequestHandler]:
    """What answers every path with the id of the instance, and Prometheus with a metric."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain")
            self.end_headers()
            self.wfile.write(("answers_total 1\n" if self.path == "/metrics" else instance.id).encode())

        def log_message(self, *_: object) -> None:
            """Quiet."""

    return Answer


def until(look: Callable[[], bool], what: str, within_s: float = WITHIN_S) -> float:
    """Wait for it; returns the seconds that it took, and ends the script if it does not come."""
    began = time.monotonic()
    while not look():
        if time.monotonic() > began + within_s:
            raise SystemExit(f"not within {within_s:.0f} s: {what}")
        time.sleep(0.05)
    return time.monotonic() - began


def fetched(url: str) -> str:
    """The body at this URL, "" if there is no good answer."""
    try:
        with urlopen(url, timeout=5) as answer:
            return answer.read().decode()
    except OSError:
        return ""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
