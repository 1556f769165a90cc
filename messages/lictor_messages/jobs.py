"""Slow or outside work that a host does for an actor, and what comes back. ``ticket`` ties the two."""

from __future__ import annotations

from lictor_messages.base import Message


class ProbeHttp(Message):
    """One HTTP health request; answered by HttpProbed."""

    ticket: str
    url: str
    method: str = "GET"
    header: tuple[tuple[str, tuple[str, ...]], ...] = ()
    body: str = ""
    timeout_ns: int
    tls_skip_verify: bool = False
    tls_server_name: str = ""
    follow_redirects: bool = True
    output_max_size: int = 4096


class HttpProbed(Message):
    """``status`` 0 means that no answer came and ``text`` says why; otherwise ``text`` is the body, cut."""

    ticket: str
    status: int
    reason: str = ""
    text: str = ""


class ProbeTcp(Message):
    """One connect; answered by TcpProbed."""

    ticket: str
    address: str
    timeout_ns: int


class TcpProbed(Message):
    """``error`` is empty if the connection was made, else why not, the address included."""

    ticket: str
    error: str = ""


class JobFailed(Message):
    """The host could not do the job at all."""

    ticket: str
    error: str
