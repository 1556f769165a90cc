"""What may be watched: for each type of watch, what it asks the agent, and what its handler gets.

Source: Consul's page on watches. A handler gets the JSON of Consul's own client, which is the API's but for keys.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple
from uuid import UUID

from cyclopts import Parameter

from lictor_deploy.cli.environment import FALSE, TRUE
from lictor_deploy.cli.http_api import HttpAnswer, escaped, expect
from lictor_deploy.words.sentence import Failure

Flags = Mapping[str, str]
"""Those that were given, by name."""
MESH = ("agent_service", "connect_leaf", "connect_roots")
HALF = (1 << 64) - 1
EMPTY_KEY = {"Key": "", "CreateIndex": 0, "ModifyIndex": 0, "LockIndex": 0, "Flags": 0, "Value": None, "Session": ""}
"""A key in the order of the client's fields."""


class WatchType(NamedTuple):
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


class WatchView(NamedTuple):
    """One watch."""

    path: str
    query: dict[str, str]
    shown: Callable[[HttpAnswer, int], Any]


@Parameter(name="*")
@dataclass(frozen=True)
class WatchFlags:
    """What to watch."""

    type: str = ""
    """What to watch: key, keyprefix, services, nodes, service, checks or event."""
    key: str = ""
    """The key, for key."""
    prefix: str = ""
    """What the keys begin with, for keyprefix."""
    service: str = ""
    """The service, for service; only its checks, for checks."""
    tag: str = ""
    """Only instances with this tag, for service."""
    passingonly: str = ""
    """Only instances whose checks all pass, for service: true or false."""
    state: str = ""
    """Only checks in this state, for checks: any, passing, warning or critical."""
    name: str = ""
    """Only events of this name, for event."""
    filter: str = ""
    """Only what this expression holds for, for services, nodes, service and checks."""


ANY = WatchFlags()


def described(watched: WatchFlags) -> WatchView:
    """The watch that these flags describe. Raises Failure for what does not fit."""
    given = {name: value for name, value in asdict(watched).items() if value and name != "type"}
    if not truth(watched.passingonly):
        given.pop("passingonly", None)
    return view(watched.type, given)


def truth(passingonly: str) -> bool:
    """Go's spellings of true and false; "" is false."""
    if passingonly.lower() not in ("", *TRUE, *FALSE):
        raise Failure(f"-passingonly={passingonly} must be true or false.")
    return passingonly.lower() in TRUE


def view(type: str, flags: Flags) -> WatchView:
    """The same by the names of the flags."""
    if not type:
        raise Failure(f"-type is missing: give one of {', '.join(TYPES)}. Example: lictor watch -type=nodes")
    if type in MESH:
        raise Failure(f"A watch of -type={type} needs a service mesh, which Lictor has not.")
    kind = TYPES.get(type)
    if kind is None:
        raise Failure(f"There is no watch of -type={type}: give one of {', '.join(TYPES)}.")
    refuse(type, kind, flags)
    asked = {name: flags[name] for name in kind.asks if name in flags} | dict.fromkeys(kind.always, "")
    return WatchView(kind.path(flags), asked | ({"passing": ""} if "passingonly" in flags else {}), kind.shown)


def refuse(type: str, kind: WatchType, flags: Flags) -> None:
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


TYPES = {
    "key": WatchType(lambda flags: f"/v1/kv/{escaped(flags['key'])}", one_key, needs="key"),
    "keyprefix": WatchType(
        lambda flags: f"/v1/kv/{escaped(flags['prefix'])}", keys, needs="prefix", always=("recurse",)
    ),
    "services": WatchType(lambda _: "/v1/catalog/services", whole, asks=("filter",)),
    "nodes": WatchType(lambda _: "/v1/catalog/nodes", whole, asks=("filter",)),
    "service": WatchType(
        lambda flags: f"/v1/health/service/{escaped(flags['service'])}",
        whole,
        needs="service",
        takes=("passingonly",),
        asks=("tag", "filter"),
    ),
    "checks": WatchType(checks_path, whole, takes=("service", "state"), asks=("filter",)),
    "event": WatchType(lambda _: "/v1/event/list", new_events, asks=("name",)),
}
