"""What may be fired as a user event, by an agent or for another datacenter by a server."""

from __future__ import annotations

from lictor_actors.store.families.catalog.registration import uuid_fault
from lictor_actors.store.filter.patterns import BadPattern, compiled
from lictor_messages.doorways import NEW_LEADER, SERVER_STARTED
from lictor_messages.members import EVENT_MOST, FireEvent
from lictor_messages.refusals import Refused

RESERVED = (NEW_LEADER, SERVER_STARTED)


def event_refused(event: FireEvent) -> Refused | None:
    """What is wrong with an event that is to be fired, None if nothing is."""
    if not event.name:
        return Refused(code="BadRequest", text="Missing name")
    if len(event.name.encode()) + len(event.payload) > EVENT_MOST:
        text = f"user event exceeds configured limit of {EVENT_MOST} bytes before encoding"
        return Refused(code="TooLarge", text=text)
    if event.name in RESERVED:
        return Refused(code="BadRequest", text=f'the name "{event.name}" is kept for what servers tell all nodes')
    fault = uuid_fault(event.id)
    if fault:
        return Refused(code="BadRequest", text=f"the id of an event must be a UUID: {fault}")
    if event.tag_filter and not event.service_filter:
        return Refused(code="Invalid", text="Cannot provide tag filter without service filter")
    for name, pattern in (("node", event.node_filter), ("service", event.service_filter), ("tag", event.tag_filter)):
        try:
            compiled(pattern)
        except BadPattern as e:
            return Refused(code="Invalid", text=f"Invalid {name} filter: error parsing regexp: {e}")
    return None
