"""By which instances a mesh reaches a service: its proxies, and its own that need none."""

from __future__ import annotations

import pytest

from lictor_messages.catalog import ListServiceHealth, ListServiceNodes

BEFORE_WEB = '{"DestinationServiceName":"Web"}'


@pytest.fixture
def mesh(log):
    log.node("n1")
    log.service("n1", "web")
    log.service("n1", "web", id="native", connect_native=True)
    log.service("n1", "web-proxy", kind="connect-proxy", proxy=BEFORE_WEB, port=1)
    log.service("n1", "db-proxy", kind="connect-proxy", proxy='{"DestinationServiceName":"db"}', port=2)
    log.service("n1", "gateway", kind="mesh-gateway", proxy=BEFORE_WEB, port=3)
    log.check("n1", "ill", "critical", service_id="native")
    return log.store


def names(answer):
    return [row.service.id for row in answer.placements]


def test_proxies_and_native_instances_alone(mesh):
    assert names(mesh.evaluate(ListServiceNodes(service="WEB", connect=True))) == ["native", "web-proxy"]
    assert names(mesh.evaluate(ListServiceNodes(service="cache", connect=True))) == []
    assert "web-proxy" not in names(mesh.evaluate(ListServiceNodes(service="web")))


def test_health_leaves_out_what_fails_and_a_filter_selects(mesh):
    def found(**options):
        answer = mesh.evaluate(ListServiceHealth(service="web", connect=True, **options))
        return [row.service.id for row in answer.instances]

    assert found() == ["native", "web-proxy"]
    assert found(passing=True) == ["web-proxy"]
    assert found(filter="Service.Port == 1") == ["web-proxy"]


@pytest.mark.parametrize("kind", [ListServiceNodes, ListServiceHealth])
def test_a_proxy_of_any_name_moves_the_index(mesh, log, kind):
    query = kind(service="web", connect=True)
    before = mesh.version(query)
    log.service("n1", "another", kind="connect-proxy", proxy=BEFORE_WEB, port=4)
    assert mesh.version(query) == log.index > before
    assert mesh.evaluate(query).index == log.index
