"""What names of Consul's zone ask for, and what they cannot."""

from __future__ import annotations

import ipaddress

import dns.reversename
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lictor_actors.consul.dns_names import (
    AddressNamed,
    NodeNamed,
    PreparedNamed,
    ServiceNamed,
    VirtualNamed,
    ZoneNamed,
    meta_text,
    named,
    reversed_ip,
)
from lictor_messages.addresses import unmapped


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("", ZoneNamed()),
        ("n1.node", NodeNamed("n1")),
        ("n1.node.dc2", NodeNamed("n1", "dc2")),
        ("n1.node.dc2.dc", NodeNamed("n1", "dc2")),
        ("a.b.c.node", NodeNamed("a.b.c")),
        ("web.service", ServiceNamed("web")),
        ("web.service.dc2", ServiceNamed("web", dc="dc2")),
        ("web.service.default.ns.default.ap.dc2.dc", ServiceNamed("web", dc="dc2")),
        ("v1.web.service", ServiceNamed("web", "v1")),
        ("v1.2.web.service", ServiceNamed("web", "v1.2")),
        ("_web._tcp.service", ServiceNamed("web")),
        ("_web._v1.service.dc2", ServiceNamed("web", "v1", "dc2")),
        ("q.query", PreparedNamed("q")),
        ("my.query.query.dc2", PreparedNamed("my.query", "dc2")),
        ("web.virtual", VirtualNamed("web")),
        ("0a010203.addr", AddressNamed(b"\x0a\x01\x02\x03")),
        ("0a010203.addr.dc1", AddressNamed(b"\x0a\x01\x02\x03")),
        ("20010db8000000000000000000000001.addr", AddressNamed(ipaddress.ip_address("2001:db8::1").packed)),
    ],
)
def test_a_name_asks_for(name, what):
    assert named(tuple(name.split(".")) if name else ()) == what


@pytest.mark.parametrize(
    "name",
    [
        *("service", "node", "query", "web", "addr", "zz.addr", "0a01.addr", "1.0a010203.addr", "web.service.a.b.c"),
        *("web.service.dc2.peer", "web.service.other.ns", "web.connect", "web.ingress", "_web._tcp", "0a 10203.addr"),
    ],
)
def test_nothing_has_the_name(name):
    assert named(tuple(name.split("."))) is None


@pytest.mark.parametrize("name", ["_web._tcp", "_web._tcp.service"])
def test_the_label_of_services_may_be_left_out_of_srv(name):
    assert named(tuple(name.split(".")), srv=True) == ServiceNamed("web")
    assert named(("_web", "_tcp", "dc2"), srv=True) == ServiceNamed("web", dc="dc2")


@given(st.ip_addresses())
def test_reversed_addresses_are_read_as_dnspython_writes_them(address):
    labels = dns.reversename.from_address(str(address)).to_text().lower().removesuffix(".").split(".")
    assert ipaddress.ip_address(reversed_ip(tuple(labels))) == unmapped(address)
    assert reversed_ip(tuple(labels[1:])) == ""


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [("k", "v", "k=v"), ("rfc1035-x", "v=w", "v=w"), ("a=b", "c`", "a`=b=c``"), (" k ", "v", "` k` =v"), ("", "", "=")],
)
def test_meta_data_is_written_by_rfc_1464(key, value, said):
    assert meta_text(key, value) == said


@given(st.lists(st.text(max_size=8), max_size=6), st.booleans())
def test_no_name_is_too_odd(labels, srv):
    named(tuple(labels), srv=srv)
    reversed_ip(tuple(labels))
