"""Access control at DNS: questions by the rules of the token that they are asked with by default policies."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any, NamedTuple

import dns.message
import dns.rcode
import pytest
from acl_cluster import AGENT, Cluster, uuid

from lictor_messages import acl, catalog
from lictor_messages.agent_acl import SetAgentToken
from lictor_messages.dns import DnsAnswered, DnsAsked
from lictor_messages.queries import CreatePreparedQuery, PreparedQuery, ServiceQuery

UNUSED_S = 5
"""Longer than what was read for a question is kept without another one."""
VIRTUAL = catalog.TaggedAddress(name="consul-virtual", address="240.0.0.1", port=80)
NODE, SERVICE = ("node", "n1"), ("service", "web")


class Cell(NamedTuple):
    """A question, and what the token has to be allowed to read."""

    name: str
    type: str
    needs: tuple[tuple[str, str], ...]


QUESTIONS = (
    Cell("web.service.consul", "A", (SERVICE, NODE)),
    Cell("web.service.consul", "SRV", (SERVICE, NODE)),
    Cell("v1.web.service.consul", "A", (SERVICE, NODE)),
    Cell("nearest.query.consul", "A", (SERVICE, NODE)),
    Cell("web.virtual.consul", "A", (SERVICE, NODE)),
    Cell("n1.node.consul", "A", (NODE,)),
    Cell("n1.node.consul", "TXT", (NODE,)),
    Cell("9.9.9.10.in-addr.arpa", "PTR", (NODE,)),
    Cell("5.5.5.10.in-addr.arpa", "PTR", (SERVICE, NODE)),
)


class Dig:
    """A client that asks the agent's DNS."""

    def __init__(self, default: str) -> None:
        self.allows = default == "allow"
        self.cluster = Cluster(default, dns_port=8600, dns__acl=True)
        self._door = self.cluster.world.door(AGENT, "dig")
        node = catalog.NodeRecord(node="n1", address="10.9.9.9", meta={"rack": "7"})
        web = catalog.ServiceRecord(
            node="n1", id="web-1", service="web", address="10.5.5.5", port=80, tags=("v1",), tagged_addresses=(VIRTUAL,)
        )
        self.cluster.done(catalog.Register(node=node, service=web))
        query = PreparedQuery(id=uuid(900), name="nearest", service=ServiceQuery(service="web"))
        self.cluster.done(CreatePreparedQuery(query=query))

    def with_token(self, rules: str) -> None:
        """DNS is asked with a new token from now on; "" is the anonymous one."""
        token = self.cluster.token(rules) if rules else ""
        self.cluster.done(SetAgentToken(name="dns", token=token))
        self.cluster.world.run(UNUSED_S)

    def records(self, name: str, type_: str) -> int:
        """How many the answer has."""
        query, said = dns.message.make_query(name, type_), []
        asked = DnsAsked(packets=((query.to_wire(), "10.9.9.8"),), tcp=True)
        self._door.ask("dns", asked, said.append, within_s=20)
        assert self.cluster.world.run_until(lambda: bool(said), 21)
        assert isinstance(said[0], DnsAnswered)
        answer = dns.message.from_wire(said[0].answers[0][1])
        assert answer.rcode() in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN)
        assert (answer.rcode() == dns.rcode.NXDOMAIN) == (not answer.answer), "what may not be seen is not there"
        return sum(len(each) for each in answer.answer)


@pytest.fixture(scope="module", params=("deny", "allow"))
def dig(request: pytest.FixtureRequest) -> Dig:
    return Dig(request.param)


def rules_of(accesses: dict[tuple[str, str], str]) -> str:
    return "\n".join(f'{kind} "{name}" {{ policy = "{it}" }}' for (kind, name), it in accesses.items() if it)


def grants() -> Iterator[Any]:
    """Every mixture of what a token's rules say of the node and of the service, "" for nothing."""
    for of_node, of_service in product(("", "deny", "read", "write"), repeat=2):
        yield pytest.param({NODE: of_node, SERVICE: of_service}, id=f"node:{of_node}-service:{of_service}")


@pytest.mark.parametrize("accesses", list(grants()))
def test_every_question_by_every_grant(dig: Dig, accesses: dict[tuple[str, str], str]) -> None:
    dig.with_token(rules_of(accesses))
    for cell in QUESTIONS:
        allowed = all(accesses[need] in ("read", "write") or (dig.allows and not accesses[need]) for need in cell.needs)
        assert bool(dig.records(cell.name, cell.type)) == allowed, cell


@pytest.mark.parametrize("left", [1, 0], ids=("some", "none"))
def test_rights_that_are_taken_away_are_gone_while_the_name_is_asked_for(dig: Dig, left: int) -> None:
    """What was read for questions before is given until the servers say otherwise, not for as long as it is used."""
    for number in (1, 2):
        node = catalog.NodeRecord(node=f"m{number}", address=f"10.9.8.{number}")
        dig.cluster.done(catalog.Register(node=node, service=catalog.ServiceRecord(node="", id="api", service="api")))
    wide = 'service "api" { policy = "read" }\nnode_prefix "m" { policy = "read" }\n'
    dig.with_token(wide)
    assert dig.records("api.service.consul", "A") == 2
    narrow = wide + "\n".join(f'node "m{number}" {{ policy = "deny" }}' for number in (1, 2)[left:])
    policy = acl.AclPolicy(id=uuid(dig.cluster.made), name=f"p{dig.cluster.made}", rules=narrow)
    dig.cluster.done(acl.PutAclPolicy(policy=policy))
    for _ in range(8):
        dig.cluster.world.run(0.5)
        found = dig.records("api.service.consul", "A")
    assert found == left
