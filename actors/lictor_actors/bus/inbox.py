"""One lane's inbox of a process: opens the frames that its inlet takes, hands on envelopes, counts what it refuses."""

from __future__ import annotations

from collections.abc import Callable

from lictor_actors.bus.inlet import Inlet
from lictor_messages.codec import FrameRefused, open_frame, unpack
from lictor_messages.envelope import Envelope


class Inbox:
    """A listener per node."""

    def __init__(
        self,
        cluster: bytes,
        deliver: Callable[[Envelope], None],
        count: Callable[[str], None],
        inlet: Callable[[Callable[[bytes], None]], Inlet],
    ) -> None:
        """``inlet`` makes one that hands its frames to whom it is given."""
        self._cluster = cluster
        self._deliver = deliver
        self._count = count
        self._listening: set[str] = set()
        self._inlet: Inlet | None = inlet(self._open)

    def listen(self, url: str) -> None:
        """Accept frames there too, if that is not so yet; raises OSError or nng's own error."""
        if self._inlet is not None and url not in self._listening:
            self._inlet.listen(url)
            self._listening.add(url)

    def close(self) -> None:
        """Stop receiving."""
        if self._inlet is not None:
            self._inlet.close()
            self._inlet = None

    def _open(self, data: bytes) -> None:
        self._count("frames_in")
        try:
            parts = open_frame(self._cluster, data)
        except FrameRefused as refusal:
            self._count(f"frame_{refusal.reason}")
            return
        for part in parts:
            try:
                envelope = unpack(part)
            except FrameRefused as refusal:
                self._count(f"message_{refusal.reason}")
                continue
            self._deliver(envelope)
