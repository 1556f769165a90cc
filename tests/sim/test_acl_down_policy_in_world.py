"""What tokens may do with an agent that reaches no server, and with a datacenter that reaches no primary: each down
policy, for a known token and for another."""

from __future__ import annotations

import json

import pytest
from acl_cluster import ROOT, Cluster, uuid
from acl_datacenters import SECONDARY, Datacenters

from lictor_actors.faults import world_faults
from lictor_messages import acl, kv
from lictor_messages.agent import Accepted, RegisterService
from lictor_messages.base import Message
from lictor_messages.catalog import ServiceRecord
from lictor_messages.refusals import Refused
from lictor_messages.web import HttpAsked

SERVER = "server-1.dc1"
AFTER_THE_TTL_S = 40
EXPECTED = {
    "allow": (True, True),
    "deny": (False, False),
    "extend-cache": (True, False),
    "async-cache": (True, False),
}
"""Down policy → whether a token may register that was known before, and whether one may that was not."""


def register(cluster: Cluster, token: str) -> Message:
    return cluster.ask(RegisterService(service=ServiceRecord(node="", id="web", service="web")), token)


@pytest.mark.parametrize("policy", EXPECTED)
def test_without_servers_the_down_policy_holds_and_with_them_their_word(policy: str) -> None:
    cluster = Cluster(agent__acl_down_policy=policy)
    known, unknown = (cluster.token('service "web" { policy = "write" }') for _ in range(2))
    narrow = cluster.token('service "db" { policy = "write" }')
    for token in (known, narrow):
        register(cluster, token)
    cluster.world.kill(SERVER)
    cluster.world.run(AFTER_THE_TTL_S)
    answers = [register(cluster, token) for token in (known, unknown)]
    assert tuple(isinstance(answer, Accepted) for answer in answers) == EXPECTED[policy]
    refused = [answer for answer in answers if isinstance(answer, Refused)]
    assert all(answer.code == "PermissionDenied" for answer in refused)
    assert isinstance(register(cluster, narrow), Accepted) == (policy == "allow")
    cluster.world.restart(SERVER)
    cluster.world.run(AFTER_THE_TTL_S)
    assert [type(register(cluster, token)) for token in (known, unknown, narrow)] == [Accepted, Accepted, Refused]


# -- servers of a datacenter that replicates no tokens ------------------------------

PRIMARY, TWO = "server-1.dc1", "agent-1.dc2"
KNOWN, UNKNOWN = uuid(1002), uuid(1003)


def datacenters(**settings: str) -> Datacenters:
    """With two tokens that may write keys; none was shown in dc2."""
    both = Datacenters(tokens=False, **settings)
    assert both.run_until(lambda: both.status().replicated, 60)
    both.done(PRIMARY, both.policy(1, 'key_prefix "" { policy = "write" }'))
    for number in (2, 3):
        both.done(PRIMARY, both.token(number, 1))
    assert both.run_until(lambda: all(uuid(1) in both.store(node).acl.policies for node in SECONDARY), 60)
    return both


def writes(both: Datacenters, token: str) -> bool:
    answer = both.ask(TWO, kv.PutKey(key="a", value=b"1"), token=token, within_s=30)
    assert not isinstance(answer, Refused) or answer.code in ("PermissionDenied", "AclNotFound"), answer
    return not isinstance(answer, Refused)


@pytest.mark.parametrize("policy", EXPECTED)
@pytest.mark.parametrize("known_in_primary", [True, False])
def test_without_the_primary_the_down_policy_holds_and_with_it_its_word(policy: str, known_in_primary: bool) -> None:
    both = datacenters(server__acl_down_policy=policy)
    assert writes(both, KNOWN)
    cut = world_faults(both.world).cut("*.dc1", "*.dc2")
    assert writes(both, KNOWN), "it is believed for a while"
    both.world.run(AFTER_THE_TTL_S)
    assert (writes(both, KNOWN), writes(both, UNKNOWN)) == EXPECTED[policy]
    listed = both.ask(TWO, acl.ListAclPolicies(), token=UNKNOWN, within_s=30)
    assert isinstance(listed, Refused), "no down policy grants acl:read"
    if not known_in_primary:
        both.done(PRIMARY, acl.DeleteAclToken(accessor_id=uuid(2)))
    cut.heal()
    both.world.run(AFTER_THE_TTL_S)
    writes(both, KNOWN)  # async-cache answers once more by what was known
    both.world.run(5)
    assert (writes(both, KNOWN), writes(both, UNKNOWN)) == (known_in_primary, True)


