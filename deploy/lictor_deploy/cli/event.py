"""``lictor event``: fire a user event."""

from __future__ import annotations

import os
from typing import Annotated

from cyclopts import Parameter

from lictor_deploy.cli.http_api import escaped, expect
from lictor_deploy.cli.options import DEFAULT_REACH, Reach
from lictor_deploy.words.sentence import Failure


def event(
    payload: Annotated[str, Parameter(allow_leading_hyphen=True)] = "",
    /,
    *,
    name: str = "",
    node: str = "",
    service: str = "",
    tag: str = "",
    reach: Reach = DEFAULT_REACH,
) -> None:
    """Send an event to every node through gossip.

    Example: lictor event -name=deploy 1.2.3

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
    """
    if not name:
        raise Failure("Error! Missing -name. Example: lictor event -name=deploy 1.2.3")
    if tag and not service:
        raise Failure("Cannot provide tag filter without service filter.")
    query = {key: value for key, value in (("node", node), ("service", service), ("tag", tag)) if value}
    answer = expect(reach.api().put(f"/v1/event/fire/{escaped(name)}", os.fsencode(payload), **query))
    print(f"Event ID: {answer.fields()['ID']}")
