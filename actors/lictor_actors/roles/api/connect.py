"""/v1/connect/ and /v1/agent/connect/: the root that a service mesh trusts."""

from __future__ import annotations

from lictor_actors.consul.structs.connect_ca import ROOT
from lictor_actors.roles.api.query import read_options
from lictor_actors.roles.api.question import SHARED, HttpQuestion, json_answer, query_headers
from lictor_actors.roles.api.request import HttpError, HttpRequest
from lictor_actors.roles.api.routes import Route
from lictor_messages.connect_ca import ListRoots, Root, Roots
from lictor_messages.web import HttpAnswered

NONE = (
    "Connect must be enabled in order to use this endpoint: set connect.enabled on the servers, and their leader makes "
    "the first root"
)


def roots(request: HttpRequest) -> HttpQuestion:
    """The roots with the active one, as JSON, or as a chain in PEM for ``?pem``."""
    return HttpQuestion(ListRoots(**read_options(request, rendered=False)), _listed)


def _listed(answer: Roots, request: HttpRequest) -> HttpAnswered:
    if not answer.roots:
        raise HttpError(500, NONE)
    if request.param("pem") in ("true", "1"):
        headers = (("Content-Type", "application/pem-certificate-chain"), *SHARED, *query_headers(answer))
        return HttpAnswered(status=200, headers=headers, body="".join(map(_pem, answer.roots)).encode())
    active = next(root for root in answer.roots if root.active)
    body = {
        "ActiveRootID": active.id,
        "TrustDomain": f"{active.external_trust_domain}.consul",
        "Roots": [ROOT.row(root) for root in answer.roots],
    }
    return json_answer(body, request, extra=query_headers(answer))


def _pem(root: Root) -> str:
    return root.root_cert


ROUTES = (
    Route("GET", "/v1/connect/ca/roots", roots, tells_index=True),
    Route("GET", "/v1/agent/connect/ca/roots", roots, tells_index=True),
)
