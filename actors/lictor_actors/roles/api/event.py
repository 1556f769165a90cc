"""/v1/event/: fire a user event, and list the last ones that this agent has seen."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from lictor_actors.consul.uuids import new_uuid
from lictor_actors.roles.api.query import check_datacenter, read_options
from lictor_actors.roles.api.question import HttpQuestion, json_answer, query_headers
from lictor_actors.roles.api.request import HttpError, HttpRequest
from lictor_actors.roles.api.routes import Route
from lictor_messages.agent import Events, ListEvents
from lictor_messages.base import Message
from lictor_messages.datacenters import FireEventElsewhere
from lictor_messages.members import EVENT_MOST, FireEvent, UserEvent
from lictor_messages.web import HttpAnswered

EVENT_VERSION = 1


def fire(request: HttpRequest) -> HttpQuestion:
    """Spread an event, here or in the datacenter that is asked; the answer repeats it with its id."""
    check_datacenter(request)
    event = _event(request)
    fired = FireEvent(
        id=event.id,
        name=event.name,
        payload=event.payload,
        node_filter=event.node_filter,
        service_filter=event.service_filter,
        tag_filter=event.tag_filter,
    )
    ask = FireEventElsewhere(dc=request.dc, event=fired) if request.dc else fired
    return HttpQuestion(ask, lambda _, asked: json_answer(_json(event), asked), safe=False)


def list_events(request: HttpRequest) -> HttpQuestion:
    """The last events, oldest first; blocks while the index is the one given."""
    options = read_options(request)
    index, wait = options.get("min_index", 0), options.get("wait_ns", 0)
    ask = ListEvents(name=request.param("name"), min_index=index, wait_ns=wait)
    return HttpQuestion(ask, _events, takes_ns=wait)


def _event(request: HttpRequest) -> UserEvent:
    if not request.rest:
        raise HttpError(400, "Missing name")
    if len(request.rest.encode()) + len(request.body) > EVENT_MOST:
        raise HttpError(
            500, f"error broadcasting event: user event exceeds configured limit of {EVENT_MOST} bytes before encoding"
        )
    return UserEvent(
        id=new_uuid(request.secret(16)),
        name=request.rest,
        payload=request.body,
        node_filter=request.param("node"),
        service_filter=request.param("service"),
        tag_filter=request.param("tag"),
    )


def _events(answer: Message, request: HttpRequest) -> HttpAnswered:
    assert isinstance(answer, Events)
    body = [_json(event) for event in answer.events]
    return json_answer(body, request, extra=query_headers(answer)[:1])


def _json(event: UserEvent) -> dict[str, Any]:
    return {
        "ID": event.id,
        "Name": event.name,
        "Payload": b64encode(event.payload).decode() if event.payload else None,
        "NodeFilter": event.node_filter,
        "ServiceFilter": event.service_filter,
        "TagFilter": event.tag_filter,
        "Version": EVENT_VERSION,
        "LTime": event.ltime,
    }


ROUTES = (
    Route("PUT", "/v1/event/fire/", fire),
    Route("GET", "/v1/event/list", list_events),
)
