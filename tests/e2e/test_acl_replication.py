"""Two datacenters as real processes: one token for both, also while the primary is stopped, and what is told of it."""

import json
import time
import urllib.error
import urllib.request
from contextlib import ExitStack

import pytest
from denying_agent import FIRST, PATIENCE_S, PAUSE, ROOT, denying_agent

from lictor_deploy.local.handle import own_addresses

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]
# Beside the addresses that this process gives its clusters.
NET = own_addresses()[1].rsplit(".", 1)[0] if own_addresses()[0] == "-base-ip" else "127.0.0"
ONE, TWO = f"{NET}.242", f"{NET}.243"
TOKENS = {"enable_token_replication": True, "tokens": {"replication": ROOT, "agent": ROOT}}
PATH = "/v1/acl/replication"
WRITER = {"Name": "writer", "Rules": 'key_prefix "" { policy = "write" }'}


def http(ip, method, path, body=None, token=ROOT):
    """What is answered, read as JSON; the words of a refusal."""
    asked = urllib.request.Request(f"http://{ip}:8500{path}", method=method, headers={"X-Consul-Token": token})
    asked.data = json.dumps(body).encode() if body is not None else None
    try:
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.read().decode()


def within(true):
    end = time.monotonic() + PATIENCE_S
    while not (found := true()):
        assert time.monotonic() < end
        PAUSE.wait(0.1)
    return found


def may_write(ip, token):
    return http(ip, "PUT", "/v1/kv/a", 1, token) is True


def test_a_token_of_the_primary_holds_in_both_also_while_the_primary_is_down(tmp_path):
    folders = [tmp_path / name for name in ("one", "two", "again")]
    for folder in folders:
        folder.mkdir()
    first = {"acl": FIRST, "primary_datacenter": "dc1", "data_dir": str(tmp_path / "data"), "leave_on_terminate": False}
    second = {"datacenter": "dc2", "primary_datacenter": "dc1", "retry_join_wan": [ONE]}
    with ExitStack() as stack:
        primary = stack.enter_context(ExitStack())
        primary.enter_context(denying_agent(ONE, folders[0], **first))
        stack.enter_context(denying_agent(TWO, folders[1], TOKENS, **second))

        policy = http(TWO, "PUT", "/v1/acl/policy", WRITER)
        assert http(ONE, "GET", f"/v1/acl/policy/{policy['ID']}")["Rules"] == WRITER["Rules"]
        token = http(ONE, "PUT", "/v1/acl/token", {"Policies": [{"Name": "writer"}]})
        within(lambda: may_write(TWO, token["SecretID"]))
        local = http(TWO, "PUT", "/v1/acl/token", {"Local": True, "Policies": [{"ID": policy["ID"]}]})
        assert may_write(TWO, local["SecretID"])
        assert not may_write(ONE, local["SecretID"])

        primary.close()
        unreachable = "Remote DC has no server currently reachable"
        told = within(lambda: (row := http(TWO, "GET", PATH))["LastErrorMessage"] == unreachable and row)
        assert (told["Enabled"], told["SourceDatacenter"], told["ReplicationType"]) == (True, "dc1", "tokens")
        assert may_write(TWO, token["SecretID"])
        assert http(TWO, "PUT", "/v1/acl/policy", WRITER) == unreachable

        stack.enter_context(denying_agent(ONE, folders[2], **first))
        assert http(ONE, "DELETE", f"/v1/acl/token/{token['AccessorID']}") is True
        within(lambda: not may_write(TWO, token["SecretID"]))
        assert may_write(TWO, local["SecretID"])
