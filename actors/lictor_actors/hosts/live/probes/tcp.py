"""A TCP check: connect, shake hands if TLS is wanted, and hang up again."""

from __future__ import annotations

import asyncio

from lictor_actors.hosts.live.probes.dial import connect, open_streams, split_address
from lictor_actors.hosts.live.probes.trust import Trust, trust
from lictor_actors.hosts.live.probes.words import ProbeFailed
from lictor_messages.jobs import ProbeTcp, TcpProbed

NS = 1_000_000_000


async def probe_tcp(job: ProbeTcp, trust: Trust = trust) -> TcpProbed:
    """Whether it can be done within the time."""
    try:
        async with asyncio.timeout(job.timeout_ns / NS):
            await _greet(job, trust)
    except TimeoutError:
        return TcpProbed(ticket=job.ticket, error=f"dial tcp {job.address}: i/o timeout")
    except ProbeFailed as why:
        return TcpProbed(ticket=job.ticket, error=str(why))
    return TcpProbed(ticket=job.ticket)


async def _greet(job: ProbeTcp, trust: Trust) -> None:
    host, port = split_address(job.address)
    connection = await connect(host, port)
    if not job.use_tls:
        connection.close()
        return
    _, writer = await open_streams(connection, trust(not job.tls_skip_verify), job.tls_server_name or host)
    writer.transport.abort()
