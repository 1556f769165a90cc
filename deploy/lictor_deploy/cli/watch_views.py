"""What may be watched: for each type of watch, what it asks the agent, and what its handler gets.

Source: Consul's page on watches. A handler gets the JSON of Consul's own client, which is the API's but for keys.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from lictor_deploy.cli.http_api import HttpAnswer, escaped, expect
from lictor_deploy.words.sentence import Failure

Flags = Mapping[str, str]
"""Those that were given, by name."""
MESH = ("agent_service", "connect_leaf", "connect_roots")
HALF = (1 << 64) - 1
EMPTY_KEY = {"Key": "", "CreateIndex": 0, "ModifyIndex": 0, "LockIndex": 0, "Flags": 0, "Value": None, "Session": ""}
"""A key in the order of the client's fields."""


class Kind(NamedTuple):
    """A type of watch."""

    path: Callable[[Flags], str]
    shown: Callable[[HttpAnswer, int], Any]
    """What the handler gets of an answer; the index is that of the one before, 0 for the first."""
    needs: str = ""
    takes: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    """Flags that are parameters of the request."""
    always: tuple[str, ...] = ()
    """Parameters of every request."""


class View(NamedTuple):
    """One watch."""

    path: str
    query: dict[str, str]
    shown: Callable[[HttpAnswer, int], Any]


def view(type: str, flags: Flags) -> View:
    """The watch that these flags describe. Raises Failure for what does not fit."""
    if not type:
        raise Failure(f"-type is missing: give one of {', '.join(KINDS)}. Example: lictor watch -type=nodes")
    if type in MESH:
        raise Failure(f"A watch of -type={type} needs a service mesh, which Lictor has not.")
    kind = KINDS.get(type)
    if kind is None:
        raise Failure(f"There is no watch of -type={type}: give one of {', '.join(KINDS)}.")
    refuse(type, kind, flags)
    asked = {name: flags[name] for name in kind.asks if name in flags} | dict.fromkeys(kind.always, "")
    return View(kind.path(flags), asked | ({"passing": ""} if "passingonly" in flags else {}), kind.shown)


def refuse(type: str, kind: Kind, flags: Flags) -> None:
    """What this type of watch lacks, and what it has no use for."""
    if kind.needs and kind.needs not in flags:
        raise Failure(f"A watch of -type={type} needs -{kind.needs}.")
    if useless := sorted(flags.keys() - {kind.needs, *kind.takes, *kind.asks}):
        raise Failure(f"A watch of -type={type} has no use for -{useless[0]}: leave it out.")
    if "service" in kind.takes and flags.keys() >= {"service", "state"}:
        raise Failure("Only one of -service and -state may be given.")


def key(row: Mapping[str, Any]) -> dict[str, Any]:
    """A key as Consul's client has it."""
    return {field: row.get(field, empty) for field, empty in EMPTY_KEY.items()}


def one_key(answer: HttpAnswer, _: int) -> Any:
    """The key, None if there is none."""
    return None if answer.status == 404 else key(expect(answer).rows()[0])


def keys(answer: HttpAnswer, _: int) -> Any:
    """The keys, None if there are none."""
    return None if answer.status == 404 else [key(row) for row in expect(answer).rows()]


def whole(answer: HttpAnswer, _: int) -> Any:
    """All of it."""
    return expect(answer).json()


def new_events(answer: HttpAnswer, before: int) -> Any:
    """The events after the one that the last answer ended with."""
    events = expect(answer).rows()
    seen = [number for number, event in enumerate(events, 1) if event_index(event["ID"]) == before]
    return events[seen[0] :] if seen else events


def event_index(id: str) -> int:
    """The index of a list that ends with this event: its id's halves, one xor the other."""
    number = UUID(id).int
    return (number >> 64) ^ (number & HALF)


def checks_path(flags: Flags) -> str:
    """Checks of a service, or in a state, which is any by default."""
    if "service" in flags:
        return f"/v1/health/checks/{escaped(flags['service'])}"
    return f"/v1/health/state/{escaped(flags.get('state', 'any'))}"


KINDS = {
    "key": Kind(lambda flags: f"/v1/kv/{escaped(flags['key'])}", one_key, needs="key"),
    "keyprefix": Kind(lambda flags: f"/v1/kv/{escaped(flags['prefix'])}", keys, needs="prefix", always=("recurse",)),
    "services": Kind(lambda _: "/v1/catalog/services", whole, asks=("filter",)),
    "nodes": Kind(lambda _: "/v1/catalog/nodes", whole, asks=("filter",)),
    "service": Kind(
        lambda flags: f"/v1/health/service/{escaped(flags['service'])}",
        whole,
        needs="service",
        takes=("passingonly",),
        asks=("tag", "filter"),
    ),
    "checks": Kind(checks_path, whole, takes=("service", "state"), asks=("filter",)),
    "event": Kind(lambda _: "/v1/event/list", new_events, asks=("name",)),
}
