import io
import json

import pytest

ID = "0a1b2c3d-0000-4000-8000-000000000001"
TOKEN = {
    "AccessorID": ID,
    "SecretID": "s",
    "Description": "mine",
    "Local": False,
    "Policies": [{"ID": "p", "Name": "web"}],
}
POLICY = {"ID": ID, "Name": "web", "Description": "", "Rules": 'operator = "read"'}


def test_bootstrap_shows_the_token(lictor, agent):
    agent.on("PUT", "/v1/acl/bootstrap", TOKEN)
    ran = lictor("acl", "bootstrap")
    assert ran.status == 0
    assert f"AccessorID:       {ID}\nSecretID:         s\n" in ran.out


def test_a_token_is_told_what_it_bears(lictor, agent):
    agent.on("PUT", "/v1/acl/token", TOKEN)
    flags = ("-policy-name=web", "-role-id=r", "-service-identity=a:dc1,dc2", "-node-identity=n:dc1", "-expires-ttl=1h")
    ran = lictor("acl", "token", "create", "-description=mine", *flags)
    assert "Policies:\n   p - web" in ran.out
    assert json.loads(agent.asked[0].body) == {
        "Description": "mine", "Policies": [{"Name": "web"}], "Roles": [{"ID": "r"}],
        "ServiceIdentities": [{"ServiceName": "a", "Datacenters": ["dc1", "dc2"]}],
        "NodeIdentities": [{"NodeName": "n", "Datacenter": "dc1"}], "ExpirationTTL": "1h",
    }  # fmt: skip


def test_a_node_without_a_datacenter_is_refused(lictor, agent):
    assert "-node-identity 'n' is to be NAME:DATACENTER" in lictor("acl", "token", "create", "-node-identity=n").err
    assert agent.asked == []


def test_rules_come_from_a_file(lictor, agent, tmp_path):
    (tmp_path / "web.hcl").write_text(POLICY["Rules"])
    agent.on("PUT", "/v1/acl/policy", POLICY)
    ran = lictor("acl", "policy", "create", "-name=web", f"-rules=@{tmp_path}/web.hcl")
    assert ran.out.endswith('Rules:\noperator = "read"\n')
    assert json.loads(agent.asked[0].body)["Rules"] == POLICY["Rules"]
    assert "cannot be read" in lictor("acl", "policy", "create", "-name=web", "-rules=@/no/such").err


@pytest.mark.parametrize(("noun", "plural"), [("policy", "policies"), ("role", "roles")])
def test_policies_and_roles_are_shown_and_deleted(lictor, agent, noun, plural):
    agent.on("GET", f"/v1/acl/{plural}", [POLICY])
    agent.on("GET", f"/v1/acl/{noun}/name/web", POLICY)
    agent.on("DELETE", f"/v1/acl/{noun}/{ID}", True)
    assert json.loads(lictor("acl", noun, "list", "-format=json").out) == [POLICY]
    assert f"ID:               {ID}" in lictor("acl", noun, "read", "-name=web").out
    assert lictor("acl", noun, "delete", f"-id={ID}").out == f'{noun.capitalize()} "{ID}" deleted successfully\n'
    assert "either -id or -name" in lictor("acl", noun, "read").err


def test_tokens_are_read_listed_cloned_and_revoked(lictor, agent):
    agent.on("GET", "/v1/acl/token/self", TOKEN)
    agent.on("GET", "/v1/acl/tokens", [TOKEN])
    agent.on("PUT", f"/v1/acl/token/{ID}/clone", TOKEN)
    agent.on("DELETE", f"/v1/acl/token/{ID}", True)
    assert ID in lictor("acl", "token", "read", "-self").out
    assert ID in lictor("acl", "token", "list").out
    assert ID in lictor("acl", "token", "clone", f"-accessor-id={ID}").out
    assert lictor("acl", "token", "delete", f"-accessor-id={ID}").status == 0
    assert "either -accessor-id or -self" in lictor("acl", "token", "read").err


def test_the_agent_gets_a_token(lictor, agent):
    agent.on("PUT", "/v1/agent/token/agent_recovery", b"")
    assert lictor("acl", "set-agent-token", "recovery", "x").out == 'ACL token "recovery" set successfully\n'
    assert json.loads(agent.asked[0].body) == {"Token": "x"}


def test_a_token_may_come_by_standard_input_where_no_list_of_processes_has_it(lictor, agent, monkeypatch):
    agent.on("PUT", "/v1/agent/token/default", b"")
    monkeypatch.setattr("sys.stdin", io.StringIO("secret\n"))
    assert lictor("acl", "set-agent-token", "default", "-").status == 0
    assert json.loads(agent.asked[0].body) == {"Token": "secret"}
