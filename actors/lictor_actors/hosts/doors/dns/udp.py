"""Questions by UDP: read in batches from the socket itself, for a protocol of asyncio costs five times as much."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Sequence
from typing import Any

from lictor_actors.bus.listening import bound, in_words
from lictor_actors.hosts.doors.dns.desk import DnsDesk
from lictor_messages.addresses import join_host_port

BATCH = 64
"""Packets that are read before other work has its turn."""
PACKET_MOST = 4096
BUFFER = 1 << 20
WILDCARDS = ("0.0.0.0", "::")
IP_PKTINFO = getattr(socket, "IP_PKTINFO", 8)
INFO_ROOM = 128


class UdpListener:
    """One socket. ``listen`` opens it."""

    def __init__(self, desk: DnsDesk, host: str, port: int) -> None:
        self._desk = desk
        with in_words(f"{join_host_port(host, port)} (UDP)"):
            self._socket = bound(host, port, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
        self._wildcard = host in WILDCARDS
        if self._wildcard:
            self._learn_own_address()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._socket.fileno(), self._wildcard_readable if self._wildcard else self._readable)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._socket.getsockname()[1])

    def close(self) -> None:
        """Read no more."""
        self._loop.remove_reader(self._socket.fileno())
        self._socket.close()

    def _readable(self) -> None:
        packets: list[tuple[bytes, str]] = []
        sources: list[Any] = []
        receive = self._socket.recvfrom
        try:
            for _ in range(BATCH):
                packet, source = receive(PACKET_MOST)
                packets.append((packet, source[0]))
                sources.append(source)
        except BlockingIOError:
            pass  # all have been read
        except OSError as error:
            self._trouble(error)
        if packets:
            self._desk.ask(packets, False, lambda answers: self._send(answers, sources))

    def _send(self, answers: Sequence[tuple[int, bytes]], to: Sequence[Any]) -> None:
        send = self._socket.sendto
        for place, answer in answers:
            if answer:
                try:
                    send(answer, to[place])
                except OSError as error:  # closed meanwhile, no room, or nothing to be sent to such an address
                    self._trouble(error)

    def _trouble(self, error: OSError) -> None:
        self._desk.count(f"dns_udp_failed:{errno.errorcode.get(error.errno or 0, 'other')}")

    # -- one socket for all addresses of the machine -------------------------

    def _learn_own_address(self) -> None:
        """An answer must come from the address that was asked, which only the kernel can tell."""
        if self._socket.family == socket.AF_INET6:
            self._socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
        else:
            self._socket.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)

    def _wildcard_readable(self) -> None:
        packets: list[tuple[bytes, str]] = []
        ways: list[tuple[Any, Any]] = []
        try:
            for _ in range(BATCH):
                packet, info, _, source = self._socket.recvmsg(PACKET_MOST, INFO_ROOM)
                packets.append((packet, source[0].removeprefix("::ffff:")))
                ways.append((source, [_from_there(*one) for one in info]))
        except BlockingIOError:
            pass  # all have been read
        except OSError as error:
            self._trouble(error)
        if packets:
            self._desk.ask(packets, False, lambda answers: self._send_from(answers, ways))

    def _send_from(self, answers: Sequence[tuple[int, bytes]], ways: Sequence[tuple[Any, Any]]) -> None:
        for place, answer in answers:
            if answer:
                to, info = ways[place]
                try:
                    self._socket.sendmsg([answer], info, 0, to)
                except OSError as error:
                    self._trouble(error)


def _from_there(level: int, kind: int, info: bytes) -> tuple[int, int, bytes]:
    """Of IPv4 the info says first the interface, then the address to answer from, then the one that was asked."""
    if level == socket.IPPROTO_IP:
        return level, kind, b"\0\0\0\0" + info[8:12] + b"\0\0\0\0"
    return level, kind, info
