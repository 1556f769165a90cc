"""Watches that an agent runs: what each asks of HTTP, and who handles what it finds (Consul's page on watches)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import quote, urlencode
from uuid import UUID

from pydantic import BeforeValidator, Field, field_validator, model_validator

from lictor_deploy.config.kinds import Duration, HeaderLists
from lictor_deploy.config.option import Section

MESH = ("connect_roots", "connect_leaf", "agent_service")
HALF = (1 << 64) - 1


class HttpHandler(Section):
    """A URL that is sent what a watch has found."""

    path: str = ""
    method: str = "POST"
    timeout: Duration = 10_000_000_000
    header: HeaderLists = Field({})
    tls_skip_verify: bool = False


def as_list(given: Any) -> Any:
    """One tag, or several."""
    return [given] if isinstance(given, str) else given


class Watch(Section):
    """One of ``watches``: its type with what that needs, and its handler."""

    type: str = ""
    handler_type: str = ""
    args: list[str] = Field([])
    handler: str = ""
    """A line for the shell, as older versions have it."""
    http_handler_config: HttpHandler | None = None
    datacenter: str = ""
    stale: bool = False
    key: str = ""
    prefix: str = ""
    service: str = ""
    tag: Annotated[list[str], BeforeValidator(as_list)] = Field([])
    passingonly: bool = False
    state: str = ""
    name: str = ""

    @field_validator("type")
    @classmethod
    def _known(cls, value: str) -> str:
        if value in MESH:
            raise ValueError(f"{{key}}: there is no service mesh to watch by {value}. Remove the watch.")
        if value not in TARGETS:
            raise ValueError(f"{{key}} must be one of {', '.join(TARGETS)}, not {{value}}.")
        return value

    @model_validator(mode="after")
    def _whole(self) -> Watch:
        needed = NEEDS.get(self.type)
        if not self.type:
            raise ValueError(f"{{key}} needs a type, one of {', '.join(TARGETS)}.")
        if needed and not getattr(self, needed):
            raise ValueError(f"{{key}}: a watch of type {self.type} needs a {needed}.")
        if self.service and self.state:
            raise ValueError("{key}: a watch of checks takes a service or a state, not both.")
        self._one_handler()
        return self

    def _one_handler(self) -> None:
        kind = self.handler_type or ("http" if self.http_handler_config else "script")
        if kind not in ("script", "http"):
            raise ValueError(f"{{key}}: handler_type must be script or http, not {kind!r}.")
        if kind == "http" and not (self.http_handler_config and self.http_handler_config.path):
            raise ValueError("{key}: a handler of type http needs the URL of http_handler_config.path.")
        if kind == "script" and bool(self.args) == bool(self.handler):
            raise ValueError(
                "{key} needs a handler: give its program and arguments as args, and no handler beside them."
            )

    @property
    def command(self) -> list[str]:
        """The program of a script handler, with its arguments."""
        return self.args or (["/bin/sh", "-c", self.handler] if self.handler else [])

    def target(self, index: int) -> str:
        """Of the HTTP request that waits for what comes after this index; 0: that is answered at once."""
        path, params = TARGETS[self.type](self)
        if self.datacenter:
            params.append(("dc", self.datacenter))
        if self.stale:
            params.append(("stale", ""))
        if index:
            params.append(("index", str(index)))
        return f"/v1/{path}" + (f"?{urlencode(params)}" if params else "")

    def found(self, status: int, body: bytes, before: int) -> Any:
        """What the handler is told of an answer; ``before``: the index of the one before."""
        if status == 404:
            return None
        found = json.loads(body)
        if self.type == "key":
            return found[0]
        return events_after(found, before) if self.type == "event" else found


def events_after(events: list[dict[str, Any]], index: int) -> list[dict[str, Any]]:
    """Those that came after the event that this index stands for; all if it is not among them."""
    indexes = [(number >> 64) ^ (number & HALF) for number in (UUID(event["ID"]).int for event in events)]
    return events[indexes.index(index) + 1 :] if index in indexes else events


Params = list[tuple[str, str]]


def _service(watch: Watch) -> tuple[str, Params]:
    passing: Params = [("passing", "1")] if watch.passingonly else []
    return f"health/service/{quote(watch.service, safe='')}", [*(("tag", tag) for tag in watch.tag), *passing]


def _checks(watch: Watch) -> tuple[str, Params]:
    if watch.service:
        return f"health/checks/{quote(watch.service, safe='')}", []
    return f"health/state/{quote(watch.state or 'any', safe='')}", []


TARGETS: dict[str, Callable[[Watch], tuple[str, Params]]] = {
    "key": lambda watch: (f"kv/{quote(watch.key)}", []),
    "keyprefix": lambda watch: (f"kv/{quote(watch.prefix)}", [("recurse", "")]),
    "services": lambda _: ("catalog/services", []),
    "nodes": lambda _: ("catalog/nodes", []),
    "service": _service,
    "checks": _checks,
    "event": lambda watch: ("event/list", [("name", watch.name)] if watch.name else []),
}
"""Type → the path below /v1/ and its parameters."""
NEEDS = {"key": "key", "keyprefix": "prefix", "service": "service"}
