"""/v1/operator/usage: how much the catalog holds."""

from __future__ import annotations

import json

from lictor_messages.status import Datacenters, ListDatacenters
from lictor_messages.usage import CountUsage, Usage

USAGE = Usage(index=7, nodes=2, services=3, service_instances=5, billable_service_instances=4)


def test_usage_is_told_by_datacenter_with_where_it_stands_in_time(desk, header):
    request = desk.http("GET", "/v1/operator/usage")
    assert desk.upstream() == CountUsage()
    desk.answer(USAGE)
    said = json.loads(desk.answers[request].body)
    counts = said["Usage"]["dc1"]
    assert (counts["Nodes"], counts["Services"], counts["ServiceInstances"]) == (2, 3, 5)
    assert (counts["BillableServiceInstances"], set(counts["ConnectServiceInstances"].values())) == (4, {0})
    assert (said["Index"], said["KnownLeader"], said["ConsistencyLevel"]) == (7, True, "leader")
    assert header(desk.answers[request], "X-Consul-Index") == "7"


def test_usage_of_any_server_and_of_what_has_changed(desk):
    desk.http("GET", "/v1/operator/usage?stale&index=7&wait=2s")
    assert desk.upstream() == CountUsage(consistency="stale", min_index=7, wait_ns=2_000_000_000)


def test_usage_of_another_datacenter_is_asked_there_and_stands_under_its_name(desk):
    request = desk.http("GET", "/v1/operator/usage?dc=dc2")
    assert desk.upstream() == CountUsage(dc="dc2")
    desk.answer(USAGE)
    assert list(json.loads(desk.answers[request].body)["Usage"]) == ["dc2"]


def test_usage_of_all_datacenters_is_asked_of_each(desk):
    request = desk.http("GET", "/v1/operator/usage?global&stale")
    assert desk.upstream() == ListDatacenters(consistency="stale")
    desk.answer(Datacenters(index=1, names=("dc1", "dc2")))
    for dc in ("dc1", "dc2"):
        assert desk.upstream() == CountUsage(dc=dc, consistency="stale")
        desk.answer(USAGE)
    assert {dc: counts["Nodes"] for dc, counts in json.loads(desk.answers[request].body)["Usage"].items()} == {
        "dc1": 2,
        "dc2": 2,
    }
