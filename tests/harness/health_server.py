"""A gRPC health server as the library grpcio makes one, in a process of its own: grpcio does not survive forks."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

SERVER = """
import sys
from concurrent import futures
import grpc

SERVING, NOT_SERVING = b"\\x08\\x01", b"\\x08\\x02"
ANSWERS = {b"": SERVING, b"\\n\\x02up": SERVING, b"\\n\\x04down": NOT_SERVING, b"\\n\\x05odd\\xc3\\xa4": b""}

def check(request, context):
    if request not in ANSWERS:
        context.abort(grpc.StatusCode.NOT_FOUND, "unknown service \\u00e4")
    return ANSWERS[request]

class Health(grpc.GenericRpcHandler):
    def service(self, details):
        if details.method == "/grpc.health.v1.Health/Check":
            return grpc.unary_unary_rpc_method_handler(check)

server = grpc.server(futures.ThreadPoolExecutor(2))
server.add_generic_rpc_handlers((Health(),))
plain = server.add_insecure_port("127.0.0.1:0")
tls = 0
if len(sys.argv) > 1:
    key, certificate = (open(path, "rb").read() for path in sys.argv[1:])
    tls = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([(key, certificate)]))
server.start()
print(plain, tls, flush=True)
sys.stdin.read()
"""


@contextlib.contextmanager
def health_server(certificate: Path | None = None) -> Iterator[tuple[int, int]]:
    """Its ports: plain, and TLS with this certificate and the ``.key`` beside it (0 without one).

    The server and the service ``up`` serve, ``down`` does not, ``oddä`` says nothing, others are unknown.
    """
    files = [str(certificate.with_suffix(".key")), str(certificate)] if certificate else []
    with subprocess.Popen(
        [sys.executable, "-c", SERVER, *files], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        plain, tls = map(int, process.stdout.readline().split())
        try:
            yield plain, tls
        finally:
            process.stdin.close()
