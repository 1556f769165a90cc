"""HTTP: one request on a connection of its own. 2xx passes, 429 is a warning, everything else critical."""

from __future__ import annotations

from lictor_actors.checks.kind import CheckKind, Verdict
from lictor_messages.agent import CheckSpec
from lictor_messages.catalog import CheckStatus
from lictor_messages.jobs import HttpProbed, ProbeHttp
from lictor_messages.secret import without_password

TOO_MANY_REQUESTS = 429


def _job(spec: CheckSpec, ticket: str) -> ProbeHttp:
    return ProbeHttp(
        ticket=ticket,
        url=spec.http,
        method=spec.method or "GET",
        header=spec.header,
        body=spec.body,
        timeout_ns=spec.timeout_ns,
        tls_skip_verify=spec.tls_skip_verify,
        tls_server_name=spec.tls_server_name,
        follow_redirects=not spec.disable_redirects,
        output_max_size=spec.output_max_size,
    )


def _verdict(spec: CheckSpec, result: HttpProbed) -> Verdict:
    if not result.status_text:
        return "critical", result.text
    said = f"HTTP {spec.method or 'GET'} {without_password(spec.http)}: {result.status_text} Output: {result.text}"
    return _meaning(result.status), said


def _meaning(status: int) -> CheckStatus:
    if 200 <= status < 300:
        return "passing"
    return "warning" if status == TOO_MANY_REQUESTS else "critical"


HTTP = CheckKind(_job, HttpProbed, _verdict)
