"""py-consul's calls on tokens, policies and roles against a real agent that denies by default."""

import consul
import pytest
from denying_agent import ROOT, denying_agent

from lictor_deploy.local.handle import own_addresses

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]
# Beside the addresses that this process gives its clusters.
IP = own_addresses()[1].rsplit(".", 1)[0] + ".240" if own_addresses()[0] == "-base-ip" else "127.0.0.1"


def client(token=""):
    return consul.Consul(host=IP, token=token or None)


@pytest.fixture(scope="module")
def agent(tmp_path_factory):
    with denying_agent(IP, tmp_path_factory.mktemp("acl")) as log:
        yield log


def test_tokens_policies_and_roles(agent):
    root = client(ROOT)
    with pytest.raises(consul.ACLPermissionDenied, match="bootstrap no longer allowed"):
        client().acl.bootstrap()
    policy = root.acl.policy.create("app", rules={"key_prefix": {"app/": {"policy": "write"}}}, description="d")
    assert root.acl.policy.read(policy["ID"])["Name"] == "app"
    assert {row["Name"] for row in root.acl.policy.list()} == {"global-management", "global-read-only", "app"}
    role = root.acl.role.create("apps", policies_id=[policy["ID"]])
    assert root.acl.role.read_by_name("apps")["ID"] == role["ID"]
    token = root.acl.token.create(roles_name=["apps"], description="of the app", expiration_ttl="1h")
    assert root.acl.token.read(token["AccessorID"])["Roles"] == [{"ID": role["ID"], "Name": "apps"}]
    assert client(token["SecretID"]).acl.token.read_self()["ExpirationTime"] > token["CreateTime"]

    app = client(token["SecretID"])
    assert app.kv.put("app/a", "1")
    assert root.kv.put("other", "2")
    assert [row["Key"] for row in app.kv.get("", recurse=True)[1]] == ["app/a"]
    with pytest.raises(consul.ACLPermissionDenied, match="lacks permission 'key:read' on \"other\""):
        app.kv.get("other")
    with pytest.raises(consul.ACLPermissionDenied, match="anonymous token lacks permission"):
        client().kv.get("app/a")

    copy = root.acl.token.clone(token["AccessorID"], description="copy")
    assert client(copy["SecretID"]).kv.get("app/a")[1]["Value"] == b"1"
    root.acl.policy.update(policy["ID"], "app", rules={"key_prefix": {"app/": {"policy": "read"}}})
    with pytest.raises(consul.ACLPermissionDenied):
        app.kv.put("app/a", "3")
    assert root.acl.token.delete(token["AccessorID"])
    with pytest.raises(consul.ACLPermissionDenied, match="ACL not found"):
        app.kv.get("app/a")
    assert root.acl.role.delete(role["ID"])
    assert root.acl.policy.delete(policy["ID"])


def test_templated_policies(agent):
    root = client(ROOT)
    assert "builtin/service" in root.acl.templated_policy.list()
    assert root.acl.templated_policy.read("builtin/node")["TemplateName"] == "builtin/node"
    rules = root.acl.templated_policy.preview("builtin/service", {"Name": "web"})["Rules"]
    assert 'service "web-sidecar-proxy"' in rules
    token = root.acl.token.create(templated_policies=[{"builtin/service": {"name": "web"}}])
    web = client(token["SecretID"])
    assert web.agent.service.register("web", port=80)
    with pytest.raises(consul.ACLPermissionDenied):
        web.agent.service.register("db", port=81)


def test_no_secret_is_in_the_log(agent):
    """The last test of this module: all that the others have said has been logged at the finest level."""
    secrets = {token["SecretID"] for token in client(ROOT).acl.token.list()} - {"anonymous"}
    assert ROOT in secrets
    said = agent.read_text()
    assert "leads term" in said
    assert not [secret for secret in secrets if secret in said]
