"""/v1/connect/ca/roots, and the same of the agent."""

from __future__ import annotations

import json

import pytest
from mesh_root import ROOT

from lictor_messages.answers import Rendered
from lictor_messages.catalog import ListServiceHealth, ListServiceNodes
from lictor_messages.connect_ca import ListRoots, Roots

PATHS = ("/v1/connect/ca/roots", "/v1/agent/connect/ca/roots")
ROOTS = Roots(index=7, roots=(ROOT.model_copy(update={"create_index": 7, "modify_index": 7}),))


@pytest.mark.parametrize("path", PATHS)
def test_the_active_root_with_its_trust_domain(desk, header, path):
    request = desk.http("GET", f"{path}?index=5&wait=2s")
    assert desk.upstream() == ListRoots(min_index=5, wait_ns=2_000_000_000)
    desk.answer(ROOTS)
    answer = desk.answers[request]
    said = json.loads(answer.body)
    assert (said["ActiveRootID"], said["TrustDomain"]) == ("aa:bb", "11111111-2222-3333-4444-555555555555.consul")
    [root] = said["Roots"]
    assert (root["SerialNumber"], root["Active"], root["IntermediateCerts"]) == (2**63 - 1, True, None)
    assert (root["PrivateKeyType"], root["PrivateKeyBits"], root["ModifyIndex"]) == ("ec", 256, 7)
    assert header(answer, "X-Consul-Index") == "7"


@pytest.mark.parametrize("path", PATHS)
def test_as_a_chain_in_pem(desk, header, path):
    request = desk.http("GET", f"{path}?pem=true")
    desk.answer(ROOTS)
    answer = desk.answers[request]
    assert answer.body.decode() == ROOT.root_cert
    assert header(answer, "Content-Type") == "application/pem-certificate-chain"


@pytest.mark.parametrize("path", PATHS)
def test_without_a_root_the_remedy_is_named(desk, path):
    request = desk.http("GET", path)
    desk.answer(Roots(index=1, roots=()))
    answer = desk.answers[request]
    assert answer.status == 500
    assert answer.body.startswith(b"Connect must be enabled in order to use this endpoint: set connect.enabled")


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("/v1/catalog/connect/web", ListServiceNodes(service="web", connect=True, rendered=True)),
        ("/v1/health/connect/web?passing", ListServiceHealth(service="web", connect=True, passing=True, rendered=True)),
    ],
)
def test_by_which_instances_a_mesh_reaches_a_service(desk, header, path, asked):
    request = desk.http("GET", path)
    assert desk.upstream() == asked
    desk.answer(Rendered(index=7, body=b"[]"))
    answer = desk.answers[request]
    assert (answer.status, answer.body, header(answer, "X-Consul-Index")) == (200, b"[]", "7")
