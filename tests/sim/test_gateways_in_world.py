"""What stands behind gateways of a mesh, which are not there: nothing, said to those alone who may read the name."""

from __future__ import annotations

import pytest
from acl_cluster import Cluster

from lictor_messages.catalog import NodeRecord, Register, ServiceRecord


@pytest.fixture(scope="module")
def cluster() -> Cluster:
    made = Cluster()
    service = ServiceRecord(node="n1", id="web-1", service="web", kind="connect-proxy")
    made.done(Register(node=NodeRecord(node="n1", address="10.9.9.9"), service=service))
    return made


@pytest.mark.parametrize("path", ["catalog/gateway-services", "health/ingress"])
def test_it_takes_the_right_to_read_the_service(cluster: Cluster, path: str) -> None:
    reads = cluster.token('service "web" { policy = "read" }')
    said = [cluster.http("GET", f"/v1/{path}/{name}", reads) for name in ("web", "db")]
    assert [(said[0].status, said[0].body), said[1].status] == [(200, b"[]"), 403]
    assert cluster.http("GET", f"/v1/{path}/web").status == 403
