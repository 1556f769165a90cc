"""Outside work for actors: HTTP and TCP probes on asyncio, the only code that meets a check's target.

Every job ends in exactly one result: the target's answer, or a reason in a person's words.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from lictor_messages.base import Message
from lictor_messages.jobs import HttpProbed, JobFailed, ProbeHttp, ProbeTcp, TcpProbed

if TYPE_CHECKING:
    import aiohttp

AT_ONCE = 256
"""Jobs of a process that run at the same time; the others wait for their turn."""
REDIRECTS = 10
CHUNK = 65_536
NS = 1_000_000_000
HEADERS = {"User-Agent": "Consul Health Check", "Accept": "text/plain, text/*, */*"}

Done = Callable[[Message], None]


class Jobs:
    """Runs jobs for all actors of a process."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._turns = asyncio.Semaphore(at_once)
        self._session: aiohttp.ClientSession | None = None
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
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _run(self, job: Message, done: Done) -> None:
        async with self._turns:
            result = await self._result(job)
        done(result)

    async def _result(self, job: Message) -> Message:
        try:
            match job:
                case ProbeHttp():
                    return await self._probe_http(job)
                case ProbeTcp():
                    return TcpProbed(ticket=job.ticket, error=await _connect_error(_tcp(job.address), job.timeout_ns))
        except Exception as e:  # Each failure of a probe is the answer to it, never the host's trouble.
            return JobFailed(ticket=job.ticket, error=_reason(e))  # type: ignore[attr-defined]
        return JobFailed(ticket=getattr(job, "ticket", ""), error=f"no executor for {job.kind}")

    # -- HTTP ----------------------------------------------------------------

    async def _probe_http(self, job: ProbeHttp) -> HttpProbed:
        try:
            async with asyncio.timeout(job.timeout_ns / NS), self._request(job) as answer:
                text = await _beginning(answer, job.output_max_size)
                return HttpProbed(ticket=job.ticket, status=answer.status, reason=answer.reason or "", text=text)
        except TimeoutError:
            why = f"no answer within {job.timeout_ns / NS:g}s"
        except Exception as e:
            why = _reason(e)
        return HttpProbed(ticket=job.ticket, status=0, text=f"{job.method} {job.url}: {why}")

    def _request(self, job: ProbeHttp) -> contextlib.AbstractAsyncContextManager[aiohttp.ClientResponse]:
        return self._http().request(
            job.method,
            job.url,
            headers=_headers(job),
            data=job.body.encode() if job.body else None,
            allow_redirects=job.follow_redirects,
            max_redirects=REDIRECTS,
            ssl=not job.tls_skip_verify,
            server_hostname=job.tls_server_name or None,
        )

    def _http(self) -> aiohttp.ClientSession:
        if self._session is None:
            import aiohttp  # A node without HTTP checks never pays for it.

            connector = aiohttp.TCPConnector(limit=0, force_close=True, use_dns_cache=False)
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None),
            )
        return self._session


def _headers(job: ProbeHttp) -> list[tuple[str, str]]:
    given = [(name, value) for name, values in job.header for value in values]
    names = {name.lower() for name, _ in given}
    return given + [(name, value) for name, value in HEADERS.items() if name.lower() not in names]


async def _beginning(answer: aiohttp.ClientResponse, most: int) -> str:
    """As much of the body as the check keeps: an endless one is not read to its end."""
    data = b""
    while len(data) < most and (chunk := await answer.content.read(min(CHUNK, most - len(data)))):
        data += chunk
    return data.decode("utf-8", "replace")


# -- plain connections ---------------------------------------------------------

Connect = Coroutine[Any, Any, tuple[asyncio.StreamReader, asyncio.StreamWriter]]


def _tcp(address: str) -> Connect:
    parts = urlsplit(f"//{address}")
    if not parts.hostname or parts.port is None:
        raise ValueError(f"{address!r} is not host:port")
    return asyncio.open_connection(parts.hostname, parts.port)


async def _connect_error(connect: Connect, timeout_ns: int) -> str:
    """Connect and hang up again; "" if that worked, else why it did not."""
    try:
        async with asyncio.timeout(timeout_ns / NS):
            _, writer = await connect
    except TimeoutError:
        return f"no connection within {timeout_ns / NS:g}s"
    except OSError as e:
        return _reason(e)
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return ""


def _reason(e: BaseException) -> str:
    """What a person reads: the system's own words where there are some, never an empty text."""
    if isinstance(e, OSError) and e.errno and e.errno > 0:
        return os.strerror(e.errno)
    return str(e) or type(e).__name__
