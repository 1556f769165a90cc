"""Names of services as hosts of httpx."""

from __future__ import annotations

import asyncio
import sys

import pytest
from scripted_http import ScriptedHttp, reply

import lictor
from lictor_actors.client.resolving import NoInstances, Pick, Resolved
from lictor_messages.catalog import Instance, NodeRecord, ServiceRecord

httpx = pytest.importorskip("httpx")
transports = pytest.importorskip("lictor_actors.client.transports")


class Names:
    """Resolves ``web`` to this port."""

    def __init__(self, url: str) -> None:
        self.port = int(url.rpartition(":")[2])

    async def resolve(self, service: str, *, pick: Pick) -> Resolved:
        return self.found(service)

    def found(self, service: str) -> Resolved:
        if service != "web":
            raise NoInstances(f"no instance of {service} passes")
        record = ServiceRecord(node="n1", id="web", service="web", port=self.port)
        instance = Instance(node=NodeRecord(node="n1", address="127.0.0.1"), service=record, checks=())
        return Resolved("127.0.0.1", self.port, instance)


class BlockingNames(Names):
    def resolve(self, service: str, *, pick: Pick) -> Resolved:  # type: ignore[override]
        return self.found(service)


def with_length() -> dict[str, str]:
    return {"Content-Length": "0"}


async def test_a_service_is_asked_where_it_is_and_by_its_name() -> None:
    script = [reply("", 302, Location="/there"), reply("hello")]
    async with ScriptedHttp(*script).serving() as server:
        transport = transports.AsyncServiceTransport(Names(server.url), "round_robin")
        async with httpx.AsyncClient(transport=transport, headers=with_length(), follow_redirects=True) as http:
            said = await http.get("http://web.service/a?b=1")
        assert (said.text, str(said.url)) == ("hello", "http://web.service/there")
        assert server.lines == ["GET /a?b=1", "GET /there"]
        assert all("\r\nhost: web.service\r\n" in request.lower() for request in server.requests)


async def test_the_blocking_transport_does_the_same() -> None:
    async with ScriptedHttp(reply("hello")).serving() as server:
        transport = transports.ServiceTransport(BlockingNames(server.url), "round_robin")
        with httpx.Client(transport=transport, headers=with_length()) as http:
            said = await asyncio.to_thread(http.get, "http://web.service/")
        assert said.text == "hello"


async def test_other_hosts_pass_through() -> None:
    async with ScriptedHttp(reply("hello")).serving() as server:
        transport = transports.AsyncServiceTransport(Names(server.url), "round_robin")
        async with httpx.AsyncClient(transport=transport, headers=with_length()) as http:
            assert (await http.get(server.url)).text == "hello"


async def test_a_name_that_is_not_resolved_is_an_error_of_httpx() -> None:
    transport = transports.AsyncServiceTransport(Names("http://127.0.0.1:1"), "round_robin")
    async with httpx.AsyncClient(transport=transport) as http:
        with pytest.raises(httpx.ConnectError, match="no instance of db passes"):
            await http.get("http://db.service/")


def test_without_httpx_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "lictor_actors.client.transports")
    monkeypatch.setitem(sys.modules, "httpx", None)
    with pytest.raises(ImportError, match=r"pip install 'lictor\[httpx\]'"):
        lictor.Client("tcp://127.0.0.1:1").transport()
