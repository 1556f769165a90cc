"""Endpoints that are there only with ACLs: without them each says that they are off."""

from __future__ import annotations

from functools import wraps

from lictor_actors.roles.api.question import HttpQuestion, text
from lictor_actors.roles.api.request import HttpRequest
from lictor_actors.roles.api.routes import Endpoint, Route
from lictor_messages.refusals import REFUSALS
from lictor_messages.web import HttpAnswered


def where_acls_are_on(*routes: Route) -> tuple[Route, ...]:
    """The same routes, refused by an agent without ACLs."""
    return tuple(route._replace(endpoint=_switched(route.endpoint)) for route in routes)


def _switched(endpoint: Endpoint) -> Endpoint:
    @wraps(endpoint)
    def switched(request: HttpRequest) -> HttpQuestion | HttpAnswered:
        off = REFUSALS["AclsOff"]
        return endpoint(request) if request.options.acl else text(off.status, off.text)

    return switched


def ask_primary(request: HttpRequest) -> None:
    """What is written by this request, and then read as it is kept, is the primary datacenter's."""
    if request.options.primary_dc:
        request.ask_datacenter(request.options.primary_dc)
