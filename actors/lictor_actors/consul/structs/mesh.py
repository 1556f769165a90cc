"""What instances say of a service mesh: it is kept and shown, as by a Consul whose mesh is switched off."""

from __future__ import annotations

from typing import Any

import orjson

from lictor_actors.consul.decode import BadBody, Decode, mismatch
from lictor_actors.consul.kinds import Kind
from lictor_actors.consul.selectors import BOOL, INT, STRING, Selector
from lictor_messages.json_text import json_text

NO_PROXY: dict[str, Any] = {"Mode": "", "MeshGateway": {}, "Expose": {}}
"""What Consul shows of every instance."""
_PROXY: Selector = {
    **dict.fromkeys(("DestinationServiceName", "DestinationServiceID", "LocalServiceAddress", "Mode"), STRING),
    "LocalServicePort": INT,
    "MeshGateway": {"Mode": STRING},
    "Expose": {"Checks": BOOL},
}


def _object(go_type: str) -> Decode:
    """An object with any fields, of what can be kept; null is an empty one."""

    def decode(value: Any, where: str) -> dict[str, Any]:
        if value is not None and not isinstance(value, dict):
            raise mismatch(value, where, go_type)
        try:
            json_text(value or {})
        except ValueError as error:
            raise BadBody(f"json: {where}: {error}") from error
        return value or {}

    return decode


def says_something(value: Any) -> bool:
    """False for what a client writes back that has read an empty one."""
    if isinstance(value, dict):
        return any(map(says_something, value.values()))
    return any(map(says_something, value)) if isinstance(value, list) else bool(value)


def _as_text(given: dict[str, Any]) -> str:
    return json_text(given) if says_something(given) else ""


def proxy_row(text: str) -> dict[str, Any]:
    """What was given, beside what is always shown."""
    return NO_PROXY | orjson.loads(text) if text else NO_PROXY


PROXY = Kind(
    _object("structs.ConnectProxyConfig"),
    {"type": "object"},
    _PROXY,
    "proxy_row(VALUE)",
    {"proxy_row": proxy_row},
    _as_text,
)
CONNECT = Kind(
    _object("structs.ServiceConnect"),
    {"type": "object", "properties": {"Native": {"type": "boolean"}}},
    {"Native": BOOL},
    "{'Native': True} if VALUE else {}",
    kept=lambda given: given.get("Native") is True,
)
