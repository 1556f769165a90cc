"""Sockets that are bound where a listener shall be: an IP with a port, of either family, or a path."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path

from lictor_actors.bus.sp import Endpoint

BACKLOG = 1024


def listening(endpoint: Endpoint) -> socket.socket:
    """A socket that listens there and does not block; a file that a process left behind is removed. Raises OSError."""
    if endpoint.path:
        clear_away(endpoint.path)
    with contextlib.ExitStack() as undo:
        made = bound_to_path(endpoint.path) if endpoint.path else bound(endpoint.host, endpoint.port)
        undo.enter_context(made)
        made.listen(BACKLOG)
        made.setblocking(False)
        undo.pop_all()
        return made


def bound(host: str, port: int, kind: socket.SocketKind = socket.SOCK_STREAM) -> socket.socket:
    """A socket of TCP (or UDP, by ``kind``) that is bound there, to be listened on; raises OSError.

    ``::`` takes IPv4 as well, as with Go's listeners, also where the kernel's default is another.
    """
    family, _, _, _, address = socket.getaddrinfo(host, port, type=kind, flags=socket.AI_PASSIVE)[0]
    made = socket.socket(family, kind)
    if kind is socket.SOCK_STREAM:  # with UDP it would let two listen at one address
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    return _bound(made, address)


def bound_to_path(path: str) -> socket.socket:
    """The same for a local socket."""
    return _bound(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM), path)


def clear_away(path: str) -> None:
    """Remove a socket's file that a process left behind: it refuses connections. ``bind`` says what else is wrong."""
    file = Path(path)
    if not file.is_socket():
        return
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            file.unlink()


@contextlib.contextmanager
def in_words(where: str) -> Iterator[None]:
    """What goes wrong there becomes an OSError that names the address."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, f"cannot listen at {where}: {error.strerror or error}") from error


def _bound(made: socket.socket, address: object) -> socket.socket:
    try:
        made.bind(address)  # type: ignore[arg-type]  # what getaddrinfo said, or a path
    except OSError:
        made.close()
        raise
    return made
