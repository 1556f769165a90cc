"""An HTTP/2 ping: a PING frame, and the one that acknowledges it."""

from __future__ import annotations

import asyncio
import secrets

from h2.events import PingAckReceived

from lictor_actors.hosts.live.probes.h2_connection import http2
from lictor_actors.hosts.live.probes.trust import Trust, trust
from lictor_actors.hosts.live.probes.words import ProbeFailed
from lictor_messages.jobs import H2Pinged, PingH2

NS = 1_000_000_000


async def ping_h2(job: PingH2, trust: Trust = trust) -> H2Pinged:
    """Whether it comes back within the time."""
    ping = _Ping(job, trust)
    try:
        async with asyncio.timeout(job.timeout_ns / NS):
            await ping.run()
    except TimeoutError:
        return H2Pinged(ticket=job.ticket, error=f"{ping.failed}: context deadline exceeded")
    except ProbeFailed as why:
        return H2Pinged(ticket=job.ticket, error=f"{ping.failed}: {why}")
    return H2Pinged(ticket=job.ticket)


class _Ping:
    """One ping and how far it has come."""

    def __init__(self, job: PingH2, trust: Trust) -> None:
        self._job = job
        self._trust = trust
        self.failed = f"Failed to dial to {job.address}"

    async def run(self) -> None:
        payload = secrets.token_bytes(8)
        async with http2(self._job, self._trust) as connection:
            self.failed = "HTTP2 ping failed"
            connection.frames.ping(payload)
            async for event in connection.events():
                if isinstance(event, PingAckReceived) and event.ping_data == payload:
                    return
