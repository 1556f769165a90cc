"""The watches of an agent: each asks the node's gateway, as a client of HTTP would, and has a handler run.

The first answer is handled, then each that says something else. A handler has ended before the next one begins.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
from collections.abc import Iterable
from typing import Any

from lictor_actors.hosts.doors.http.desk import WebDesk
from lictor_actors.hosts.doors.opening import Site
from lictor_actors.hosts.live.probes.http import probe_http
from lictor_deploy.config.watches import HttpHandler, Watch
from lictor_messages.jobs import ProbeHttp
from lictor_messages.secret import without_password
from lictor_messages.web import HttpAnswered, HttpAsked

GATEWAY = "gateway"
RETRY_S, RETRY_MOST_S = 5.0, 180.0
"""After a failure, times the square of how many came in a row, as in Consul."""
OUTPUT_MOST = 4096
log = logging.getLogger("lictor")


class RunningWatches:
    """Those of one node: a door of it by which nothing comes in. Implements ``OpenDoor``."""

    role = GATEWAY

    def __init__(self, watches: Iterable[Watch] = ()) -> None:
        self._watches = list(watches)
        self._tasks: list[asyncio.Task[None]] = []
        self._desk: WebDesk | None = None

    async def open(self, site: Site) -> RunningWatches:
        """An ``Opening``: begin to watch."""
        self._desk = WebDesk(site.node, GATEWAY, site.boot, site.asked, door="watches")
        self.follow(self._watches)
        return self

    def follow(self, watches: Iterable[Watch]) -> None:
        """Watch these from now on. Those that were watched before go on."""
        before = list(zip(self._watches, self._tasks, strict=False))
        self._watches = list(watches)
        self._tasks = [_taken(watch, before) or asyncio.create_task(self._watch(watch)) for watch in self._watches]
        for _, task in before:
            task.cancel()

    def actor_crashed(self) -> None:
        """See ``OpenDoor``."""
        assert self._desk is not None
        self._desk.gateway_crashed()

    def node_ended(self, why: str) -> None:
        """See ``OpenDoor``."""
        assert self._desk is not None
        self._desk.gateway_is_down(why)

    async def close(self) -> None:
        """See ``OpenDoor``; handlers that run are ended."""
        tasks = self._tasks
        self.follow(())
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _watch(self, watch: Watch) -> None:
        index, last, failures = 0, b"", 0
        while True:
            try:
                before, (index, found) = index, await self._look(watch, index)
                failures = 0
                said = json.dumps(found, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
                if said != last and index != before:
                    last = said
                    await handle(watch, index, said)
                index = 0 if index < before else index  # the servers have begun anew, and so does the watch
            except (WatchFailed, OSError, ValueError, LookupError) as why:
                failures += 1
                pause = min(RETRY_S * failures**2, RETRY_MOST_S)
                log.error("agent: a watch of type %s failed: %s; once more in %.0f s", watch.type, why, pause)
                await asyncio.sleep(pause)

    async def _look(self, watch: Watch, index: int) -> tuple[int, Any]:
        answered = await self._ask(watch.target(index))
        if answered.status not in (200, 404):
            raise WatchFailed(f"{answered.status} {answered.body.decode(errors='replace')}")
        headers = dict(answered.headers)
        body = b"".join((answered.body, *answered.more))
        return int(headers.get("X-Consul-Index", "1")), watch.found(answered.status, body, index)

    async def _ask(self, target: str) -> HttpAnswered:
        assert self._desk is not None
        answer: asyncio.Future[HttpAnswered] = asyncio.get_running_loop().create_future()

        def take(answered: HttpAnswered) -> None:
            if not answer.done():
                answer.set_result(answered)

        gone = self._desk.ask(HttpAsked(method="GET", target=target), take)
        try:
            return await answer
        finally:
            gone()


def _taken(watch: Watch, running: list[tuple[Watch, asyncio.Task[None]]]) -> asyncio.Task[None] | None:
    """The task of an equal watch, taken out of those that run."""
    for place, (other, _) in enumerate(running):
        if other == watch:
            return running.pop(place)[1]
    return None


class WatchFailed(Exception):
    """What a watch asked for, or its handler, ended otherwise than it should."""


async def handle(watch: Watch, index: int, said: bytes) -> None:
    """Run the handler to its end. Raises WatchFailed or OSError if there is none to run."""
    if watch.http_handler_config is not None and watch.handler_type != "script":
        await _send(watch.http_handler_config, index, said)
    else:
        await _run(watch.command, index, said)


async def _run(command: list[str], index: int, said: bytes) -> None:
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "CONSUL_INDEX": str(index)},
        start_new_session=True,
    )
    try:
        output, _ = await process.communicate(said)
    except asyncio.CancelledError:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    words = output[-OUTPUT_MOST:].decode(errors="replace")
    log.debug("agent: the handler %s wrote: %s", command[0], words)
    if process.returncode:
        log.error("agent: the handler %s ended with status %s: %s", command[0], process.returncode, words)


async def _send(to: HttpHandler, index: int, said: bytes) -> None:
    header = {"Content-Type": ["application/json"], "X-Consul-Index": [str(index)], **to.header}
    probed = await probe_http(
        ProbeHttp(
            ticket="",
            url=to.path,
            method=to.method,
            header=tuple((name, tuple(values)) for name, values in header.items()),
            body=said.decode(),
            timeout_ns=to.timeout,
            tls_skip_verify=to.tls_skip_verify,
            output_max_size=OUTPUT_MOST,
        )
    )
    if not 200 <= probed.status < 300:
        log.error(
            "agent: the handler %s answered %s: %s", without_password(to.path), probed.status or "nothing", probed.text
        )
