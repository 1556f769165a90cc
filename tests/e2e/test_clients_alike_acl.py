"""Access control by the Python client: the same over the bus and over HTTP, against an agent that denies by default."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from denying_agent import ROOT, denying_agent

import lictor
from lictor_deploy.local.handle import own_addresses
from lictor_messages.auth_methods import AuthMethod, MethodConfig

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]
# Beside the addresses that this process gives its clusters.
IP = own_addresses()[1].rsplit(".", 1)[0] + ".241" if own_addresses()[0] == "-base-ip" else "127.0.0.1"
KEY = """-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=
-----END PUBLIC KEY-----
"""


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with denying_agent(IP, tmp_path_factory.mktemp("acl")) as log:
        yield log


@pytest.fixture(params=["bus", "http"])
def url(agent: Path, request: pytest.FixtureRequest) -> str:
    return f"tcp://{IP}:8304" if request.param == "bus" else f"http://{IP}:8500"


def test_a_token_may_do_what_its_policy_says(url: str) -> None:
    with lictor.Client(url, token=ROOT) as root:
        policy = root.acl.create_policy("app", 'key_prefix "app/" { policy = "write" }', description="d")
        role = root.acl.create_role("apps", policies=["app"])
        token = root.acl.create_token("of the app", roles=["apps"], expires="1h")
        read = root.acl.token(token.accessor_id)
        assert read is not None
        assert [link.id for link in read.roles] == [role.id]
        assert read.expiration_ns - read.create_ns == 3600 * 10**9
        assert token.accessor_id in [row.accessor_id for row in root.acl.tokens(role=role.id)]

        with lictor.Client(url, token=token.secret_id) as app:
            own = app.acl.token_self()
            assert own is not None
            assert own.accessor_id == token.accessor_id
            assert app.kv.put("app/a", "1")
            with pytest.raises(lictor.Refused, match="key:write") as refused:
                app.kv.put("other", "2")
            assert refused.value.code == "PermissionDenied"
            with pytest.raises(lictor.Refused):
                app.acl.policies()
            with pytest.raises(lictor.Refused, match="acl:read"):
                app.acl.policy(policy.id)
            root.acl.update_policy(policy.model_copy(update={"rules": ""}))
            with pytest.raises(lictor.Refused, match="key:write"):
                app.kv.put("app/a", "2")

        renamed = root.acl.update_token(read.model_copy(update={"description": "renamed"}))
        assert renamed.description == "renamed"
        assert root.acl.delete_token(token.accessor_id)
        assert root.acl.token(token.accessor_id) is None
        assert root.acl.update_role(role.model_copy(update={"description": "r"})).description == "r"
        assert [row.name for row in root.acl.roles(policy=policy.id)] == ["apps"]
        assert root.acl.delete_role(role.id)
        assert root.acl.role(name="apps") is None
        assert root.acl.delete_policy(policy.id)
        assert root.acl.policy(name="app") is None
        assert "app" not in {row.name for row in root.acl.policies()}
        with pytest.raises(lictor.LictorError, match="bootstrap"):
            root.acl.bootstrap()


def test_who_may_log_in(url: str) -> None:
    with lictor.Client(url, token=ROOT) as root:
        config = MethodConfig(jwt_validation_pub_keys=(KEY,), bound_issuer="me")
        method = root.acl.put_auth_method(AuthMethod(name="m", type="jwt", config=config))
        assert method.config.bound_issuer == "me"
        rule = root.acl.create_binding_rule("m", "service", "web")
        assert [row.id for row in root.acl.binding_rules(auth_method="m")] == [rule.id]
        changed = root.acl.update_binding_rule(rule.model_copy(update={"bind_name": "db"}))
        assert changed.bind_name == "db"
        found = root.acl.binding_rule(rule.id)
        assert found is not None
        assert found.bind_name == "db"
        with pytest.raises(lictor.LictorError):
            root.acl.login("m", "no.jwt.atall")
        assert root.acl.delete_binding_rule(rule.id)
        assert root.acl.binding_rule(rule.id) is None
        assert [row.name for row in root.acl.auth_methods()] == ["m"]
        assert root.acl.delete_auth_method("m")
        assert root.acl.auth_method("m") is None


def test_a_token_that_there_is_not_is_refused(url: str) -> None:
    unknown = "11111111-0000-0000-0000-000000000000"
    with lictor.Client(url, token=unknown) as stranger, pytest.raises(lictor.Refused, match="ACL not found"):
        stranger.acl.token_self()
