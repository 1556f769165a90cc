"""A gRPC health check (grpc.health.v1.Health/Check) by hand on HTTP/2: one request, one message, a trailer.

grpcio is not used: it has threads of its own, which do not survive the forks of a dev cluster's parent.
Sources: gRPC over HTTP/2 (PROTOCOL-HTTP2.md), health.proto, protobuf's encoding.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from urllib.parse import unquote

from h2.events import DataReceived, Event, ResponseReceived, StreamEnded, StreamReset, TrailersReceived

from lictor_actors.hosts.live.probes.h2_connection import Http2, http2
from lictor_actors.hosts.live.probes.trust import Trust, trust
from lictor_actors.hosts.live.probes.words import ProbeFailed
from lictor_messages.jobs import GrpcProbed, ProbeGrpc

NS = 1_000_000_000
METHOD = "/grpc.health.v1.Health/Check"
PREFIX = 5
"""Bytes before a message: whether it is compressed, and its length."""
ANSWER_MOST = 4096
CODES = (
    *("OK", "Canceled", "Unknown", "InvalidArgument", "DeadlineExceeded", "NotFound", "AlreadyExists"),
    *("PermissionDenied", "ResourceExhausted", "FailedPrecondition", "Aborted", "OutOfRange", "Unimplemented"),
    *("Internal", "Unavailable", "DataLoss", "Unauthenticated"),
)
"""By number, as Go's gRPC calls them."""


async def probe_grpc(job: ProbeGrpc, trust: Trust = trust) -> GrpcProbed:
    """The serving status, or why there is none."""
    try:
        async with asyncio.timeout(job.timeout_ns / NS):
            answer = await _asked(job, trust)
    except TimeoutError:
        return GrpcProbed(ticket=job.ticket, error=failure("DeadlineExceeded", "context deadline exceeded"))
    except ProbeFailed as why:
        said = f'connection error: desc = "transport: Error while dialing: {why}"'
        return GrpcProbed(ticket=job.ticket, error=failure("Unavailable", said))
    error = answer.error()
    return GrpcProbed(ticket=job.ticket, error=error, serving_status=0 if error else serving_status(bytes(answer.body)))


def failure(code: str, words: str) -> str:
    """A status of gRPC as Go shows it."""
    return f"rpc error: code = {code} desc = {words}"


@dataclass(slots=True)
class GrpcAnswer:
    """What has come of a call."""

    headers: dict[str, str] = field(default_factory=dict)
    body: bytearray = field(default_factory=bytearray)
    over: bool = False

    def take(self, event: Event) -> None:
        """One more event of the connection."""
        if isinstance(event, ResponseReceived | TrailersReceived):
            self.headers |= {str(name): str(value) for name, value in event.headers}
        elif isinstance(event, DataReceived):
            self.body += event.data
        self.over = isinstance(event, StreamEnded | StreamReset) or len(self.body) > ANSWER_MOST

    def error(self) -> str:
        """Why the call has no answer, "" if it has one."""
        status, http = self.headers.get("grpc-status", ""), self.headers.get(":status", "")
        if not status.isdecimal():
            if http != "200":
                words = f"unexpected HTTP status code received from server: {http or 'none'}"
                return failure("Unavailable" if http in ("429", "502", "503", "504") else "Unknown", words)
            return failure("Internal", "server closed the stream without sending trailers")
        number = int(status)
        if not number:
            return ""
        code = CODES[number] if number < len(CODES) else f"Code({number})"
        return failure(code, unquote(self.headers.get("grpc-message", "")))


async def _asked(job: ProbeGrpc, trust: Trust) -> GrpcAnswer:
    async with http2(job, trust) as connection:
        _ask(connection, job)
        answer = GrpcAnswer()
        async for event in connection.events():
            answer.take(event)
            if answer.over:
                break
        return answer


def _ask(connection: Http2, job: ProbeGrpc) -> None:
    stream = connection.frames.get_next_available_stream_id()
    headers = [
        (":method", "POST"),
        (":scheme", "https" if job.use_tls else "http"),
        (":path", METHOD),
        (":authority", job.tls_server_name or job.address),
        ("content-type", "application/grpc"),
        ("user-agent", "Consul Health Check"),
        ("te", "trailers"),
    ]
    connection.frames.send_headers(stream, headers)
    connection.frames.send_data(stream, framed(health_request(job.service)), end_stream=True)


def framed(message: bytes) -> bytes:
    """A message as it travels: uncompressed, with its length."""
    return b"\0" + len(message).to_bytes(PREFIX - 1, "big") + message


def health_request(service: str) -> bytes:
    """HealthCheckRequest: field 1 is the service, left out if empty."""
    name = service.encode()
    return b"\x0a" + _varint(len(name)) + name if name else b""


def serving_status(body: bytes) -> int:
    """Of HealthCheckResponse, whose field 1 is an enumeration; 0 (UNKNOWN) where it is left out or something else."""
    message = body[PREFIX:]
    return message[1] if len(message) == 2 and message[0] == 0x08 else 0


def _varint(number: int) -> bytes:
    coded = bytearray()
    while number > 0x7F:
        coded.append(number & 0x7F | 0x80)
        number >>= 7
    coded.append(number)
    return bytes(coded)
