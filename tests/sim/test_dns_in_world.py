"""DNS in a world: what is asked of an agent's actor, and what it says while servers come and go."""

from __future__ import annotations

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import pytest
from dns_site import DnsSite


@pytest.fixture
def site() -> DnsSite:
    return DnsSite(seed=5)


def test_a_service_is_found(site):
    site.register("web", 3)
    said = site.ask("web.service.consul", "A")
    assert said.rcode() == dns.rcode.NOERROR
    assert {str(rr) for rr in said.answer[0]} == {"10.1.0.1", "10.1.0.2", "10.1.0.3"}
