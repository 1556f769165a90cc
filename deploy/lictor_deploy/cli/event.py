"""``lictor event``: fire a user event."""

from __future__ import annotations

import os
from base64 import b64decode
from typing import Annotated, Any

from cyclopts import Parameter

from lictor_deploy.cli.http_api import escaped, expect
from lictor_deploy.cli.options import DEFAULT_REACH, Reach
from lictor_deploy.words.columns import columns
from lictor_deploy.words.sentence import Failure

HEAD = ("ID", "Name", "LTime", "Node", "Service", "Tag", "Payload")


def event(
    payload: Annotated[str, Parameter(allow_leading_hyphen=True)] = "",
    /,
    *,
    name: str = "",
    node: str = "",
    service: str = "",
    tag: str = "",
    list: bool = False,
    reach: Reach = DEFAULT_REACH,
) -> None:
    """Send an event to every node through gossip, or list those that the agent has seen.

    Example: lictor event -name=deploy 1.2.3
    Example: lictor event -list -name=deploy

    Parameters
    ----------
    payload
        Up to 512 bytes.
    name
        Name of the event.
    node
        Only for nodes whose name matches this regular expression.
    service
        Only for nodes with a service that matches.
    tag
        Only for nodes with a service that has a matching tag; needs -service.
    list
        Show the last events that the agent has seen, all or those of -name, the oldest first; send nothing.
    """
    if list:
        return print(listed(reach, name))
    refuse(name, service, tag)
    query = {key: value for key, value in (("node", node), ("service", service), ("tag", tag)) if value}
    answer = expect(reach.api().put(f"/v1/event/fire/{escaped(name)}", os.fsencode(payload), **query))
    print(f"Event ID: {answer.fields()['ID']}")


def refuse(name: str, service: str, tag: str) -> None:
    """What cannot be sent."""
    if not name:
        raise Failure("Error! Missing -name. Example: lictor event -name=deploy 1.2.3")
    if tag and not service:
        raise Failure("Cannot provide tag filter without service filter.")


def listed(reach: Reach, name: str) -> str:
    """A line for each event."""
    events = expect(reach.api().get("/v1/event/list", **({"name": name} if name else {}))).rows()
    return columns(HEAD, [line(event) for event in events])


def line(event: dict[str, Any]) -> tuple[str, ...]:
    """The cells of one event; "-" where it has nothing."""
    payload = b64decode(event["Payload"] or "").decode(errors="replace")
    filters = (event["NodeFilter"], event["ServiceFilter"], event["TagFilter"])
    return event["ID"], event["Name"], str(event["LTime"]), *(text or "-" for text in (*filters, payload))
