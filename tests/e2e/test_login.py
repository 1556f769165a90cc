"""A login by the commands against a real agent and a real authority, whose certificate is its own."""

import asyncio
import json
import subprocess
import time

import consul
import pytest
from denying_agent import LICTOR, PATIENCE_S, ROOT, denying_agent
from jwt_authority import KeyServer, SigningKey

from lictor_deploy.local.handle import own_addresses

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]
# Beside the addresses that this process gives its clusters.
IP = own_addresses()[1].rsplit(".", 1)[0] + ".241" if own_addresses()[0] == "-base-ip" else "127.0.0.1"


@pytest.fixture
def agent(tmp_path):
    with denying_agent(IP, tmp_path) as log:
        yield log


async def lictor(*words, token=ROOT):
    """A command's status and all that it says."""
    command = [*LICTOR, *words, f"-http-addr={IP}:8500", *([f"-token={token}"] if token else [])]
    ran = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, timeout=PATIENCE_S)
    return ran.returncode, ran.stdout + ran.stderr


async def done(*words, token=ROOT):
    status, said = await lictor(*words, token=token)
    assert status == 0, said
    return said


def claims(**changed):
    return {"sub": "ann", "groups": ["dev"], "iat": time.time(), "exp": time.time() + 600, **changed}


async def test_a_login_from_the_method_to_the_logout(agent, tmp_path):
    key, secrets = SigningKey("key"), []
    server, sink, jwt = KeyServer(tmp_path), tmp_path / "token", tmp_path / "jwt"
    login = ("login", "-method=ci", f"-bearer-token-file={jwt}", f"-token-sink-file={sink}")
    async with server.listening():
        server.serve(key)
        config = {
            "OIDCDiscoveryURL": server.url,
            "OIDCDiscoveryCACert": server.ca,
            "JWTSupportedAlgs": ["ES256"],
            "ClaimMappings": {"sub": "user"},
            "ListClaimMappings": {"groups": "groups"},
        }
        (tmp_path / "ci.json").write_text(json.dumps(config))
        await done("acl", "auth-method", "create", "-name=ci", "-type=jwt", f"-config=@{tmp_path}/ci.json")
        bind = ("-bind-type=service", "-bind-name=web-${value.user}", "-selector=dev in list.groups")
        await done("acl", "binding-rule", "create", "-method=ci", *bind)

        secrets.append(key.signed(claims(iss=server.url)))
        jwt.write_text(secrets[-1])
        assert await done(*login, token="") == ""
        secrets.append(first := sink.read_text())
        assert consul.Consul(host=IP, token=first).agent.service.register("web-ann")
        with pytest.raises(consul.ACLPermissionDenied):
            consul.Consul(host=IP, token=first).agent.service.register("db")

        for said, changed in (
            ("token is expired", {"exp": 5.0}),
            ("invalid issuer", {"iss": "https://evil.example"}),
            ("Permission denied", {"groups": []}),
        ):
            secrets.append(key.signed({**claims(iss=server.url), **changed}))
            jwt.write_text(secrets[-1])
            status, words = await lictor(*login, token="")
            assert (status, said in words) == (1, True), words
        assert sink.read_text() == first

        await done("logout", token=first)
        assert "ACL not found" in (await lictor("acl", "token", "read", "-self", token=first))[1]
    py_consul_reads_and_deletes_them()
    told = agent.read_text()
    assert "leads term" in told
    assert not [secret for secret in secrets if secret in told]


def py_consul_reads_and_deletes_them():
    acl = consul.Consul(host=IP, token=ROOT).acl
    assert [row["Name"] for row in acl.auth_method.list()] == ["ci"]
    assert acl.auth_method.read("ci")["Config"]["ClaimMappings"] == {"sub": "user"}
    made = acl.binding_rule.create("ci", "role", "r", selector="value.user == ann")
    assert acl.binding_rule.read(made["ID"])["Selector"] == "value.user == ann"
    assert len(acl.binding_rule.list()) == 2
    assert acl.binding_rule.delete(made["ID"])
    assert acl.auth_method.delete("ci")
    assert acl.binding_rule.list() == []
