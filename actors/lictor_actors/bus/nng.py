"""The bus over nng's Push/Pull: two lanes in, one outbox per URL out.

Gossip comes in through pynng. On the other lane, where a request waits for each frame, the event loop reads nng's
protocol itself, and it writes it on both; so a peer that uses nng can talk to either end, and the tests do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from lictor_actors.bus.dialling import dialled, over_tls
from lictor_actors.bus.frames import Framing
from lictor_actors.bus.inbox import Inbox
from lictor_actors.bus.lane_tls import LaneTls
from lictor_actors.bus.outbox import Outbox
from lictor_actors.bus.pynng_inlet import PynngInlet
from lictor_actors.bus.speakers import FrameSource, OfLane, Speaker
from lictor_actors.bus.stream_inlet import ALL, Admission, StreamInlet
from lictor_actors.bus.traffic import Traffic
from lictor_messages.codec import MESSAGE_MAX, pack
from lictor_messages.envelope import Envelope, role_of

GOSSIP_BYTES_MAX = 1 << 20
REST_BYTES_MAX = MESSAGE_MAX
OUTBOX_BYTES_MAX = 64 << 20
IDLE_S = 60.0
"""A link that carried nothing for so long is let go, and dialled again when there is mail: in a pool of a thousand a
node has something to say to each other one a few times in a quarter of an hour, and no machine keeps a million links.
"""


class NngBus:
    """``post`` never blocks and never raises; ``flush`` sends one frame per URL for everything posted in a tick."""

    def __init__(
        self,
        frames: Framing,
        loop: asyncio.AbstractEventLoop,
        take: Callable[[bytes, Speaker | None], None],
        full: Callable[[], bool],
        returned: Callable[[Envelope, str], None],
        count: Callable[[str], None],
        admission: Admission = ALL,
        tls: LaneTls | None = None,
        by_gossip: Callable[[str], bool] = lambda _: False,
    ) -> None:
        """``take`` gets each packed envelope that comes in, and who may have sent it, unless it is ``full``.
        ``admission`` and ``tls``: to the lane that is not gossip's. ``by_gossip``: whether a role is reached by one of
        gossip's.
        """
        self._by_gossip = by_gossip
        self._secured = over_tls(tls, count) if tls is not None else dialled
        gossips = FrameSource()
        if tls is not None:
            gossips.speaker = OfLane(lambda: tls.demanded, by_gossip)
        self._frames = frames
        self._loop = loop
        self._returned = returned
        self._count = count
        self._outboxes: dict[str, Outbox] = {}
        self._dirty: dict[str, Outbox] = {}
        self.traffic = Traffic()
        self._looking = loop.call_later(IDLE_S / 4, self._let_go_idle)
        mail = frames.opened, loop, take, full, count
        self._gossip = Inbox(*mail, lambda took: PynngInlet(loop, took, GOSSIP_BYTES_MAX, gossips))
        self._rest = Inbox(*mail, lambda took: StreamInlet(loop, took, count, REST_BYTES_MAX, admission, tls))

    def listen(self, gossip: str, rest: str, *more_gossip: str) -> None:
        """Accept frames of the lanes there; raises OSError if an address cannot be listened on."""
        self._gossip.listen(gossip)
        self._rest.listen(rest)
        for url in more_gossip:
            self._gossip.listen(url)

    def listen_again(self) -> None:
        """Make the files of local sockets again that were removed."""
        self._gossip.listen_again()
        self._rest.listen_again()

    def post(self, url: str, envelope: Envelope) -> None:
        """Queue for the next flush."""
        try:
            packed = pack(envelope)
        except (TypeError, ValueError) as error:
            self._returned(envelope, f"unpackable: {error}")
            return
        if len(packed) > REST_BYTES_MAX - 64:
            self._returned(envelope, "too_large")
            return
        outbox = self._outboxes.get(url)
        if outbox is None:
            outbox = self._open(url, envelope)
            if outbox is None:
                return
        outbox.put(envelope, packed)
        self._dirty[url] = outbox

    def flush(self) -> None:
        """Send everything that was posted since the last flush."""
        if self._dirty:
            dirty, self._dirty = self._dirty, {}
            for outbox in dirty.values():
                outbox.flush()

    def spoil(self, url: str) -> None:
        """Fault: change a byte of the next frame that goes there."""
        outbox = self._outboxes.get(url)
        if outbox is not None:
            outbox.spoil_next = True

    def redial(self, url: str) -> None:
        """Dial this URL afresh, if it is dialled at all."""
        outbox = self._outboxes.get(url)
        if outbox is not None:
            outbox.redial()

    def drop(self, url: str) -> None:
        """No node is reached there any more: close its outbox."""
        outbox = self._outboxes.pop(url, None)
        if outbox is not None:
            self._dirty.pop(url, None)
            outbox.close()

    def close(self) -> None:
        """Stop receiving, then close everything."""
        self._looking.cancel()
        self._gossip.close()
        self._rest.close()
        for url in list(self._outboxes):
            self.drop(url)

    def _let_go_idle(self) -> None:
        since = self._loop.time() - IDLE_S
        for url in [url for url, outbox in self._outboxes.items() if outbox.idle_since(since)]:
            self.drop(url)
            self._count("idle_links_let_go")
        self._looking = self._loop.call_later(IDLE_S / 4, self._let_go_idle)

    def _open(self, url: str, envelope: Envelope) -> Outbox | None:
        dialling = dialled if self._by_gossip(role_of(envelope.target)) else self._secured
        try:
            framed = self._frames.framer(envelope)
            outbox = Outbox(url, framed, self._loop, self._returned, OUTBOX_BYTES_MAX, self.traffic, dialling)
        except ValueError as error:
            self._returned(envelope, f"bad_address: {error}")
            return None
        self._outboxes[url] = outbox
        return outbox
