"""What is too large for HTTP is too large on the bus: each door refuses it, and says why in the same words."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest

import lictor
from lictor_messages.txn import KeyOperation, Operation, Transact

pytestmark = pytest.mark.e2e
VALUE = bytes(524_289)
KEY = "k" * 524_288
META = {f"m{number}": "x" for number in range(65)}


class Over(NamedTuple):
    """A request over a limit, as each door is asked, and words of both refusals."""

    path: str
    body: bytes
    on_bus: Callable[[lictor.Client], Any]
    words: str


def service(**fields: Any) -> bytes:
    return json.dumps({"Name": "web", **fields}).encode()


def operations(*values: bytes) -> tuple[Operation, ...]:
    return tuple(Operation(kv=KeyOperation(verb="set", key=f"k{n}", value=v)) for n, v in enumerate(values))


def body(*values: bytes) -> bytes:
    keys = [{"Verb": "set", "Key": f"k{n}", "Value": b64encode(v).decode()} for n, v in enumerate(values)]
    return json.dumps([{"KV": key} for key in keys]).encode()


MANY, LARGE = (b"",) * 129, (bytes(270_000),) * 2
OVER = {
    "value": Over("kv/a", VALUE, lambda c: c.kv.put("a", VALUE), "too large"),
    "value of a lock": Over("kv/a?acquire=x", VALUE, lambda c: c.kv.acquire("a", "x", VALUE), "too large"),
    "value compared": Over("kv/a?cas=0", VALUE, lambda c: c.kv.cas("a", VALUE, 0), "too large"),
    "key": Over("kv/" + KEY, b"", lambda c: c.kv.put(KEY, b""), "too long"),
    "operations": Over("txn", body(*MANY), lambda c: c.ask(Transact(operations=operations(*MANY))), "too many"),
    "transaction": Over("txn", body(*LARGE), lambda c: c.ask(Transact(operations=operations(*LARGE))), "Request body("),
    "event": Over("event/fire/e", bytes(512), lambda c: c.event.fire("e", bytes(512)), "limit of 512 bytes before"),
    "event name": Over("event/fire/" + "e" * 513, b"", lambda c: c.event.fire("e" * 513), "limit of 512 bytes before"),
    "meta": Over(
        "agent/service/register",
        service(Meta=META),
        lambda c: c.agent.register_service("web", meta=META),
        "more than 64 key/value pairs",
    ),
    "meta value": Over(
        "agent/service/register",
        service(Meta={"a": "x" * 513}),
        lambda c: c.agent.register_service("web", meta={"a": "x" * 513}),
        "Value is too long (limit: 512 characters)",
    ),
    "service id": Over(
        "agent/service/register",
        service(ID="x" * 1025),
        lambda c: c.agent.register_service("web", id="x" * 1025),
        "Service ID is too long",
    ),
}


@pytest.fixture(scope="module")
def node() -> Iterator[Any]:
    with lictor.Cluster.local(1, 0) as cluster:
        yield cluster.nodes["server-1"]


@pytest.mark.parametrize("name", OVER)
def test_both_doors_refuse_it(node: Any, name: str) -> None:
    over = OVER[name]
    request = urllib.request.Request(f"http://{node.http}/v1/{over.path}", over.body, method="PUT")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)
    assert over.words in refused.value.read().decode()
    with lictor.Client(node.door) as client, pytest.raises(lictor.BadRequest) as raised:
        over.on_bus(client)
    assert over.words in str(raised.value)


@pytest.mark.parametrize(
    "name", ["value", "key", "value of a lock", "value compared", "operations", "transaction", "event"]
)
def test_on_the_bus_it_is_too_large(node: Any, name: str) -> None:
    with lictor.Client(node.door) as client, pytest.raises(lictor.TooLarge):
        OVER[name].on_bus(client)


@pytest.mark.parametrize(("given", "kept"), [("61s", 61), ("0s", 0), ("60s", 60)])
def test_both_doors_take_the_same_lock_delays(node: Any, given: str, kept: int) -> None:
    """A long one is kept as it was given, and counts as a minute."""
    request = urllib.request.Request(
        f"http://{node.http}/v1/session/create", f'{{"LockDelay": "{given}"}}'.encode(), method="PUT"
    )
    by_http = json.loads(urllib.request.urlopen(request).read())["ID"]
    with lictor.Client(node.door) as client:
        by_bus = client.session.create(lock_delay=given)
        delays = {row.lock_delay_ns for row in client.session.list() if row.id in (by_http, by_bus)}
    assert delays == {kept * 10**9}
