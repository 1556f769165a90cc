"""The address of an agent in the forms in which people write it, for ``-http-addr`` and CONSUL_HTTP_ADDR."""

from __future__ import annotations

from http.client import HTTPConnection
from typing import NamedTuple

from lictor_deploy.cli.tls import TlsConnection, TlsFlags
from lictor_deploy.cli.unix_connection import UnixConnection
from lictor_deploy.words.sentence import Failure
from lictor_messages.addresses import split_host_port

HERE, PORT, TLS_PORT = "127.0.0.1", 8500, 443
FORMS = "give HOST:PORT, [IPv6]:PORT, :PORT, http[s]://HOST:PORT/PATH or unix:///path"


class AgentAddress(NamedTuple):
    """Where an agent listens, and what comes before ``/v1`` in each request's path, for agents behind a proxy."""

    host: str = ""
    port: int = 0
    prefix: str = ""
    socket: str = ""
    """Path of a Unix socket, instead of host and port."""
    tls: bool = False

    def connection(self, timeout_s: float | None, flags: TlsFlags) -> HTTPConnection:
        """A connection that is opened by its first request. Raises Failure for files of TLS that are of no use."""
        if self.socket:
            return UnixConnection(self.socket, timeout_s)
        if self.tls:
            return TlsConnection(self.host, self.port, timeout_s, flags)
        return HTTPConnection(self.host, self.port, timeout=timeout_s)


def agent_address(text: str) -> AgentAddress:
    """``host``, ``host:port``, ``:port``, a port, ``http[s]://…`` with a path, or ``unix:///path``. Raises Failure."""
    scheme, marked, rest = text.strip().partition("://")
    if not marked:
        scheme, rest = "http", scheme
    match scheme.lower():
        case "unix" if rest:
            return AgentAddress(socket=rest)
        case "https":
            return over_tcp(text, rest, TLS_PORT)._replace(tls=True)
        case "http" | "tcp":
            return over_tcp(text, rest)
    raise bad(text)


def over_tcp(text: str, rest: str, port: int = PORT) -> AgentAddress:
    """What follows ``http://``; ``text`` is the whole, for complaints, and ``port`` is meant if none is given."""
    if rest.isascii() and rest.isdigit():
        rest = f":{rest}"
    if not rest.isprintable() or set(" @?#") & set(rest) or not rest.strip("/"):
        raise bad(text)
    place, _, path = rest.partition("/")
    if place.count(":") > 1 and not place.startswith("["):
        raise bad(text, "write an IPv6 address in brackets, [::1]:8500")
    try:
        host, port = split_host_port(place, port)
    except ValueError:  # a port that is none, a bracket that stays open
        raise bad(text) from None
    if not port:
        raise bad(text)
    if not is_name(host):
        raise bad(text, "its host is no name: the parts between dots have 1 to 63 characters")
    return AgentAddress(host or HERE, port, f"/{path}".rstrip("/"))


def is_name(host: str) -> bool:
    """Whether the resolver can be asked for it at all."""
    try:
        return bool(host.encode("idna")) or not host
    except UnicodeError:
        return False


def bad(text: str, why: str = FORMS) -> Failure:
    """The refusal of an address; what stands before an @ is perhaps a password."""
    shown = text.strip() if "@" not in text else f"…@{text.strip().rpartition('@')[2]}"
    return Failure(f"Bad agent address {shown!r}: {why}.")