@pytest.mark.parametrize(("default", "allowed"), [("allow", True), ("deny", False)])
def test_the_default_policy_holds_where_nothing_is_known(default: str, allowed: bool) -> None:
    both = datacenters(server__acl_default_policy=default)
    world_faults(both.world).cut("*.dc1", "*.dc2")
    assert writes(both, UNKNOWN) == allowed


def test_a_blocked_query_ends_when_the_primary_revokes_its_token() -> None:
    both = datacenters()
    index = int(dict(both.http(TWO, "GET", "/v1/kv/?recurse", token=KNOWN).headers)["X-Consul-Index"])
    answers: list[int] = []
    asked = HttpAsked(
        method="GET", target=f"/v1/kv/?recurse&wait=5m&index={index}", headers=(("x-consul-token", KNOWN),)
    )
    both.world.door(TWO, "waits").ask("gateway", asked, lambda said: answers.append(said.status), within_s=400)
    both.run_until(lambda: bool(answers), AFTER_THE_TTL_S)
    assert not answers
    both.done(PRIMARY, acl.DeleteAclToken(accessor_id=uuid(2)))
    both.run_until(lambda: bool(answers), AFTER_THE_TTL_S)
    assert answers == [403]


def test_tokens_are_read_and_used_as_in_the_primary() -> None:
    both = datacenters()
    own = both.http(TWO, "GET", "/v1/acl/token/self", token=KNOWN)
    assert (own.status, uuid(2) in own.body.decode()) == (200, True)
    listed = both.done(TWO, acl.ListAclTokens(), token=ROOT)
    assert isinstance(listed, acl.AclTokens)
    assert {uuid(2), uuid(3)} <= {token.accessor_id for token in listed.tokens}
    assert isinstance(both.ask(TWO, kv.GetKey(key="a"), token=uuid(77)), Refused)


def test_a_local_token_of_the_primary_is_good_there_alone() -> None:
    both = datacenters()
    both.done(PRIMARY, both.token(4, 1, local=True))
    refused = both.ask(TWO, kv.GetKey(key="a"), token=uuid(1004))
    assert isinstance(refused, Refused)
    assert refused.text == 'Permission denied: This is a local token in datacenter "dc1"'


def test_an_agent_of_the_datacenter_asks_its_servers_about_the_primarys_tokens() -> None:
    both = datacenters()
    both.done(PRIMARY, both.policy(5, 'service "web" { policy = "write" }'))
    both.done(PRIMARY, both.token(6, 5))
    assert both.run_until(lambda: all(uuid(5) in both.store(node).acl.policies for node in SECONDARY), 60)
    web = RegisterService(service=ServiceRecord(node="", id="web", service="web"))
    assert [type(both.ask(TWO, web, token=token)) for token in (uuid(1006), KNOWN)] == [Accepted, Refused]


def test_a_prepared_query_runs_by_a_token_of_the_primary() -> None:
    both = datacenters()
    both.done(PRIMARY, both.policy(5, 'service "consul" { policy = "read" } node_prefix "" { policy = "read" }'))
    both.done(PRIMARY, both.token(6, 5))
    assert both.run_until(lambda: all(uuid(5) in both.store(node).acl.policies for node in SECONDARY), 60)
    query = {"Name": "q", "Token": uuid(1006), "Service": {"Service": "consul"}}
    made = both.http(TWO, "POST", "/v1/query", json.dumps(query).encode())
    assert made.status == 200, made.body
    both.world.run(AFTER_THE_TTL_S)
    ran = both.http(TWO, "GET", "/v1/query/q/execute", token=KNOWN)
    assert (ran.status, len(json.loads(ran.body)["Nodes"])) == (200, 3)
