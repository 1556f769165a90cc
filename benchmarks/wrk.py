"""Load from wrk: one thread, as light as load gets on a machine that it shares with the servers."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from typing import NamedTuple

HAVE_WRK = shutil.which("wrk") is not None

_SCRIPT = """
local count = {first}
function request()
  count = count + 1
  return wrk.format("{method}", string.format("{path}", {number}), nil, {body})
end
function done(summary, latency)
  local wrong = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout
  io.write(string.format("FIGURES %d %d %d %d %d\\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), wrong))
end
wrk.headers["Content-Type"] = "{content_type}"
"""


class Load(NamedTuple):
    """What a server did under load."""

    rps: float
    p50_ms: float
    p99_ms: float
    wrong: int
    """Answers that were no 2xx or 3xx, and connections that broke."""
    requests: int = 0
    """How many were answered."""

    def __str__(self) -> str:
        wrong = f" ({self.wrong} wrong!)" if self.wrong else ""
        return f"{self.rps:,.0f} ({self.p50_ms:.2f}/{self.p99_ms:.1f}){wrong}"


class Request(NamedTuple):
    """What to ask; ``%d`` in path and body is the number of the request, or which of ``different`` it is about."""

    method: str
    path: str
    body: str = ""
    content_type: str = "application/json"
    different: int = 0


class Numbers:
    """Requests of all loads are numbered through, so that no load meets the keys of an earlier one."""

    first = 10_000_000


def load(address: str, request: Request, connections: int, seconds: float) -> Load:
    """Ask as fast as the answers come."""
    Numbers.first += 1_000_000
    body = _lua(request.body)
    script = _SCRIPT.format(
        first=Numbers.first,
        method=request.method,
        path=request.path,
        number=f"count % {request.different}" if request.different else "count",
        body=f"string.format({body}, count)" if "%d" in request.body else body,
        content_type=request.content_type,
    )
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script)
        file.flush()
        command = ["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "-s", file.name]
        said = subprocess.run([*command, f"http://{address}"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"FIGURES (\d+) (\d+) (\d+) (\d+) (\d+)", said)
    if found is None:
        raise RuntimeError(f"wrk said: {said}")
    requests, took_us, p50_us, p99_us, wrong = map(int, found.groups())
    return Load(requests / took_us * 1e6, p50_us / 1e3, p99_us / 1e3, wrong, requests)


def _lua(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
