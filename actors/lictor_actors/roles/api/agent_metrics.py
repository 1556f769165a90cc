"""/v1/agent/metrics: what this node has counted, as JSON or for Prometheus."""

from __future__ import annotations

from lictor_actors.consul.structs.metrics import METRICS_SUMMARY
from lictor_actors.roles.api.question import SHARED, HttpQuestion, json_answer
from lictor_actors.roles.api.request import HttpRequest
from lictor_actors.roles.api.routes import Route
from lictor_messages.metrics import MetricsRead, ShowMetrics
from lictor_messages.web import HttpAnswered

PROMETHEUS = (("Content-Type", "text/plain; version=0.0.4; charset=utf-8"), *SHARED)
SWITCHED_OFF = (*SHARED, ("X-Consul-Reason", "Prometheus is not enabled since its retention time is not positive"))
"""Consul's own word for it. Since 1.20 it comes as a header of an empty 200, before with the status 415."""
ACCEPTED = ("application/openmetrics-text", "text/plain;version=0.4.0")
"""What an Accept header says in place of ``?format=prometheus``; the second is Consul's own spelling."""


def metrics(request: HttpRequest) -> HttpQuestion:
    """Of the last whole interval of ten seconds; for Prometheus as they are now."""
    accept = request.header("accept").replace(" ", "")
    as_text = request.param("format") == "prometheus" or any(kind in accept for kind in ACCEPTED)
    return HttpQuestion(ShowMetrics(as_text=as_text), _as_text if as_text else _as_json, to=request.here)


def _as_text(answer: MetricsRead, _: HttpRequest) -> HttpAnswered:
    if answer.text is None:
        return HttpAnswered(status=200, headers=SWITCHED_OFF)
    return HttpAnswered(status=200, headers=PROMETHEUS, body=answer.text.encode())


def _as_json(answer: MetricsRead, request: HttpRequest) -> HttpAnswered:
    return json_answer(METRICS_SUMMARY.row(answer.summary), request)


ROUTES = (Route("GET", "/v1/agent/metrics", metrics, guard="agent:read"),)
