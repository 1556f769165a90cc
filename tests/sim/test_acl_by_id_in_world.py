"""Tokens, policies and roles over HTTP, by ids that there are and ids that there are not: clients tell these apart."""

from __future__ import annotations

import json
from typing import Any

import pytest
from acl_cluster import ROOT, Cluster, uuid

SECRET = "DEADBEEF-0000-4000-8000-00000000BEEF"


@pytest.fixture(scope="module")
def cluster() -> Cluster:
    return Cluster()


def say(cluster: Cluster, method: str, path: str, body: Any = None, token: str = ROOT) -> tuple[int, str]:
    answer = cluster.http(method, f"/v1/acl/{path}", token, json.dumps(body or {}).encode())
    return answer.status, answer.body.decode()


@pytest.mark.parametrize(("kind", "status"), [("token", 403), ("policy", 403), ("role", 404)])
def test_what_is_not_there_and_what_is_no_id(cluster: Cluster, kind: str, status: int) -> None:
    assert say(cluster, "GET", f"{kind}/{uuid(777)}") == (status, "ACL not found")
    malformed = (500, f"failed acl {kind} lookup: index error: UUID must be 36 characters")
    assert say(cluster, "GET", f"{kind}/unknown") == malformed


@pytest.mark.parametrize("kind", ["token", "policy", "role"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_who_may_not_read_hears_of_that_before_the_shape_of_an_id(cluster: Cluster, kind: str, method: str) -> None:
    status, text = say(cluster, method, f"{kind}/unknown", token=cluster.token('acl = "deny"'))
    assert status == 403
    assert "lacks permission 'acl:read'" in text
    assert say(cluster, method, f"{kind}/unknown", token=uuid(555)) == (403, "ACL not found")
    assert say(cluster, method, f"{kind}/unknown")[0] == 500


def test_a_token_that_is_not_there_is_not_cloned(cluster: Cluster) -> None:
    assert say(cluster, "PUT", f"token/{uuid(777)}/clone") == (403, "ACL not found")
    assert say(cluster, "PUT", "token/unknown/clone")[0] == 500


def test_a_secret_is_kept_as_it_was_written(cluster: Cluster) -> None:
    made = json.loads(say(cluster, "PUT", "token", {"SecretID": SECRET})[1])
    assert made["SecretID"] == SECRET
    assert say(cluster, "GET", "token/self", token=SECRET)[0] == 200


def test_a_token_without_the_right_hears_of_that_before_it_hears_that_it_is_its_own(cluster: Cluster) -> None:
    made = json.loads(say(cluster, "PUT", "token")[1])
    status, text = say(cluster, "DELETE", f"token/{made['AccessorID']}", token=made["SecretID"])
    assert status == 403
    assert "lacks permission 'acl:write'" in text
    manages = json.loads(say(cluster, "PUT", "token", {"Policies": [{"Name": "global-management"}]})[1])
    status, text = say(cluster, "DELETE", f"token/{manages['AccessorID']}", token=manages["SecretID"])
    assert (status, text) == (500, "Deletion of the request's authorization token is not permitted")


def test_variables_of_templates_are_read_in_either_case_and_written_as_consul_does(cluster: Cluster) -> None:
    for name in ("Name", "name"):
        templated = {"TemplateName": "builtin/service", "TemplateVariables": {name: "web"}}
        made = json.loads(say(cluster, "PUT", "token", {"TemplatedPolicies": [templated]})[1])
        assert made["TemplatedPolicies"][0]["TemplateVariables"] == {"name": "web"}


def test_an_accessor_is_shown_as_it_was_written_and_found_in_either_case(cluster: Cluster) -> None:
    accessor = "DeadBeef-0000-4000-8000-00000000BEEF"
    assert json.loads(say(cluster, "PUT", "token", {"AccessorID": accessor})[1])["AccessorID"] == accessor
    for written in (accessor.lower(), accessor.upper()):
        assert json.loads(say(cluster, "GET", f"token/{written}")[1])["AccessorID"] == accessor
        status, text = say(cluster, "PUT", "token", {"AccessorID": written})
        assert (status, text) == (500, "Invalid Token: AccessorID is already in use")
        updated = json.loads(say(cluster, "PUT", f"token/{written}", {"Description": written})[1])
        assert (updated["AccessorID"], updated["Description"]) == (accessor, written)
    assert accessor in [token["AccessorID"] for token in json.loads(say(cluster, "GET", "tokens")[1])]
    cloned = json.loads(say(cluster, "PUT", f"token/{accessor.lower()}/clone")[1])
    assert cloned["Description"] == accessor.upper()
    assert say(cluster, "DELETE", f"token/{accessor.lower()}") == (200, "true")
    assert say(cluster, "GET", f"token/{accessor}") == (403, "ACL not found")


def test_a_token_does_not_revoke_itself_by_another_spelling(cluster: Cluster) -> None:
    body = {"AccessorID": "ABCDABCD-0000-4000-8000-00000000BEEF", "Policies": [{"Name": "global-management"}]}
    made = json.loads(say(cluster, "PUT", "token", body)[1])
    status, text = say(cluster, "DELETE", f"token/{made['AccessorID'].lower()}", token=made["SecretID"])
    assert (status, text) == (500, "Deletion of the request's authorization token is not permitted")
