"""What carries frames: a pipe to one URL, and an inlet for what comes in.

There are two kinds, and they understand each other because both speak nng's Push/Pull: ``pynng_pipes`` leaves the
sockets to nng and its threads, ``stream_pipe`` and ``stream_inlet`` read and write them in the event loop.
"""

from __future__ import annotations

from typing import Protocol


class Pipe(Protocol):
    """The way to one URL. It dials by itself, again and again, until it is closed."""

    @property
    def connected(self) -> bool:
        """True while somebody is there."""
        ...

    def send(self, data: bytes) -> bool:
        """Hand over one frame. False: nothing of it was taken, and ``changed`` will say when to try again."""
        ...

    def redial(self) -> None:
        """Hang up and dial afresh: the kernel's back-off would keep a healed link dead."""
        ...

    def close(self) -> None:
        """Hang up for good."""
        ...


class Inlet(Protocol):
    """Where frames come in."""

    def listen(self, url: str) -> None:
        """Accept frames there too; raises OSError or nng's own error if that cannot be."""
        ...

    def close(self) -> None:
        """Accept and receive no more."""
        ...
