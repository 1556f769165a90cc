"""Metrics of live nodes over HTTP: two nodes of one process, read as Prometheus reads them and as Consul's JSON."""

from __future__ import annotations

import asyncio
import json
import math
import socket

import dns.asyncquery
import dns.message
import pytest
from prometheus_client.parser import text_string_to_metric_families

from lictor_actors.consul.metrics import HTTP_AND_DNS, LICTOR, METRICS, PROCESS
from lictor_actors.hosts.live import lag
from lictor_actors.hosts.live.host import LiveHost
from lictor_actors.hosts.live.metrics.process import machine_readings
from lictor_actors.hosts.live.metrics.view import MetricsView
from lictor_actors.node.live import add_node
from lictor_actors.node.spec import NodeSpec
from lictor_messages.envelope import Envelope
from lictor_messages.kv import GetKey
from lictor_messages.metrics import ReadMetrics

IP, WITHIN_S = "127.0.0.1", 30
PAGE = "/v1/agent/metrics?format=prometheus"
MOVES = [
    *(m for m in HTTP_AND_DNS if m.name.startswith("api.") or (m.name.startswith("dns.") and m.kind == "summary")),
    *PROCESS,
    METRICS["rpc.accept_conn"],
    *(METRICS[f"client.api.{outcome}catalog_nodes"] for outcome in ("", "success.")),
    *(m for m in LICTOR if m.name not in ("lictor.suspicions", "lictor.mailbox", "lictor.process.mailbox")),
]
"""Those that actors keep alone have a story in the world."""


class Site:
    """A server and an agent in this process."""

    def __init__(self, folder):
        self._folder = folder
        self.http = {"n1": port_of_its_own(), "n2": port_of_its_own()}
        self.dns = port_of_its_own()

    async def __aenter__(self):
        lanes = (f"ipc://{self._folder}/g", f"ipc://{self._folder}/r")
        self.host = LiveHost("test", lanes=lanes)
        await self.host.start()
        settings = {"prober.profile": "local", "server.raft_multiplier": 0.2}
        for name, server in (("n1", True), ("n2", False)):
            spec = NodeSpec(
                name=name,
                gossip=lanes[0],
                rest=lanes[1],
                join=(lanes[0],),
                server=server,
                bootstrap_expect=int(server),
                http_port=self.http[name],
                dns_port=self.dns if server else -1,
                settings=settings,
            )
            await add_node(self.host, spec)
        async with asyncio.timeout(WITHIN_S):
            while (await self.ask("n2", "PUT", "/v1/kv/first"))[0] != 200:
                continue
        return self

    async def __aexit__(self, *_):
        await self.host.close()

    async def ask(self, node, method, target, accept="*/*"):
        reader, writer = await asyncio.open_connection(IP, self.http[node])
        head = f"{method} {target} HTTP/1.1\r\nHost: localhost\r\nAccept: {accept}\r\nConnection: close\r\n"
        writer.write(f"{head}Content-Length: 0\r\n\r\n".encode())
        said = await asyncio.wait_for(reader.read(), WITHIN_S)
        writer.close()
        head, _, body = said.partition(b"\r\n\r\n")
        return int(head.split()[1]), body, head.decode()

    async def page(self, node):
        """Family → its samples, as the library reads them."""
        _, body, _ = await self.ask(node, "GET", PAGE)
        return {family.name: family for family in text_string_to_metric_families(body.decode())}


def port_of_its_own():
    with socket.socket() as one:
        one.bind((IP, 0))
        return one.getsockname()[1]


@pytest.fixture
async def site(tmp_path, monkeypatch):
    monkeypatch.setattr(lag, "EVERY_S", 0.02)
    async with Site(tmp_path) as begun:
        yield begun


def exported(metric):
    name = metric.name if metric.ours else f"consul.{metric.name}"
    return name.translate(str.maketrans(".-", "__"))


async def test_each_metric_of_a_node_or_its_process_moves(site):
    for name, type_ in (("n1.node.consul", "A"), ("1.0.0.127.in-addr.arpa", "PTR")):
        await dns.asyncquery.udp(dns.message.make_query(name, type_), IP, timeout=WITHIN_S, port=site.dns)
    async with asyncio.timeout(WITHIN_S):
        still = MOVES
        while still:
            await site.ask("n1", "GET", "/v1/kv/first")
            await site.ask("n1", "GET", "/v1/catalog/nodes")
            page = await site.page("n1")
            still = [m for m in still if not moved(page.get(exported(m)))]


def moved(family):
    return family is not None and any(s.value > 0 for s in family.samples if not s.name.endswith("_sum"))


async def test_prometheus_reads_names_and_types_as_they_are_declared(site):
    page = await site.page("n1")
    declared = {exported(m): m for m in METRICS.values()}
    assert page.keys() <= declared.keys()
    assert {name: family.type for name, family in page.items()} == {name: declared[name].kind for name in page}
    for name, family in page.items():
        own = {label for sample in family.samples for label in sample.labels} - {"quantile", "le"}
        assert own == set(declared[name].labels)
        assert family.documentation == declared[name].meaning
    body = (await site.ask("n1", "GET", PAGE))[1].decode()
    assert "\nconsul_raft_apply " in body, "no _total: boards ask for the name that Consul has"
    assert 'consul_kvs_apply{quantile="0.99"} ' in body


