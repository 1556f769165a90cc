"""From exec of ``lictor agent -dev`` to its first answer over HTTP and its first write, with ``consul`` beside it.

    python benchmarks startup

Wall time is only worth something on a quiet machine; processor time is comparable on a busy one, too.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from shutil import which
from typing import NamedTuple

from processes import cpu_ns
from table import ratio, show

from lictor_deploy.local.handle import own_addresses

PORT = 8500
WITHIN_S = 20.0
LOOK_S = 0.001
"""Time between attempts to connect; what was accepted once waits in the kernel until it is answered."""


class Start(NamedTuple):
    """One start, seconds since the process was made."""

    answer_s: float
    answer_cpu_s: float
    write_s: float
    write_cpu_s: float


_NAMES = {
    "answer_s": "first answer, s",
    "answer_cpu_s": "processor time to there, s",
    "write_s": "first KV write, s",
    "write_cpu_s": "processor time to there, s",
}


def main(quick: bool = False) -> None:
    """Measure both in turn, and print them."""
    runs = 5 if quick else 15
    consul = which("consul")
    ours: list[Start] = []
    theirs: list[Start] = []
    start(lictor())  # files of bytecode are written, and the disk's pages read
    for _ in range(runs):
        ours.append(start(lictor()))
        if consul:
            theirs.append(start(lambda ip: [consul, "agent", "-dev", f"-bind={ip}", f"-client={ip}"]))
    rows = [_row(name, field, ours, theirs) for field, name in _NAMES.items()]
    show(f"agent -dev, {runs} starts", ("", "min", "median", "max", "consul's median", "ratio"), rows)
    show("other imports, processor time", ("", "min", "median"), [_import(runs, "from lictor import Client")])


def lictor(executable: str = "") -> Callable[[str], list[str]]:
    """The command that starts a node at an address."""
    script = executable or str(Path(sys.executable).with_name("lictor"))
    return lambda ip: [script, "agent", "-dev", f"-bind={ip}", f"-client={ip}"]


def start(command: Callable[[str], Sequence[str]]) -> Start:
    """Start a node, ask it, write to it, end it."""
    flag, base = own_addresses()[:2]
    ip = base if flag == "-base-ip" else "127.0.0.1"
    began = time.monotonic()
    process = subprocess.Popen(command(ip), stdout=subprocess.DEVNULL)
    try:
        with closing(_answered(process, ip, began)) as connection:
            answer_s, answer_cpu = time.monotonic() - began, cpu_ns(process.pid)
            while not _written(connection):
                time.sleep(LOOK_S)
            return Start(answer_s, answer_cpu / 1e9, time.monotonic() - began, cpu_ns(process.pid) / 1e9)
    finally:
        process.kill()
        process.wait()


def _answered(process: subprocess.Popen[bytes], ip: str, began: float) -> HTTPConnection:
    """A connection over which the first answer has come."""
    while True:
        connection = HTTPConnection(ip, PORT, timeout=WITHIN_S)
        try:
            connection.request("GET", "/v1/status/leader")
            connection.getresponse().read()
            return connection
        except ConnectionError:
            connection.close()
            if process.poll() is not None or time.monotonic() - began > WITHIN_S:
                sys.exit("The benchmark gave up: the node does not answer.")
            time.sleep(LOOK_S)


def _written(connection: HTTPConnection) -> bool:
    connection.request("PUT", "/v1/kv/first", b"x")
    answer = connection.getresponse()
    return answer.read().strip() == b"true" and answer.status == 200


def _row(name: str, field: str, ours: Sequence[Start], theirs: Sequence[Start]) -> tuple[str, ...]:
    mine = [getattr(one, field) for one in ours]
    yours = [getattr(one, field) for one in theirs]
    figures = (f"{min(mine):.3f}", f"{statistics.median(mine):.3f}", f"{max(mine):.3f}")
    if not yours:
        return name, *figures, "not installed", "-"
    return name, *figures, f"{statistics.median(yours):.3f}", ratio(statistics.median(mine), statistics.median(yours))


def _import(runs: int, line: str) -> tuple[str, str, str]:
    clock = f"import time; began = time.process_time(); {line}; print(time.process_time() - began)"
    taken = [float(subprocess.check_output([sys.executable, "-c", clock])) for _ in range(runs)]
    return f"{line}, s", f"{min(taken):.3f}", f"{statistics.median(taken):.3f}"


if __name__ == "__main__":
    main("-quick" in sys.argv)
