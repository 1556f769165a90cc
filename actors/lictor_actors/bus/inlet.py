"""Where frames come in. There are two kinds, which understand the same senders because both speak nng's Push/Pull.

``pynng_inlet`` leaves the sockets to nng and its threads, ``stream_inlet`` reads them in the event loop.
"""

from __future__ import annotations

from typing import Protocol


class Inlet(Protocol):
    """What an inbox needs of it."""

    def listen(self, url: str) -> None:
        """Accept frames there too; raises OSError or nng's own error if that cannot be.

        A local socket whose file is gone is replaced by a new one.
        """
        ...

    def pause(self) -> None:
        """Hand over no more frames than those that are read already."""
        ...

    def resume(self) -> None:
        """Go on."""
        ...

    def close(self) -> None:
        """Accept and receive no more."""
        ...
