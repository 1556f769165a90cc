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


def test_a_token_is_changed_and_keeps_what_is_not_given(lictor, agent):
    agent.on("GET", f"/v1/acl/token/{ID}", TOKEN)
    agent.on("PUT", f"/v1/acl/token/{ID}", TOKEN)
    lictor("acl", "token", "update", f"-accessor-id={ID}", "-policy-name=db", "-role-name=r")
    lictor("acl", "token", "update", f"-accessor-id={ID}", "-description=", "-policy-name=db", "-merge-policies")
    replaced, merged = (json.loads(asked.body) for asked in agent.asked if asked.method == "PUT")
    assert replaced == {**TOKEN, "Policies": [{"Name": "db"}], "Roles": [{"Name": "r"}]}
    assert merged == {**TOKEN, "Description": "", "Policies": [{"ID": "p", "Name": "web"}, {"Name": "db"}]}


@pytest.mark.parametrize("noun", ["policy", "role"])
def test_policies_and_roles_are_changed(lictor, agent, noun):
    agent.on("GET", f"/v1/acl/{noun}/name/web", POLICY)
    agent.on("GET", f"/v1/acl/{noun}/{ID}", POLICY)
    agent.on("PUT", f"/v1/acl/{noun}/{ID}", POLICY)
    assert lictor("acl", noun, "update", "-name=web", "-description=d").status == 0
    assert lictor("acl", noun, "update", f"-id={ID}", "-name=other").status == 0
    bodies = [json.loads(asked.body) for asked in agent.asked if asked.method == "PUT"]
    assert bodies == [{**POLICY, "Description": "d"}, {**POLICY, "Name": "other"}]
    assert "Give -id or -name" in lictor("acl", noun, "update").err


def test_templated_policies_are_listed_read_and_previewed(lictor, agent):
    path, name = "/v1/acl/templated-policy", "builtin/service"
    row = {"TemplateName": name, "Schema": "{}", "Template": "t", "Description": "d"}
    agent.on("GET", "/v1/acl/templated-policies", {name: row})
    agent.on("GET", f"{path}/name/{name}", row)
    agent.on("POST", f"{path}/preview/{name}", POLICY)
    assert lictor("acl", "templated-policy", "list").out == f"{name}\n"
    assert "Input variables: Name" in lictor("acl", "templated-policy", "read", f"-name={name}").out
    assert "Rules:" in lictor("acl", "templated-policy", "preview", f"-name={name}", "-var=name:web").out
    assert json.loads(agent.asked[-1].body) == {"Name": "web"}
    assert "NAME:VALUE" in lictor("acl", "templated-policy", "preview", f"-name={name}", "-var=x").err


def test_a_token_is_read_expanded(lictor, agent):
    agent.on("GET", "/v1/acl/token/self", {**TOKEN, "ExpandedPolicies": [POLICY]})
    assert 'Rules:\noperator = "read"' in lictor("acl", "token", "read", "-self", "-expanded").out
    assert agent.asked[0].target.endswith("?expanded=true")
