"""Policies, roles and tokens of the primary datacenter in a secondary: what comes, what stays, what is told."""

from __future__ import annotations

import json

import pytest
from acl_cluster import ROOT, uuid
from acl_datacenters import SECONDARY, Datacenters, alike

from lictor_actors.faults import world_faults
from lictor_messages import acl, kv
from lictor_messages.agent_acl import SetAgentToken
from lictor_messages.refusals import Refused

READS = 'key_prefix "" { policy = "read" }'
WRITES = 'key_prefix "" { policy = "write" }'
ONE, TWO = "server-1.dc1", "agent-1.dc2"


@pytest.fixture(scope="module")
def both():
    made = Datacenters()
    assert made.run_until(lambda: made.status().replicated, 60)
    return made


def settled(both):
    primary = both.store(ONE)
    return both.run_until(lambda: all(alike(primary, both.store(node)) for node in SECONDARY), 60)


def test_what_is_written_in_the_primary_holds_in_the_secondary(both):
    both.done(ONE, both.policy(1, WRITES))
    both.done(
        ONE, acl.PutAclRole(role=acl.AclRole(id=uuid(2), name="r", policies=(acl.AclLink(id=uuid(1)),)), new=True)
    )
    both.done(ONE, both.token(3, 1))
    assert settled(both)
    assert both.done(TWO, kv.PutKey(key="a", value=b"1"), token=uuid(1003)).ok
    replaced = acl.AclPolicy(id=uuid(1), name="p1", rules=READS)
    both.done(ONE, acl.PutAclPolicy(policy=replaced))
    assert settled(both)
    assert both.ask(TWO, kv.PutKey(key="a", value=b"2"), token=uuid(1003)).code == "PermissionDenied"
    both.done(ONE, acl.DeleteAclToken(accessor_id=uuid(3)))
    assert settled(both)
    assert both.ask(TWO, kv.GetKey(key="a"), token=uuid(1003)).code == "AclNotFound"


def test_what_is_written_in_the_secondary_is_written_in_the_primary(both):
    made = both.http(TWO, "PUT", "/v1/acl/policy", json.dumps({"Name": "from-two", "Rules": READS}).encode())
    policy = json.loads(made.body)
    assert (made.status, policy["Name"]) == (200, "from-two")
    assert policy["ID"] in both.store(ONE).acl.policies
    token = both.http(TWO, "PUT", "/v1/acl/token", json.dumps({"Policies": [{"Name": "from-two"}]}).encode())
    accessor = json.loads(token.body)["AccessorID"]
    assert accessor in both.store(ONE).acl.tokens
    assert settled(both)
    both.done(TWO, acl.DeleteAclPolicy(id=policy["ID"]))
    both.done(TWO, acl.DeleteAclToken(accessor_id=accessor))
    assert not {policy["ID"], accessor} & {*both.store(ONE).acl.policies, *both.store(ONE).acl.tokens}
    assert settled(both)


def test_a_token_is_spelled_as_in_the_primary_and_gone_with_it(both):
    accessor = "ABCDABCD-0000-4000-8000-00000000BEEF"
    made = both.token(14).token.model_copy(update={"accessor_id": accessor})
    both.done(ONE, acl.PutAclToken(token=made, new=True))
    assert settled(both)
    assert both.store(SECONDARY[0]).acl.token(accessor.lower()).accessor_id == accessor
    both.done(TWO, acl.DeleteAclToken(accessor_id=accessor.lower()))
    assert settled(both)
    assert both.store(SECONDARY[0]).acl.token(accessor) is None


def test_a_local_token_stays_where_it_was_made(both):
    both.done(ONE, both.policy(11, READS))
    assert settled(both)
    both.done(TWO, both.token(12, 11, local=True))
    assert uuid(12) not in both.store(ONE).acl.tokens
    assert not isinstance(both.ask(TWO, kv.GetKey(key="a"), token=uuid(1012)), Refused)
    both.done(ONE, both.policy(13, READS))
    assert settled(both)
    assert uuid(12) in both.store(SECONDARY[0]).acl.tokens
    both.done(TWO, acl.DeleteAclToken(accessor_id=uuid(12)))
    assert both.run_until(lambda: uuid(12) not in both.store(SECONDARY[0]).acl.tokens, 5)


def test_a_token_of_the_primary_that_a_local_one_stands_in_the_way_of_is_told(both):
    both.done(TWO, both.token(21, local=True))
    both.done(ONE, both.token(21))
    assert both.run_until(lambda: uuid(21) in both.status().error, 60)
    assert both.store(SECONDARY[0]).acl.tokens[uuid(21)].local
    both.done(TWO, acl.DeleteAclToken(accessor_id=uuid(21)))
    assert settled(both)