async def test_nothing_of_one_node_is_seen_in_anothers(site):
    await site.ask("n2", "GET", "/v1/health/state/any")
    await site.ask("n1", "GET", "/v1/kv/first")
    server, agent = await site.page("n1"), await site.page("n2")
    paths = [{s.labels["path"] for s in page["consul_api_http"].samples} for page in (server, agent)]
    assert "/v1/health/state/" in paths[1] - paths[0]
    assert "consul_raft_apply" in server.keys() - agent.keys()
    actors = [{s.labels["actor"] for s in page["lictor_turn_seconds"].samples} for page in (server, agent)]
    assert "server" in actors[0] - actors[1]
    site.host.count("made up", "n2.dc1")
    server, agent = await site.page("n1"), await site.page("n2")
    said = [
        {s.labels["what"] for s in page["lictor_events"].samples} for page in (server, agent) if "lictor_events" in page
    ]
    assert "made up" in said[-1]
    assert not any("made up" in what for what in said[:-1])
    assert "made up" not in {s.labels["what"] for s in server["lictor_process_events"].samples}


async def test_mail_that_waits_is_told_by_actor(site):
    for _ in range(3):
        site.host.post(Envelope("gateway@n1.dc1", "server@n1.dc1", GetKey(key="first"), "r1", "gateway@n1.dc1"))
    said = (await site.host.metrics.read(ReadMetrics(ticket="", node="n1.dc1", as_text=True))).text
    assert 'lictor_mailbox{actor="server"} 3.0' in said
    other = (await site.host.metrics.read(ReadMetrics(ticket="", node="n2.dc1", as_text=True))).text
    assert 'lictor_mailbox{actor="server"}' not in other
    assert "lictor_process_mailbox 3.0" in other


async def told_with(site, name):
    """The JSON of n1 once it has this row: what is counted in the interval that has just begun is told at its end."""
    async with asyncio.timeout(WITHIN_S):
        while True:
            _, body, _ = await site.ask("n1", "GET", "/v1/agent/metrics")
            said = json.loads(body)
            if any(row["Name"] == name for kind in ("Counters", "Samples") for row in said[kind]):
                return said
            await site.ask("n1", "PUT", "/v1/kv/first")


async def test_json_has_consuls_form(site):
    said = await told_with(site, "consul.kvs.apply")
    assert list(said) == ["Timestamp", "Gauges", "Points", "Counters", "Samples"]
    assert said["Timestamp"].endswith("0 +0000 UTC")
    assert said["Points"] == []
    gauges = {row["Name"]: row for row in said["Gauges"]}
    assert gauges["consul.server.isLeader"] == {"Name": "consul.server.isLeader", "Value": 1.0, "Labels": {}}
    assert gauges["consul.state.nodes"]["Labels"] == {"datacenter": "dc1"}
    fields = ["Name", "Count", "Rate", "Sum", "Min", "Max", "Mean", "Stddev", "Labels"]
    rows = {row["Name"]: row for kind in ("Counters", "Samples") for row in said[kind]}
    assert all(list(row) == fields for row in rows.values())
    assert all(math.isfinite(row[name]) for row in rows.values() for name in fields[1:-1])
    assert rows["consul.kvs.apply"]["Count"] >= 1
    assert (await site.ask("n1", "GET", "/v1/agent/metrics?pretty"))[1].startswith(b'{\n    "Timestamp"')


@pytest.mark.parametrize(
    ("query", "accept", "text"),
    [
        ("", "*/*", False),
        ("?format=prometheus", "*/*", True),
        ("", "application/openmetrics-text; version=1.0.0", True),
        ("", "text/plain;version=0.4.0", True),
    ],
)
async def test_what_asks_for_text(site, query, accept, text):
    status, body, head = await site.ask("n1", "GET", f"/v1/agent/metrics{query}", accept)
    assert status == 200
    assert body.startswith(b"# HELP" if text else b"{")
    assert ("text/plain; version=0.0.4" in head) is text


async def test_prometheus_is_told_why_it_gets_nothing(site):
    site.host.metrics.show("n1.dc1", MetricsView(prometheus=False))
    status, body, head = await site.ask("n1", "GET", PAGE)
    assert (status, body) == (200, b"")
    assert "X-Consul-Reason: Prometheus is not enabled since its retention time is not positive" in head
    assert (await site.ask("n2", "GET", PAGE))[1] != b"", "its neighbour has a configuration of its own"


async def test_the_machine_is_told_of_only_if_that_is_wanted(site):
    declared = {what.partition(";")[0] for what, _ in machine_readings()}
    assert not [name for name in await site.page("n1") if name.startswith("consul_host_")]
    site.host.metrics.show("n1.dc1", MetricsView(of_host=True))
    page = await site.page("n1")
    assert {exported(METRICS[name]) for name in declared} == {n for n in page if n.startswith("consul_host_")}
    assert page["consul_host_memory_total"].samples[0].value > 0
