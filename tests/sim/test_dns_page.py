"""The names of docs/dns.md are answered as the page says."""

from __future__ import annotations

import re
from pathlib import Path

import dns.rcode
import pytest
from dns_site import DnsSite

from lictor_actors.consul.uuids import new_uuid
from lictor_messages.base import FrozenMap
from lictor_messages.catalog import NodeRecord, Register, ServiceRecord, TaggedAddress
from lictor_messages.queries import CreatePreparedQuery, PreparedQuery, ServiceQuery

PAGE = Path(__file__).parents[2] / "docs/dns.md"
ROW = re.compile(r"^\| `([^`]+)` \| (\w+) \| (.+) \|$", re.MULTILINE)
ROWS = ROW.findall(PAGE.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def site() -> DnsSite:
    site = DnsSite(seed=14, servers=1)
    n1 = NodeRecord(node="n1", address="10.1.0.1", meta=FrozenMap({"rack": "7"}))
    n2 = NodeRecord(node="n2", address="10.1.0.2")
    virtual = TaggedAddress(name="consul-virtual", address="240.0.0.1", port=81)
    for node, service in (
        (n1, ServiceRecord(node="n1", id="web", service="web", port=80)),
        (n2, ServiceRecord(node="n2", id="web", service="web", port=80, tags=("v2",))),
        (
            n1,
            ServiceRecord(node="n1", id="api", service="api", port=81, address="10.5.0.5", tagged_addresses=(virtual,)),
        ),
    ):
        site.write(Register(node=node, service=service))
    query = PreparedQuery(id=new_uuid(bytes(16)), name="any-web", service=ServiceQuery(service="web"))
    site.write(CreatePreparedQuery(query=query))
    return site


@pytest.mark.parametrize(("name", "type_", "answer"), ROWS)
def test_a_name_of_the_page(site, name, type_, answer):
    said = site.ask(name, type_)
    if "`" not in answer:
        assert dns.rcode.to_text(said.rcode()) == answer
        assert not said.answer
        return
    found = {str(rr) for rrset in said.answer for rr in rrset}
    texts = re.findall(r"`([^`]+)`", answer)
    assert found == set(texts[0].split() if type_ == "A" else texts)


def test_the_page_has_its_table():
    assert len(ROWS) > 20
