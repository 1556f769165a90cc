"""Outside work for actors on asyncio: probes, and questions for other DNS servers.

What meets a check's target is in ``probes/``.

Every job ends in exactly one result: the target's answer, or a reason in a person's words.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from lictor_actors.hosts.live.probes.dial import connect, split_address
from lictor_actors.hosts.live.probes.http import probe_http
from lictor_actors.hosts.live.probes.words import ProbeFailed
from lictor_actors.hosts.live.recursors import ask_recursors
from lictor_messages.base import Message
from lictor_messages.dns import AskRecursors
from lictor_messages.jobs import JobFailed, ProbeHttp, ProbeTcp, TcpProbed

AT_ONCE = 256
"""Jobs of a process that run at the same time; the others wait for their turn."""
NS = 1_000_000_000

Done = Callable[[Message], None]


class Jobs:
    """Runs jobs for all actors of a process."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._turns = asyncio.Semaphore(at_once)
        self._closed = False

    def run(self, job: Message, done: Done) -> None:
        """Begin a job; ``done`` gets its result, once, unless ``close`` comes first."""
        if self._closed:
            return
        task = asyncio.get_running_loop().create_task(self._run(job, done))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Give up all jobs, silently, and the connections with them."""
        self._closed = True
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, job: Message, done: Done) -> None:
        async with self._turns:
            result = await self._result(job)
        done(result)

    async def _result(self, job: Message) -> Message:
        try:
            match job:
                case ProbeHttp():
                    return await probe_http(job)
                case ProbeTcp():
                    return await probe_tcp(job)
                case AskRecursors():
                    return await ask_recursors(job)
        except Exception as e:  # Each failure of a probe is the answer to it, never the host's trouble.
            return JobFailed(ticket=job.ticket, error=str(e) or type(e).__name__)  # type: ignore[attr-defined]
        return JobFailed(ticket=getattr(job, "ticket", ""), error=f"no executor for {job.kind}")


async def probe_tcp(job: ProbeTcp) -> TcpProbed:
    """Connect and hang up again."""
    try:
        async with asyncio.timeout(job.timeout_ns / NS):
            connection = await connect(*split_address(job.address))
    except TimeoutError:
        return TcpProbed(ticket=job.ticket, error=f"dial tcp {job.address}: i/o timeout")
    except ProbeFailed as why:
        return TcpProbed(ticket=job.ticket, error=str(why))
    connection.close()
    return TcpProbed(ticket=job.ticket)
