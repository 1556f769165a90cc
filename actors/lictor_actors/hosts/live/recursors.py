"""Packets sent on to other DNS servers: each is tried in turn until one gives an answer that is worth passing back."""

from __future__ import annotations

import asyncio

from lictor_actors.hosts.doors.dns.framing import LENGTH, framed
from lictor_messages.addresses import join_host_port
from lictor_messages.dns import AskRecursors, RecursorsAnswered

NS = 1_000_000_000
HEADER = 12
SETTLED = (0, 3)
"""Rcodes after which no other server is asked: it found the name, or knows that there is none."""


async def ask_recursors(job: AskRecursors) -> RecursorsAnswered:
    """The first good answer, else the last bad one, else why there is none."""
    packet, errors = b"", []
    for server in job.servers:
        try:
            async with asyncio.timeout(job.timeout_ns / NS):
                packet = await (_by_tcp if job.tcp else _by_udp)(server, job.packet)
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
            errors.append(f"{join_host_port(*server)}: {error or type(error).__name__}")
            continue
        if packet[3] & 0xF in SETTLED:
            break
    return RecursorsAnswered(ticket=job.ticket, packet=packet, error="" if packet else "; ".join(errors))


class _Asking(asyncio.DatagramProtocol):
    """One packet to one server, from a port that strangers cannot guess."""

    def __init__(self, packet: bytes) -> None:
        self._packet = packet
        self.answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, _: object) -> None:
        """See ``asyncio.DatagramProtocol``. What answers another question is none of ours."""
        if not self.answer.done() and _answers(self._packet, data):
            self.answer.set_result(data)

    def error_received(self, error: Exception) -> None:
        """See ``asyncio.DatagramProtocol``."""
        if not self.answer.done():
            self.answer.set_exception(error)


async def _by_udp(server: tuple[str, int], packet: bytes) -> bytes:
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.create_datagram_endpoint(lambda: _Asking(packet), remote_addr=server)
    try:
        transport.sendto(packet)
        return await protocol.answer
    finally:
        transport.close()


async def _by_tcp(server: tuple[str, int], packet: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(*server)
    try:
        writer.write(framed(packet))
        length = int.from_bytes(await reader.readexactly(LENGTH), "big")
        answer = await reader.readexactly(length)
    finally:
        writer.close()
    if not _answers(packet, answer):
        raise OSError("it answered another question")
    return answer


def _answers(packet: bytes, answer: bytes) -> bool:
    """Whether it bears the packet's id, is an answer, and repeats the question; that may be in other letters."""
    end = packet.find(0, HEADER) + 5
    asked, said = packet[HEADER:end].lower(), answer[HEADER:end].lower()
    return len(answer) >= HEADER and answer[:2] == packet[:2] and answer[2] >= 0x80 and asked == said
