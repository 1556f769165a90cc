"""TCP: a connection is made, with ``tcp_use_tls`` a handshake of TLS too, and hung up again."""

from __future__ import annotations

from lictor_actors.checks.kind import CheckKind, reached
from lictor_messages.agent import CheckSpec
from lictor_messages.jobs import ProbeTcp, TcpProbed


def _job(spec: CheckSpec, ticket: str) -> ProbeTcp:
    return ProbeTcp(
        ticket=ticket,
        address=spec.tcp,
        timeout_ns=spec.timeout_ns,
        use_tls=spec.tcp_use_tls,
        tls_skip_verify=spec.tls_skip_verify,
        tls_server_name=spec.tls_server_name,
    )


TCP = CheckKind(_job, TcpProbed, reached(lambda spec: f"TCP connect {spec.tcp}: Success"))
