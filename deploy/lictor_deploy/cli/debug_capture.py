"""What ``lictor debug`` asks an agent, once or again and again, and where it puts the answers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from lictor_deploy.cli.debug_archive import Archive
from lictor_deploy.cli.http_api import HttpApi, expect
from lictor_deploy.words.sentence import Failure

LAYOUT = 1
"""Version of the archive's layout, which is Consul's."""


class Once(NamedTuple):
    """What is read at the beginning."""

    path: str
    file: str


class Again(NamedTuple):
    """What is read with each interval: a line more of one file, or a file in a directory for each time."""

    path: str
    file: str
    query: dict[str, str]
    line: bool


ONCE = {
    "agent": Once("/v1/agent/self", "agent.json"),
    "host": Once("/v1/agent/host", "host.json"),
    "members": Once("/v1/agent/members", "members.json"),
}
AGAIN = {
    "metrics": (Again("/v1/agent/metrics", "metrics.json", {}, line=True),),
    "pprof": (
        Again("/debug/pprof/goroutine", "goroutine.prof", {"debug": "2"}, line=False),
        Again("/debug/pprof/heap", "heap.prof", {}, line=False),
        Again("/debug/pprof/profile", "profile.prof", {"seconds": "1"}, line=False),
    ),
}
LOGS, LOG_FILE, LOG_LEVEL = "logs", "consul.log", "TRACE"
EVERY_TARGET = (*AGAIN, LOGS, *ONCE)


class Capture:
    """Asks for the targets that are wanted; what an agent refuses is noted and does not end it."""

    def __init__(self, connect: Callable[[], HttpApi], archive: Archive, wanted: tuple[str, ...]) -> None:
        self._api = connect()
        self._log_api = connect()
        self._archive = archive
        self._wanted = wanted
        self._missing: dict[str, str] = {}
        self._lock = threading.Lock()
        """The log is written beside the rest, and not after the end."""
        self._ended = False

    def version(self) -> str:
        """The agent's. Raises Failure if it cannot be asked."""
        return str(expect(self._api.get("/v1/agent/self")).fields()["Config"]["Version"])

    def run(self, duration_s: float, interval_s: float, say: Callable[[str], None]) -> None:
        """Everything; blocks for so long, unless nothing that is wanted takes time."""
        for name in ONCE.keys() & set(self._wanted):
            self._try(name, partial(self._static, ONCE[name]))
        if LOGS in self._wanted:
            threading.Thread(target=self._try, args=(LOGS, self._follow_log), daemon=True).start()
        if set(self._wanted) <= ONCE.keys():
            return
        end, count = time.monotonic() + duration_s, 0
        while (left := end - time.monotonic()) > 0:
            self._dynamic()
            say(f"Capture successful {time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} ({count})")
            count += 1
            time.sleep(min(interval_s, left))

    def index(self, about: dict[str, Any]) -> None:
        """The log ends here; write what the archive is, and what is not in it."""
        with self._lock:
            self._ended = True
        self._archive.write_json("index.json", {"Version": LAYOUT, **about, "Missing": self._missing})

    def _static(self, once: Once) -> None:
        self._archive.write_json(once.file, expect(self._api.get(once.path)).json())

    def _dynamic(self) -> None:
        at = time.strftime("%Y-%m-%dT%H-%M-%SZ", time.gmtime())
        for name in AGAIN.keys() & set(self._wanted):
            for each in AGAIN[name]:
                self._try(f"{name}: {each.file}", partial(self._read, each, at))

    def _read(self, each: Again, at: str) -> None:
        body = expect(self._api.get(each.path, **each.query)).body
        if each.line:
            self._archive.append(each.file, body.strip() + b"\n")
        else:
            self._archive.write(f"{at}/{each.file}", body)

    def _follow_log(self) -> None:
        self._log_api.patience_s = None
        for line in self._log_api.lines("/v1/agent/monitor", loglevel=LOG_LEVEL):
            with self._lock:
                if self._ended:
                    return
                self._archive.append(LOG_FILE, line + b"\n")

    def _try(self, what: str, read: Callable[[], None]) -> None:
        try:
            read()
        except Failure as failure:
            self._missing[what] = str(failure)
