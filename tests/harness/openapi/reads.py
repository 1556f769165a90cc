"""What an endpoint reads of a request: it is called, and the parameters and the struct that it looks for are noted.

An endpoint is a function of its request alone, so that calling it without a cluster harms nothing and tells all.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import patch

from lictor_actors.consul.decode import BadBody
from lictor_actors.consul.struct import Struct
from lictor_actors.kernel.turn import Turn
from lictor_actors.roles.api.request import HttpError, HttpRequest
from lictor_actors.roles.api.routes import Route
from lictor_messages.web import GatewayOptions, HttpAsked

OPTIONS = GatewayOptions(name="n1", node="n1-id", dc="dc1", acl=True, enable_debug=True, use_cache=True)
VALUES = ("1", "10s", "")
"""What a parameter may need to be for the endpoint to read on."""
BODIES = (b"{}", b"[{}]")
RESTS = ("6d7fe4c0-6b2c-4a55-9d2f-7d2f5b1c8d10", "name/execute")
"""What may stand behind the path: an id is also a name; a query's may have a verb behind it."""
LIFE = SimpleNamespace(me="gateway@n1.dc1", life=SimpleNamespace(secret=bytes))


@dataclass
class Reads:
    """What one endpoint looks for."""

    parameters: set[str] = field(default_factory=set)
    body: Struct[Any] | None = None
    many: bool = False
    """Whether the body is a list of such."""


class _Noted(dict[str, list[str]]):
    """The parameters of one request, which note by what names they are looked for."""

    def __init__(self, given: dict[str, list[str]], names: set[str]) -> None:
        super().__init__(given)
        self._names = names

    def get(self, name: str, default: Any = None) -> Any:
        self._names.add(name)
        return super().get(name, default)

    def __contains__(self, name: object) -> bool:
        self._names.add(str(name))
        return super().__contains__(name)


def reads_of(route: Route) -> Reads:
    """Call the endpoint with each parameter that it is seen to look for, until it looks for no new one."""
    found = Reads()
    for rest in RESTS:
        _called(route, {"pretty": [""]}, b"", found, rest)
    tried: set[str] = set()
    while new := found.parameters - tried:
        tried |= new
        for name in sorted(new):
            for value in VALUES:
                _called(route, {name: [value]}, b"", found)
    for body in BODIES:
        with _structs_of(found, many=body.startswith(b"[")):
            _called(route, {}, body, found)
    return found


def _called(route: Route, given: dict[str, list[str]], body: bytes, found: Reads, rest: str = RESTS[0]) -> None:
    asked = HttpAsked(method=route.method, target=route.path, headers=(), body=body, peer="127.0.0.1")
    request = HttpRequest(asked, OPTIONS, cast(Turn, LIFE))
    request.params = _Noted(given, found.parameters)
    request.rest = rest if route.path.endswith("/") else ""
    with suppress(HttpError, BadBody):  # a refusal has read what it refuses
        route.endpoint(request)


@contextmanager
def _structs_of(found: Reads, *, many: bool) -> Iterator[None]:
    """The first struct that reads a part of the body is the body's, or that of its items."""
    read = Struct.__call__

    def noted(struct: Struct[Any], value: Any, where: str) -> dict[str, Any]:
        if found.body is None and value == {}:
            found.body, found.many = struct, many
        return read(struct, value, where)

    with patch.object(Struct, "__call__", noted):
        yield
