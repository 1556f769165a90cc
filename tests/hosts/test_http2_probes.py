"""gRPC health checks, HTTP/2 pings and TCP with TLS, against grpcio's server and against peers that speak neither."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator

import pytest
from health_server import health_server
from raw_peer import RawPeer, Then, result_of

from lictor_actors.hosts.live.jobs import Jobs
from lictor_actors.hosts.live.probes import grpc as by_hand
from lictor_messages.jobs import GrpcProbed, H2Pinged, PingH2, ProbeGrpc, ProbeTcp, TcpProbed

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")
SECOND = 1_000_000_000
UNKNOWN = "tls: failed to verify certificate: x509: certificate signed by unknown authority"
UNAVAILABLE = 'rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: {why}"'


@pytest.fixture
async def jobs() -> AsyncIterator[Jobs]:
    made = Jobs()
    yield made
    await made.close()


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, int]]:
    """A server whose certificate no authority has signed, and which is made out to another name."""
    certificate = tmp_path_factory.mktemp("tls") / "other.pem"
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")
    files = ("-keyout", str(certificate.with_suffix(".key")), "-out", str(certificate))
    names = ("-subj", "/CN=other.example", "-addext", "subjectAltName=DNS:other.example")
    subprocess.run(["openssl", "req", "-x509", *curve, *files, *names], check=True, capture_output=True)
    with health_server(certificate) as listening:
        yield listening


def grpc(port: int, service: str = "", timeout_ns: int = 20 * SECOND, **tls: object) -> ProbeGrpc:
    fields = {"ticket": "t", "address": f"127.0.0.1:{port}", "service": service, "timeout_ns": timeout_ns}
    return ProbeGrpc.model_validate({**fields, **tls})


def ping(port: int, timeout_ns: int = 20 * SECOND, **tls: object) -> PingH2:
    return PingH2.model_validate({"ticket": "t", "address": f"127.0.0.1:{port}", "timeout_ns": timeout_ns, **tls})


def tcp(port: int, **tls: object) -> ProbeTcp:
    return ProbeTcp.model_validate({"ticket": "t", "address": f"127.0.0.1:{port}", "timeout_ns": 20 * SECOND, **tls})


@pytest.mark.parametrize(
    ("service", "answer"),
    [
        ("", GrpcProbed(ticket="t", serving_status=1)),
        ("up", GrpcProbed(ticket="t", serving_status=1)),
        ("down", GrpcProbed(ticket="t", serving_status=2)),
        ("oddä", GrpcProbed(ticket="t", serving_status=0)),
        ("other", GrpcProbed(ticket="t", error="rpc error: code = NotFound desc = unknown service ä")),
        ("o" * 300, GrpcProbed(ticket="t", error="rpc error: code = NotFound desc = unknown service ä")),
    ],
)
async def test_a_service_says_whether_it_serves(
    jobs: Jobs, ports: tuple[int, int], service: str, answer: GrpcProbed
) -> None:
    assert await result_of(jobs, grpc(ports[0], service)) == answer


async def test_over_tls_a_certificate_is_believed_only_if_told_to(jobs: Jobs, ports: tuple[int, int]) -> None:
    skips = {"use_tls": True, "tls_skip_verify": True, "tls_server_name": "any.example"}
    assert await result_of(jobs, grpc(ports[1], **skips)) == GrpcProbed(ticket="t", serving_status=1)
    assert await result_of(jobs, ping(ports[1], **skips)) == H2Pinged(ticket="t")
    assert await result_of(jobs, tcp(ports[1], **skips)) == TcpProbed(ticket="t")


async def test_over_tls_a_stranger_is_not_believed(jobs: Jobs, ports: tuple[int, int]) -> None:
    assert await result_of(jobs, grpc(ports[1], use_tls=True)) == GrpcProbed(
        ticket="t", error=UNAVAILABLE.format(why=UNKNOWN)
    )
    assert await result_of(jobs, ping(ports[1])) == H2Pinged(
        ticket="t", error=f"Failed to dial to 127.0.0.1:{ports[1]}: {UNKNOWN}"
    )
    assert await result_of(jobs, tcp(ports[1], use_tls=True)) == TcpProbed(ticket="t", error=UNKNOWN)


async def test_a_ping_comes_back(jobs: Jobs, ports: tuple[int, int]) -> None:
    assert await result_of(jobs, ping(ports[0], use_tls=False)) == H2Pinged(ticket="t")


async def test_where_nothing_listens_the_connection_is_refused(jobs: Jobs) -> None:
    refused = "dial tcp 127.0.0.1:1: connect: connection refused"
    assert await result_of(jobs, grpc(1)) == GrpcProbed(ticket="t", error=UNAVAILABLE.format(why=refused))
    assert await result_of(jobs, ping(1)) == H2Pinged(ticket="t", error=f"Failed to dial to 127.0.0.1:1: {refused}")


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", bytes(range(256)) * 4])
async def test_a_peer_that_speaks_no_http2_is_critical_in_words(jobs: Jobs, said: bytes) -> None:
    async with RawPeer({"*": (said,)}).listening() as peer:
        call = await result_of(jobs, grpc(peer.port))
        pinged = await result_of(jobs, ping(peer.port, use_tls=False))
    assert isinstance(call, GrpcProbed)
    assert isinstance(pinged, H2Pinged)
    assert call.error.startswith("rpc error: code = Unavailable desc = ")
    assert pinged.error.startswith("HTTP2 ping failed: ")


async def test_silence_ends_with_the_time(jobs: Jobs) -> None:
    async with RawPeer({"*": (Then.STALL,)}).listening() as peer:
        late = "context deadline exceeded"
        assert await result_of(jobs, grpc(peer.port, timeout_ns=SECOND // 20)) == GrpcProbed(
            ticket="t", error=f"rpc error: code = DeadlineExceeded desc = {late}"
        )
        assert await result_of(jobs, ping(peer.port, timeout_ns=SECOND // 20, use_tls=False)) == H2Pinged(
            ticket="t", error=f"HTTP2 ping failed: {late}"
        )


@pytest.mark.parametrize(
    ("headers", "error"),
    [
        ({":status": "503"}, "Unavailable desc = unexpected HTTP status code received from server: 503"),
        ({":status": "404"}, "Unknown desc = unexpected HTTP status code received from server: 404"),
        ({":status": "200"}, "Internal desc = server closed the stream without sending trailers"),
        ({":status": "200", "grpc-status": "99"}, "Code(99) desc = "),
        ({":status": "200", "grpc-status": "16", "grpc-message": "a%20b"}, "Unauthenticated desc = a b"),
    ],
)
def test_what_an_answer_without_a_message_means(headers: dict[str, str], error: str) -> None:
    assert by_hand.GrpcAnswer(headers).error() == f"rpc error: code = {error}"


def test_a_call_that_went_well_has_no_error() -> None:
    assert by_hand.GrpcAnswer({":status": "200", "grpc-status": "0"}).error() == ""


@pytest.mark.parametrize("body", [b"", b"\0\0\0\0\0", b"\0\0\0\0\2\x08\x01", b"\0\0\0\0\2\x10\x01", b"\xff" * 9])
def test_only_a_whole_message_serves(body: bytes) -> None:
    assert by_hand.serving_status(body) == (1 if body == b"\0\0\0\0\2\x08\x01" else 0)
