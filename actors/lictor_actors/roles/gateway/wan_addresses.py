"""Answers of other datacenters with the addresses by which that datacenter is reached from here.

``translate_wan_addrs`` of Consul: a node or a service with a tagged address ``wan`` is shown under it, if it belongs to
another datacenter than the agent that is asked.
"""

from __future__ import annotations

from typing import Any

import orjson

from lictor_actors.roles.api.question import prettied
from lictor_actors.roles.api.request import HttpRequest
from lictor_actors.store.render import to_json
from lictor_messages.web import HttpAnswered

WAN = "wan"
PAGES = ("/v1/catalog/", "/v1/health/", "/v1/query/")
"""Where Consul translates."""


def translated(said: HttpAnswered, request: HttpRequest) -> HttpAnswered:
    """The same response, translated where the configuration wants it and the answer is of another datacenter."""
    if not request.options.translate_wan_addrs or said.status != 200 or not request.asked.target.startswith(PAGES):
        return said
    if not said.body or not (request.dc or request.asked.target.startswith("/v1/query/")):
        return said
    value = orjson.loads(b"".join((said.body, *said.more)))
    of = request.dc or (value.get("Datacenter", "") if isinstance(value, dict) else "")
    if of in ("", request.options.dc):
        return said
    _translate(value)
    return said.model_copy(update={"body": prettied(to_json(value), request), "more": ()})


def _translate(value: Any) -> None:
    """In place, at any depth: nodes, services, and services with their node in one flat row."""
    if isinstance(value, list):
        for item in value:
            _translate(item)
    elif isinstance(value, dict):
        _show(value, "TaggedAddresses", "Address", "Port")
        _show(value, "ServiceTaggedAddresses", "ServiceAddress", "ServicePort")
        for item in value.values():
            _translate(item)


def _show(row: dict[str, Any], tagged: str, address: str, port: str) -> None:
    """A node's tagged address is a text; a service's has a port too."""
    wan = (row.get(tagged) or {}).get(WAN)
    if isinstance(wan, str) and wan:
        row[address] = wan
    elif isinstance(wan, dict) and wan.get("Address"):
        row[address] = wan["Address"]
        row[port] = wan.get("Port") or row.get(port, 0)