def test_names_change_hands(both):
    both.done(ONE, both.policy(31, READS, "x"))
    both.done(ONE, both.policy(32, READS, "y"))
    assert settled(both)
    for number, name in ((31, "z"), (32, "x"), (31, "y")):
        both.done(ONE, acl.PutAclPolicy(policy=acl.AclPolicy(id=uuid(number), name=name, rules=READS)))
    assert settled(both)
    assert both.done(TWO, acl.GetAclPolicy(name="x")).policies[0].id == uuid(32)


def test_the_first_token_is_made_in_the_primary(both):
    refused = both.ask(TWO, acl.BootstrapAcls(token=acl.AclToken(accessor_id=uuid(41), secret_id=uuid(42))))
    assert "primary datacenter: ask with dc=dc1" in refused.words


def test_the_endpoint_says_how_far_it_is(both):
    index = both.store(ONE).acl.indexes.table("acl-tokens", "acl-policies", "acl-roles")
    assert both.run_until(lambda: both.status().replicated == index, 60)
    row = json.loads(both.http(TWO, "GET", "/v1/acl/replication").body)
    assert (row["Enabled"], row["Running"]) == (True, True)
    assert (row["SourceDatacenter"], row["ReplicationType"]) == ("dc1", "tokens")
    assert row["ReplicatedIndex"] == row["ReplicatedRoleIndex"] == row["ReplicatedTokenIndex"] == index
    assert row["LastSuccess"] > "2"
    there = json.loads(both.http(TWO, "GET", "/v1/acl/replication?dc=dc1").body)
    assert (there["Enabled"], there["SourceDatacenter"], there["ReplicatedIndex"]) == (False, "", 0)


# -- what goes wrong ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("replication", "words"),
    [
        ("", "acl.tokens.replication has to be a token of dc1"),
        (uuid(7), "acl.tokens.replication has to be a token of dc1"),
    ],
)
def test_a_wrong_replication_token_is_told(replication, words):
    both = Datacenters(replication=replication, agent__acl_recovery_token=uuid(8))
    assert both.run_until(lambda: words in both.status().error, 60)
    assert both.status().success_ns == 0
    assert both.done(ONE, both.policy(1, READS)).ok
    both.world.run(20)
    assert not both.leader().store.acl.policies
    for node in SECONDARY:
        both.world.ask(node, "agent", SetAgentToken(name="replication", token=ROOT), token=uuid(8))
    assert both.run_until(lambda: both.status().success_ns, 90)
    assert settled(both)


def test_a_primary_that_is_not_reached_is_told_and_what_is_known_holds():
    both = Datacenters()
    both.run_until(lambda: both.status().replicated, 60)
    both.done(ONE, both.policy(1, READS))
    both.done(ONE, both.token(2, 1))
    assert settled(both)
    cut = world_faults(both.world).cut("*.dc1", "*.dc2")
    assert both.run_until(lambda: both.status().error_ns, 120)
    assert both.status().error
    assert not isinstance(both.ask(TWO, kv.GetKey(key="a"), token=uuid(1002)), Refused)
    refused = both.ask(TWO, both.policy(3, READS), within_s=30.0)
    assert "Remote DC has no server currently reachable" in refused.words
    cut.heal()
    both.done(ONE, both.policy(4, READS))
    assert both.run_until(lambda: both.status().success_ns > both.status().error_ns, 200)
    assert settled(both)


def test_without_token_replication_policies_and_roles_come_alone():
    both = Datacenters(tokens=False)
    assert both.run_until(lambda: both.status().replicated, 60)
    both.done(ONE, both.policy(1, READS))
    both.done(ONE, both.token(2, 1))
    assert both.run_until(lambda: uuid(1) in both.store(SECONDARY[0]).acl.policies, 60)
    both.world.run(5)
    assert not both.store(SECONDARY[0]).acl.tokens
    assert both.status().tokens is False
    assert "Local tokens are disabled" in both.ask(TWO, both.token(5, local=True)).words


def test_more_than_one_entry_holds_comes_in_several():
    both = Datacenters()
    both.run_until(lambda: both.status().replicated, 60)
    rules = READS + "\n# " + "x" * 60_000
    for number in range(1, 13):
        both.done(ONE, both.policy(number, rules))
    assert settled(both)
    assert both.run_until(lambda: both.status().replicated, 10)
