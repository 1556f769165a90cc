"""HTTP/2 ping: a connection is made, with TLS unless ``h2ping_use_tls`` is false, and a PING frame answered."""

from __future__ import annotations

from lictor_actors.checks.kind import CheckKind, reached
from lictor_messages.agent import CheckSpec
from lictor_messages.jobs import H2Pinged, PingH2


def _job(spec: CheckSpec, ticket: str) -> PingH2:
    return PingH2(
        ticket=ticket,
        address=spec.h2ping,
        timeout_ns=spec.timeout_ns,
        use_tls=spec.h2ping_use_tls,
        tls_skip_verify=spec.tls_skip_verify,
        tls_server_name=spec.tls_server_name,
    )


H2PING = CheckKind(_job, H2Pinged, reached(lambda _: "HTTP2 ping was successful"))
