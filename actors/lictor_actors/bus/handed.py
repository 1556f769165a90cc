"""Listeners of nng's sockets, also at addresses that nng itself cannot listen at.

nng resolves an address with AI_ADDRCONFIG, even one that is written in numbers. Where a machine, loopback apart, has
addresses of one family alone, those of the other are refused: ``::1`` in a container without IPv6, ``127.0.0.1`` where
there is IPv6 only. There we listen and accept, and nng is handed each connection (its transport ``socket://``).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from typing import Any, Protocol

import pynng
from pynng import lib

from lictor_actors.bus.listening import bound, in_words
from lictor_actors.bus.sp import Endpoint, endpoint_of, made_ready
from lictor_messages.addresses import join_host_port

logger = logging.getLogger("lictor")
OTHER_FAMILY = 0x1000_0000 + socket.EAI_ADDRFAMILY
"""What nng makes of getaddrinfo's refusal: it has no text for it."""
BACKLOG = 1024
HANDED = b"socket:fd"
ACCEPT_AGAIN_S = 0.1
"""Pause after a connection could not be accepted, which is for want of descriptors."""


class Acceptor(Protocol):
    """What ``listen`` gives."""

    @property
    def local_address(self) -> object:
        """``host:port``."""

    def close(self) -> None:
        """Accept no more."""


def listen(made: Any, url: str, loop: asyncio.AbstractEventLoop) -> Acceptor:
    """Let this socket of pynng listen there; raises OSError or nng's own error."""
    try:
        listener: Acceptor = made.listen(url)
    except pynng.NNGException as error:
        if error.errno != OTHER_FAMILY:
            raise
        return Handed(made, endpoint_of(url), loop)
    return listener


class Handed:
    """Listens at a host and port, and hands each connection to a socket of pynng, which owns it then."""

    def __init__(self, made: Any, place: Endpoint, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        with in_words(join_host_port(place.host, place.port)), contextlib.ExitStack() as undo:
            self._listener = undo.enter_context(bound(place.host, place.port))
            self._listener.listen(BACKLOG)
            self._listener.setblocking(False)
            undo.pop_all()
        self._taker = made.listen("socket://")
        loop.add_reader(self._listener, self._accept)

    @property
    def local_address(self) -> str:
        """See ``Acceptor``."""
        host, port = self._listener.getsockname()[:2]
        return join_host_port(host, port)

    def close(self) -> None:
        """See ``Acceptor``."""
        self._loop.remove_reader(self._listener)
        self._listener.close()
        self._taker.close()

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except BlockingIOError:
            return
        except OSError:
            self._loop.remove_reader(self._listener)
            self._loop.call_later(ACCEPT_AGAIN_S, self._accept_again)
            return
        refused = lib.nng_listener_set_int(self._taker.listener, HANDED, made_ready(connection).fileno())
        if refused:  # too many wait there: the other side dials again
            logger.warning("bus: nng takes no connection: %s", pynng.ffi.string(lib.nng_strerror(refused)).decode())
            connection.close()
        else:
            connection.detach()

    def _accept_again(self) -> None:
        if self._listener.fileno() >= 0:
            self._loop.add_reader(self._listener, self._accept)
