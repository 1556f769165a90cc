"""gRPC: the standard health protocol (grpc.health.v1). SERVING passes, everything else is critical.

``host:port`` asks for the server as a whole, ``host:port/service`` for one service of it.
"""

from __future__ import annotations

from lictor_actors.checks.kind import CheckKind, Verdict
from lictor_messages.agent import CheckSpec
from lictor_messages.jobs import GrpcProbed, ProbeGrpc

SERVING = 1
"""Of grpc.health.v1.HealthCheckResponse.ServingStatus."""


def _job(spec: CheckSpec, ticket: str) -> ProbeGrpc:
    address, _, service = spec.grpc.partition("/")
    return ProbeGrpc(
        ticket=ticket,
        address=address,
        service=service,
        timeout_ns=spec.timeout_ns,
        use_tls=spec.grpc_use_tls,
        tls_skip_verify=spec.tls_skip_verify,
        tls_server_name=spec.tls_server_name,
    )


def _verdict(spec: CheckSpec, result: GrpcProbed) -> Verdict:
    if result.error:
        return "critical", result.error
    if result.serving_status != SERVING:
        return "critical", "gRPC application didn't report service healthy"
    return "passing", f"gRPC check {spec.grpc}: success"


GRPC = CheckKind(_job, GrpcProbed, _verdict)
