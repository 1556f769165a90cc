"""Ports that the system draws, kept for their listeners until these have them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from lictor_actors.bus.listening import bound


@contextmanager
def drawn_ports(ip: str, count: int) -> Iterator[tuple[int, ...]]:
    """So many free ports of this address. Until the end of the block the system gives them to no other process.

    A socket that is bound and does not listen keeps a port from being drawn again, and on Linux lets a listener with
    SO_REUSEADDR have it (socket(7)). Elsewhere it would not, so there the ports are free again at once.
    """
    with ExitStack() as held:
        sockets = [held.enter_context(bound(ip, 0)) for _ in range(count)]
        ports = tuple(each.getsockname()[1] for each in sockets)
        if not sys.platform.startswith("linux"):
            held.close()
        yield ports
