"""A UDP check: one empty datagram. An answer passes, and so does silence; a refusal by ICMP does not."""

from __future__ import annotations

import asyncio
import socket

from lictor_actors.hosts.live.probes.dial import associate, split_address
from lictor_actors.hosts.live.probes.words import ProbeFailed, system_words
from lictor_messages.jobs import ProbeUdp, UdpProbed

NS = 1_000_000_000


async def probe_udp(job: ProbeUdp) -> UdpProbed:
    """What became of the datagram within the time."""
    try:
        connection = await associate(*split_address(job.address, "udp"))
    except ProbeFailed as why:
        return UdpProbed(ticket=job.ticket, error=str(why))
    with connection:
        return UdpProbed(ticket=job.ticket, error=await _refusal(connection, job))


async def _refusal(connection: socket.socket, job: ProbeUdp) -> str:
    """Why the target does not take it, "" if it does or says nothing."""
    try:
        connection.send(b"")
        async with asyncio.timeout(job.timeout_ns / NS):
            await asyncio.get_running_loop().sock_recv(connection, 1)
    except TimeoutError:
        return ""
    except OSError as error:
        return f"read udp {job.address}: read: {system_words(error)}"
    return ""
