"""Endpoints that are there only with ACLs: without them each says that they are off.

What is wrong with an id is for those to hear who may read access control: the right to it is asked for first.
"""

from __future__ import annotations

from functools import wraps

from lictor_actors.roles.api.question import HttpQuestion, error_answer, text
from lictor_actors.roles.api.request import HttpRequest
from lictor_actors.roles.api.routes import Endpoint, Route
from lictor_actors.roles.api.uuids import MalformedId
from lictor_messages.acl import GetAclToken
from lictor_messages.refusals import REFUSALS
from lictor_messages.web import HttpAnswered


def where_acls_are_on(*routes: Route) -> tuple[Route, ...]:
    """The same routes, refused by an agent without ACLs."""
    return tuple(route._replace(endpoint=_switched(route.endpoint)) for route in routes)


def _switched(endpoint: Endpoint) -> Endpoint:
    @wraps(endpoint)
    def switched(request: HttpRequest) -> HttpQuestion | HttpAnswered:
        if not request.options.acl:
            off = REFUSALS["AclsOff"]
            return text(off.status, off.text)
        try:
            return endpoint(request)
        except MalformedId as error:
            said = error_answer(error, request)
            return HttpQuestion(GetAclToken(accessor_id=request.rest), lambda *_: said)

    return switched


def ask_primary(request: HttpRequest) -> None:
    """What is written by this request, and then read as it is kept, is the primary datacenter's."""
    if request.options.primary_dc:
        request.ask_datacenter(request.options.primary_dc)
