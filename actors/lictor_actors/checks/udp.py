"""UDP: an empty datagram is sent. Only a refusal by ICMP, or an address that leads nowhere, is critical.

Silence passes, as UDP asks for no answer: it lasts for the whole time-out.
"""

from __future__ import annotations

from lictor_actors.checks.kind import CheckKind, reached
from lictor_messages.agent import CheckSpec
from lictor_messages.jobs import ProbeUdp, UdpProbed


def _job(spec: CheckSpec, ticket: str) -> ProbeUdp:
    return ProbeUdp(ticket=ticket, address=spec.udp, timeout_ns=spec.timeout_ns)


UDP = CheckKind(_job, UdpProbed, reached(lambda spec: f"UDP connect {spec.udp}: Success"))
