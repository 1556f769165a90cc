"""Where frames come in. There are two kinds, which understand the same senders because both speak nng's Push/Pull.

``pynng_inlet`` leaves the sockets to nng and its threads, ``stream_inlet`` reads them in the event loop.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from lictor_actors.bus.speakers import FrameSource

Took = Callable[[bytes, FrameSource], None]
"""Gets each frame, and from which source it came: what is to wait is told by source."""


class Inlet(Protocol):
    """What an inbox needs of it."""

    def listen(self, url: str) -> None:
        """Accept frames there too; raises OSError or nng's own error if that cannot be.

        A local socket whose file is gone is replaced by a new one.
        """
        ...

    def pause(self, source: FrameSource) -> None:
        """Hand over no more frames of this source than those that are read already."""
        ...

    def resume(self, source: FrameSource) -> None:
        """Go on with it, if it is still there."""
        ...

    def close(self) -> None:
        """Accept and receive no more."""
        ...
