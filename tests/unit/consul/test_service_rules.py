"""What an agent fills in of a service: its tagged addresses."""

from __future__ import annotations

import pytest

from lictor_actors.consul.service_rules import complete_service
from lictor_messages.catalog import ServiceRecord, TaggedAddress


def tagged(*names, address="127.0.0.9", port=80):
    return tuple(TaggedAddress(name=name, address=address, port=port) for name in names)


@pytest.mark.parametrize(
    ("address", "given", "kept"),
    [
        ("127.0.0.9", (), tagged("lan_ipv4", "wan_ipv4")),
        ("10.1.2.3", (), tagged("lan_ipv4", "wan_ipv4", address="10.1.2.3")),
        ("::1", (), tagged("lan_ipv6", "wan_ipv6", address="::1")),
        ("fe80::1", (), tagged("lan_ipv6", "wan_ipv6", address="fe80::1")),
        ("", (), ()),
        ("web.example", (), ()),
        ("[::1]", (), ()),
        ("127.0.0.9", tagged("lan"), tagged("lan", "lan_ipv4", "wan_ipv4")),
        ("127.0.0.9", tagged("virtual", "wan"), tagged("lan_ipv4", "virtual", "wan", "wan_ipv4")),
        ("", tagged("lan"), tagged("lan")),
    ],
)
def test_an_ip_is_its_tagged_addresses_as_well(address, given, kept):
    service = ServiceRecord(node="", id="", service="web", address=address, port=80, tagged_addresses=given)
    assert complete_service(service, "n1").tagged_addresses == kept


@pytest.mark.parametrize("name", ["lan_ipv4", "wan_ipv4"])
def test_one_that_is_given_stays(name):
    mine = TaggedAddress(name=name, address="1.2.3.4", port=1)
    service = ServiceRecord(node="", id="", service="web", address="127.0.0.9", port=80, tagged_addresses=(mine,))
    made = complete_service(service, "n1").tagged_addresses
    assert mine in made
    assert [address.name for address in made] == ["lan_ipv4", "wan_ipv4"]
