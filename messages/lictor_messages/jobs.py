"""Slow or outside work that a host does for an actor, and what comes back. ``ticket`` ties the two."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from lictor_messages.base import Message
from lictor_messages.catalog import Headers
from lictor_messages.secret import Secret


class ProbeHttp(Message):
    """One HTTP health request; answered by HttpProbed."""

    ticket: str
    url: str
    method: str = "GET"
    header: Headers = ()
    body: Secret = ""
    timeout_ns: int
    tls_skip_verify: bool = False
    tls_server_name: str = ""
    follow_redirects: bool = True
    output_max_size: int = 4096


class HttpProbed(Message):
    """An answer, ``text`` its body, cut; or none, and ``text`` says why: then ``status_text`` is empty."""

    ticket: str
    status: int = 0
    status_text: str = ""
    """As the status line has it: ``200 OK``."""
    text: str = ""


class ProbeTcp(Message):
    """One connect, with a handshake of TLS if wanted; answered by TcpProbed."""

    ticket: str
    address: str
    timeout_ns: int
    use_tls: bool = False
    tls_skip_verify: bool = False
    tls_server_name: str = ""


class TcpProbed(Message):
    """``error`` is empty if the connection was made, else why not, the address included."""

    ticket: str
    error: str = ""


class ProbeUdp(Message):
    """One empty datagram; answered by UdpProbed."""

    ticket: str
    address: str
    timeout_ns: int


class UdpProbed(Message):
    """``error`` is empty if an answer came or none within the time, else why the datagram was refused."""

    ticket: str
    error: str = ""


class ProbeGrpc(Message):
    """One call of grpc.health.v1.Health/Check; answered by GrpcProbed."""

    ticket: str
    address: str
    service: str = ""
    """"" for the server as a whole."""
    timeout_ns: int
    use_tls: bool = False
    tls_skip_verify: bool = False
    tls_server_name: str = ""


class GrpcProbed(Message):
    """The serving status as a number of the protocol, or in ``error`` why there is none, in gRPC's words."""

    ticket: str
    serving_status: int = 0
    error: str = ""


class PingH2(Message):
    """One PING frame of HTTP/2; answered by H2Pinged."""

    ticket: str
    address: str
    timeout_ns: int
    use_tls: bool = True
    tls_skip_verify: bool = False
    tls_server_name: str = ""


class H2Pinged(Message):
    """``error`` is empty if the ping came back, else why not."""

    ticket: str
    error: str = ""


class RunScript(Message):
    """One run of a program in a session of its own; answered by ScriptEnded."""

    ticket: str
    args: Annotated[tuple[str, ...], Field(repr=False)]
    timeout_ns: int
    output_max_size: int
    """Bytes that are kept from the end of what it writes."""


class ScriptEnded(Message):
    """How a program ended. ``error`` says why it was not started; a signal's exit code is its number below zero."""

    ticket: str
    exit_code: int = 0
    output: str = ""
    timed_out: bool = False
    """It had not ended, or left its output open, when its time was up, and was killed with all that it had started."""
    error: str = ""


class JobFailed(Message):
    """The host could not do the job at all."""

    ticket: str
    error: str
