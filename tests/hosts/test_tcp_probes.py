"""A TCP check's address: what Go's net.Dial takes, and its words for the rest."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from raw_peer import RawPeer, result_of

from lictor_actors.hosts.live.jobs import Jobs
from lictor_messages.jobs import ProbeTcp, TcpProbed

SECOND = 1_000_000_000


@pytest.fixture
async def jobs() -> AsyncIterator[Jobs]:
    made = Jobs()
    yield made
    await made.close()


def probe(address: str) -> ProbeTcp:
    return ProbeTcp(ticket="t", address=address, timeout_ns=5 * SECOND)


@pytest.mark.parametrize("host", ["", "127.0.0.1", "localhost", "[127.0.0.1]", "LocalHost", "[::ffff:127.0.0.1]"])
async def test_an_address_that_something_listens_on(jobs: Jobs, host: str) -> None:
    async with RawPeer({}).listening() as peer:
        assert await result_of(jobs, probe(f"{host}:{peer.port}")) == TcpProbed(ticket="t")


@pytest.mark.parametrize("host", ["", "[::1]"])
async def test_an_address_of_ipv6(jobs: Jobs, host: str) -> None:
    async with RawPeer({}).listening("::1") as peer:
        assert await result_of(jobs, probe(f"{host}:{peer.port}")) == TcpProbed(ticket="t")


@pytest.mark.parametrize(
    ("address", "error"),
    [
        ("127.0.0.1:1", "dial tcp 127.0.0.1:1: connect: connection refused"),
        ("[::1]:1", "dial tcp [::1]:1: connect: connection refused"),
        (":1", "dial tcp :1: connect: connection refused"),
        ("127.0.0.1:tcpmux", "dial tcp 127.0.0.1:1: connect: connection refused"),
        ("127.0.0.1:nothing-known", "dial tcp: lookup tcp/nothing-known: unknown port"),
        ("127.0.0.1:65536", "dial tcp: address 65536: invalid port"),
        ("127.0.0.1:-1", "dial tcp: address -1: invalid port"),
        ("127.0.0.1", "dial tcp: address 127.0.0.1: missing port in address"),
        ("no-port", "dial tcp: address no-port: missing port in address"),
        ("[::1]", "dial tcp: address [::1]: missing port in address"),
        ("::1:80", "dial tcp: address ::1:80: too many colons in address"),
        ("[::1:80", "dial tcp: address [::1:80: missing ']' in address"),
        ("a]:80", "dial tcp: address a]:80: unexpected ']' in address"),
        ("a" * 70 + ":80", f"dial tcp: lookup {'a' * 70}: no such host"),
        ("a..b:80", "dial tcp: lookup a..b: no such host"),
    ],
)
async def test_an_address_that_leads_nowhere_says_why(jobs: Jobs, address: str, error: str) -> None:
    assert await result_of(jobs, probe(address)) == TcpProbed(ticket="t", error=error)
