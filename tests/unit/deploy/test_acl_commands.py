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


METHOD = {
    "Name": "ci",
    "Type": "jwt",
    "Description": "",
    "Config": {"BoundIssuer": "x"},
    "CreateIndex": 5,
    "ModifyIndex": 6,
}
RULE = {"ID": ID, "AuthMethod": "ci", "Description": "d", "BindType": "service", "BindName": "web", "Selector": "",
        "CreateIndex": 7, "ModifyIndex": 8}  # fmt: skip


@pytest.mark.slow
def test_auth_methods_are_made_shown_and_deleted(lictor, agent, tmp_path):
    (tmp_path / "ci.json").write_text('{"BoundIssuer": "x"}')
    agent.on("PUT", "/v1/acl/auth-method", METHOD)
    agent.on("GET", "/v1/acl/auth-method/ci", METHOD)
    agent.on("GET", "/v1/acl/auth-methods", [METHOD])
    agent.on("DELETE", "/v1/acl/auth-method/ci", True)
    config = f"-config=@{tmp_path}/ci.json"
    made = lictor("acl", "auth-method", "create", "-name=ci", "-type=jwt", config, "-max-token-ttl=5m")
    shown = 'Name:         ci\nType:         jwt\nDescription:\nConfig:\n{\n  "BoundIssuer": "x"\n}\n'
    assert made.out == shown
    assert json.loads(agent.asked[0].body) == {
        "Name": "ci", "Type": "jwt", "MaxTokenTTL": "5m", "Config": {"BoundIssuer": "x"}
    }  # fmt: skip
    assert lictor("acl", "auth-method", "read", "-name=ci").out == shown
    assert "Create Index: 5\n" in lictor("acl", "auth-method", "read", "-name=ci", "-meta").out
    assert json.loads(lictor("acl", "auth-method", "read", "-name=ci", "-format=json").out) == METHOD
    assert lictor("acl", "auth-method", "list").out == "ci:\n   Type:         jwt\n   Description:\n"
    assert lictor("acl", "auth-method", "delete", "-name=ci").out == 'Auth method "ci" deleted successfully\n'
    assert "-config is no JSON" in lictor("acl", "auth-method", "create", "-name=x", "-type=jwt", "-config=x").err


def test_flags_say_the_config_of_kubernetes(lictor, agent, tmp_path):
    (tmp_path / "jwt").write_text("a.b.c\n")
    agent.on("PUT", "/v1/acl/auth-method", METHOD)
    flags = ("-kubernetes-host=https://k8s", f"-kubernetes-service-account-jwt=@{tmp_path}/jwt")
    create = ("acl", "auth-method", "create", "-name=k8s", "-type=kubernetes", *flags)
    assert lictor(*create).status == 0
    assert json.loads(agent.asked[0].body)["Config"] == {"Host": "https://k8s", "ServiceAccountJWT": "a.b.c"}
    assert "give it or them" in lictor(*create, "-config={}").err


@pytest.mark.parametrize("flags", [(), ("-no-merge",)])
def test_an_auth_method_keeps_what_is_not_given(lictor, agent, flags):
    agent.on("GET", "/v1/acl/auth-method/ci", METHOD)
    agent.on("PUT", "/v1/acl/auth-method/ci", METHOD)
    assert lictor("acl", "auth-method", "update", "-name=ci", "-description=new", *flags).status == 0
    kept = {"Name": "ci", "Type": "jwt"} | ({} if flags else {"Config": METHOD["Config"]})
    assert json.loads(agent.asked[-1].body) == {**kept, "Description": "new"}


def test_binding_rules_are_made_shown_and_deleted(lictor, agent):
    agent.on("PUT", "/v1/acl/binding-rule", RULE)
    agent.on("GET", "/v1/acl/binding-rules", [RULE])
    agent.on("DELETE", f"/v1/acl/binding-rule/{ID}", True)
    flags = ("-bind-type=templated-policy", "-bind-name=builtin/service", "-bind-vars=name=web", "-selector=value.a==x")
    made = lictor("acl", "binding-rule", "create", "-method=ci", *flags)
    assert made.out == (
        f"ID:           {ID}\nAuthMethod:   ci\nDescription:  d\nBindType:     service\nBindName:     web\n"
    )
    assert json.loads(agent.asked[0].body) == {
        "AuthMethod": "ci", "BindType": "templated-policy", "BindName": "builtin/service",
        "BindVars": {"Name": "web"}, "Selector": "value.a==x",
    }  # fmt: skip
    listed = lictor("acl", "binding-rule", "list", "-method=ci").out
    assert listed.startswith(f"{ID}:\n   AuthMethod:   ci\n")
    assert lictor("acl", "binding-rule", "delete", f"-id={ID}").out == f'Binding rule "{ID}" deleted successfully\n'
    assert "-bind-vars is to be" in lictor("acl", "binding-rule", "create", "-method=ci", "-bind-vars=web").err


@pytest.mark.parametrize("flags", [(), ("-no-merge",)])
def test_a_binding_rule_keeps_what_is_not_given(lictor, agent, flags):
    agent.on("GET", f"/v1/acl/binding-rule/{ID}", RULE)
    agent.on("PUT", f"/v1/acl/binding-rule/{ID}", RULE)
    assert lictor("acl", "binding-rule", "update", f"-id={ID}", "-bind-name=db", *flags).status == 0
    kept = {} if flags else {name: RULE[name] for name in RULE if "Index" not in name}
    assert json.loads(agent.asked[-1].body) == {**kept, "BindName": "db"}


def test_a_login_goes_from_file_to_file(lictor, agent, tmp_path):
    jwt, sink = tmp_path / "jwt", tmp_path / "token"
    jwt.write_text("a.b.c\n")
    agent.on("POST", "/v1/acl/login", TOKEN)
    flags = ("-method=ci", f"-bearer-token-file={jwt}", f"-token-sink-file={sink}", "-meta=pod=p1")
    ran = lictor("login", *flags)
    assert (ran.status, ran.out) == (0, "")
    assert (sink.read_text(), sink.stat().st_mode & 0o777) == ("s", 0o600)
    assert json.loads(agent.asked[0].body) == {"AuthMethod": "ci", "BearerToken": "a.b.c", "Meta": {"pod": "p1"}}
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".token")] == []
    assert "cannot be read" in lictor("login", "-method=ci", "-bearer-token-file=/no", f"-token-sink-file={sink}").err
    elsewhere = f"-token-sink-file={tmp_path}/no/such"
    assert "cannot be written" in lictor("login", "-method=ci", f"-bearer-token-file={jwt}", elsewhere).err
    jwt.write_text(" ")
    assert (
        "no token is in" in lictor("login", "-method=ci", f"-bearer-token-file={jwt}", f"-token-sink-file={sink}").err
    )
    assert "KEY=VALUE" in lictor("login", *flags[:3], "-meta=x").err


def test_a_logout_shows_its_token(lictor, agent):
    agent.on("POST", "/v1/acl/logout", True)
    assert lictor("logout", "-token=s").status == 0
    assert agent.asked[0].headers["X-Consul-Token"] == "s"


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
