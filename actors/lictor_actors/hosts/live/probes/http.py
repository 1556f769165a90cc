"""One HTTP health request, on a connection of its own: followed through redirects, read as far as it is needed."""

from __future__ import annotations

import asyncio
import codecs

from lictor_actors.hosts.live.probes.answer import BODILESS, AnswerHead, Source, read_body, read_head
from lictor_actors.hosts.live.probes.dial import connect, ends, open_streams
from lictor_actors.hosts.live.probes.request import Request, check_method, request_bytes
from lictor_actors.hosts.live.probes.target import read_url, resolve, unreachable
from lictor_actors.hosts.live.probes.trust import Trust, trust
from lictor_actors.hosts.live.probes.words import ProbeFailed, quoted, system_words
from lictor_messages.cut import cut
from lictor_messages.jobs import HttpProbed, ProbeHttp

REQUESTS_MOST = 10
REDIRECTS = (301, 302, 303, 307, 308)
LATE = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
NS = 1_000_000_000


async def probe_http(job: ProbeHttp, trust: Trust = trust) -> HttpProbed:
    """What the target says, or why it says nothing."""
    try:
        request = _first_request(job)
    except ProbeFailed as why:
        return HttpProbed(ticket=job.ticket, text=str(why))
    return await HttpProbe(job, request, trust).result()


def _first_request(job: ProbeHttp) -> Request:
    check_method(job.method)
    fields = tuple((name, value) for name, values in job.header for value in values)
    return Request(job.method, read_url(job.url), fields, job.body.encode())


class HttpProbe:
    """A run from its first request to its last."""

    def __init__(self, job: ProbeHttp, request: Request, trust: Trust) -> None:
        self._job = job
        self._trust = trust
        self._method = request.method
        self._request = request
        self._shown = request.target.shown
        self._head: AnswerHead | None = None
        self._body = bytearray()
        self._ends = ""
        """Both ends of the connection, as Go shows them."""

    async def result(self) -> HttpProbed:
        """Once there is a status, nothing that happens afterwards changes it."""
        why = LATE
        try:
            async with asyncio.timeout(self._job.timeout_ns / NS):
                await self._ask()
        except TimeoutError:
            pass
        except ProbeFailed as error:
            why = str(error)
        except OSError as error:
            why = f"read tcp {self._ends}: read: {system_words(error)}"
        if self._head is None:
            return HttpProbed(ticket=self._job.ticket, text=self._failed(why))
        text = _text(self._body, self._job.output_max_size)
        head = self._head
        return HttpProbed(ticket=self._job.ticket, status=head.status, status_text=head.status_text, text=text)

    def _failed(self, why: str) -> str:
        method = self._method[:1].upper() + self._method[1:].lower()
        return f"{method} {quoted(self._shown)}: {why}"

    async def _ask(self) -> None:
        for _ in range(REQUESTS_MOST):
            if why := unreachable(self._request.target):
                raise ProbeFailed(why)
            location = await self._exchange(request_bytes(self._request))
            if location is None:
                return
            status, place = location
            target = resolve(self._request.target, place)
            relative = target.authority == self._request.target.authority
            self._request = self._request.redirected(status, target, relative)
            self._shown = target.shown
        self._shown = place
        raise ProbeFailed(f"stopped after {REQUESTS_MOST} redirects")

    async def _exchange(self, said: bytes) -> tuple[int, str] | None:
        """Ask once; the redirect that is to be followed, or None once the answer is read."""
        target = self._request.target
        connection = await connect(target.hostname, target.port)
        self._ends = ends(connection)
        name = self._job.tls_server_name or target.hostname
        tls = self._trust(not self._job.tls_skip_verify) if target.scheme == "https" else None
        reader, writer = await open_streams(connection, tls, name)
        try:
            writer.write(said)
            source = Source(reader)
            head = await read_head(source)
            place = head.first("location")
            if head.status in REDIRECTS and place and self._job.follow_redirects:
                return head.status, place
            self._head = head
            if self._request.method != "HEAD" and head.status not in BODILESS:
                await read_body(source, head, self._request.unzips, self._job.output_max_size, self._body)
            return None
        finally:
            writer.transport.abort()


def _text(body: bytearray, most: int) -> str:
    """The body as text of no more bytes than the check keeps, not cut within a character."""
    whole = len(body) < most
    return cut(codecs.getincrementaldecoder("utf-8")("replace").decode(body, final=whole), most)
