"""Connections to a check's target: addresses as Go's net.Dial reads them, and its words for those that lead nowhere."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from ipaddress import IPv6Address, ip_address

from lictor_actors.hosts.live.probes.certificate import check_name
from lictor_actors.hosts.live.probes.words import ProbeFailed, system_words, tls_words

LOCAL = ("127.0.0.1", "::1")
"""What an address without a host means."""
PORT_MOST = 65_535
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def split_address(address: str, network: str = "tcp") -> tuple[str, str]:
    """Host and port of ``host:port``, either of them perhaps ""; raises ProbeFailed, which names the network."""
    if not address:
        raise ProbeFailed(f"dial {network}: missing address")
    try:
        return _split(address)
    except ValueError as why:
        raise ProbeFailed(f"dial {network}: address {address}: {why}") from None


def _split(address: str) -> tuple[str, str]:
    host, colon, port = address.rpartition(":")
    if not colon or "]" in port:
        raise ValueError("missing port in address")
    if host.startswith("["):
        host, bracket, rest = host[1:].partition("]")
        if not bracket:
            raise ValueError("missing ']' in address")
        if rest:
            raise ValueError("too many colons in address" if ":" in rest else "missing port in address")
    elif ":" in host:
        raise ValueError("too many colons in address")
    for odd in "[]":
        if odd in host:
            raise ValueError(f"unexpected '{odd}' in address")
    return host, port


async def connect(host: str, port: str) -> socket.socket:
    """A connection to one of the host's addresses; raises ProbeFailed with what the first one said."""
    number = _port(port, "tcp")
    places = await _places(host, "tcp")
    first: OSError | None = None
    for place in places:
        try:
            return await _connect(place, number)
        except OSError as error:
            first = first or error
    shown = places[0] if host else ""
    assert first is not None
    raise ProbeFailed(f"dial tcp {joined(shown, number)}: connect: {system_words(first)}")


async def associate(host: str, port: str) -> socket.socket:
    """A socket of UDP that sends to the host's first address and takes answers from there alone; raises ProbeFailed."""
    number = _port(port, "udp")
    place = (await _places(host, "udp"))[0]
    connection = _socket(place, socket.SOCK_DGRAM)
    try:
        connection.connect((place, number))
    except OSError as error:
        connection.close()
        raise ProbeFailed(f"dial udp {joined(place, number)}: connect: {system_words(error)}") from error
    return connection


async def open_streams(connection: socket.socket, tls: ssl.SSLContext | None, name: str) -> Streams:
    """Streams over a connection, the server being ``name`` for TLS; raises ProbeFailed."""
    try:
        reader, writer = await asyncio.open_connection(sock=connection, ssl=tls, server_hostname=name if tls else None)
    except ssl.SSLError as error:
        raise ProbeFailed(tls_words(error)) from error
    except OSError as error:
        raise ProbeFailed(_broken_handshake(error)) from error
    except ValueError as error:  # a name that cannot be a server's
        connection.close()
        raise ProbeFailed(f"tls: {error}") from error
    if tls is not None:
        _check_name(writer, name)
    return reader, writer


def _check_name(writer: asyncio.StreamWriter, name: str) -> None:
    try:
        check_name(writer.get_extra_info("ssl_object"), name)
    except ProbeFailed:
        writer.transport.abort()
        raise


def ends(connection: socket.socket) -> str:
    """Both ends, as Go shows them."""
    here, there = (joined(*name()[:2]) for name in (connection.getsockname, connection.getpeername))
    return f"{here}->{there}"


def joined(host: str, port: int) -> str:
    """``host:port``, with brackets where they are needed."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _broken_handshake(error: OSError) -> str:
    # asyncio has a reset without a number for a server that hangs up in the handshake.
    return "EOF" if isinstance(error, ConnectionError) and not error.errno else f"read: {system_words(error)}"


def _port(text: str, network: str) -> int:
    """The number of a port that is written as one, or by its service's name."""
    if not text.removeprefix("-").isdecimal():
        try:
            return socket.getservbyname(text, network) if text else 0
        except OSError:
            raise ProbeFailed(f"dial {network}: lookup {network}/{text}: unknown port") from None
    if not 0 <= int(text[:10]) <= PORT_MOST or text.startswith("-"):
        raise ProbeFailed(f"dial {network}: address {text}: invalid port")
    return int(text)


async def _places(host: str, network: str) -> tuple[str, ...]:
    """The IPs of a host."""
    if not host:
        return LOCAL
    try:
        return (str(_plain(host)),)
    except ValueError:
        return await _lookup(host, network)


def _plain(host: str) -> object:
    """An IP; one of IPv4 that is written as IPv6 is one of IPv4."""
    ip = ip_address(host)
    return (ip.ipv4_mapped or ip) if isinstance(ip, IPv6Address) else ip


async def _lookup(host: str, network: str) -> tuple[str, ...]:
    if _old_number(host):
        raise ProbeFailed(f"dial {network}: lookup {host}: no such host")
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except UnicodeError:  # a label of no letters, or of too many
        raise ProbeFailed(f"dial {network}: lookup {host}: no such host") from None
    except socket.gaierror as error:
        unknown = error.errno in (socket.EAI_NONAME, socket.EAI_NODATA)
        why = "no such host" if unknown else (error.strerror or "").lower()
        raise ProbeFailed(f"dial {network}: lookup {host}: {why}") from None
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


def _old_number(host: str) -> bool:
    """True for ``127.1`` and the like, addresses to the system's library, but not to Go's."""
    try:
        socket.inet_aton(host)
    except (OSError, ValueError):
        return False
    return True


async def _connect(place: str, port: int) -> socket.socket:
    connection = _socket(place, socket.SOCK_STREAM)
    try:
        await asyncio.get_running_loop().sock_connect(connection, (place, port))
    except socket.gaierror:  # a zone that this machine does not have
        connection.close()
        raise OSError(errno.EINVAL, "") from None
    except BaseException:
        connection.close()
        raise
    return connection


def _socket(place: str, kind: socket.SocketKind) -> socket.socket:
    made = socket.socket(socket.AF_INET6 if ":" in place else socket.AF_INET, kind)
    made.setblocking(False)
    return made
