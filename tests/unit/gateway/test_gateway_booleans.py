"""Parameters that say yes or no, with every odd value: each endpoint has Consul's own rule for them."""

from __future__ import annotations

import pytest

from lictor_messages.agent import RegisterService, SetMaintenance
from lictor_messages.catalog import ListServiceHealth
from lictor_messages.kv import DeleteKey, GetKey, ListKeyNames, ListKeys
from lictor_messages.members import ForceLeave, Join, ListMembers, Members

GO_TRUE = ("1", "t", "T", "TRUE", "true", "True")
GO_FALSE = ("0", "f", "F", "FALSE", "false", "False")
NEITHER = ("no", "yes", "off", "on", "tRUE", "2", "-1", "null", "%20true")


def asked(desk, method, target, body=b""):
    before = len(desk.asked)
    request = desk.http(method, target, body)
    return desk.asked[-1].body if len(desk.asked) > before else desk.answers[request]


@pytest.mark.parametrize(
    ("query", "replaces"),
    [
        ("", False),
        ("?replace-existing-checks", True),
        ("?replace-existing-checks=", True),
        ("?replace-existing-checks=true", True),
        *((f"?replace-existing-checks={value}", False) for value in (*GO_TRUE, *GO_FALSE, *NEITHER) if value != "true"),
        ("?replace-existing-checks=true&replace-existing-checks=false", True),
        ("?replace-existing-checks=false&replace-existing-checks=true", False),
        ("?Replace-Existing-Checks=true", False),
    ],
)
def test_checks_are_replaced_for_true_and_for_no_value_alone(desk, query, replaces):
    register = asked(desk, "PUT", f"/v1/agent/service/register{query}", {"Name": "web"})
    assert isinstance(register, RegisterService)
    assert register.replace_existing_checks is replaces


@pytest.mark.parametrize("value", ["", *GO_TRUE, *GO_FALSE, *NEITHER])
@pytest.mark.parametrize("path", ["/v1/agent/maintenance", "/v1/agent/service/maintenance/web1"])
def test_enable_is_a_boolean_of_go(desk, path, value):
    answer = asked(desk, "PUT", f"{path}?enable={value}")
    if value in (*GO_TRUE, *GO_FALSE):
        assert isinstance(answer, SetMaintenance)
        assert answer.enable is (value in GO_TRUE)
    else:
        shown = value.replace("%20", " ")
        assert (answer.status, answer.body.decode()) == (400, f'Invalid value for enable: "{shown}"')


@pytest.mark.parametrize("value", ["", *GO_TRUE, *GO_FALSE, *NEITHER])
def test_passing_is_a_boolean_of_go_and_true_without_a_value(desk, value):
    answer = asked(desk, "GET", f"/v1/health/service/web?passing={value}")
    if value in ("", *GO_TRUE, *GO_FALSE):
        assert isinstance(answer, ListServiceHealth)
        assert answer.passing is (value not in GO_FALSE)
    else:
        assert (answer.status, answer.body) == (400, b"Invalid value for ?passing")


@pytest.mark.parametrize("value", ["", "=", "=true", "=false", "=0", "=1", "=no", "=x"])
def test_most_parameters_act_by_being_there(desk, value):
    assert isinstance(asked(desk, "GET", f"/v1/kv/a?recurse{value}"), ListKeys)
    assert isinstance(asked(desk, "GET", f"/v1/kv/a?keys{value}"), ListKeyNames)
    assert asked(desk, "GET", f"/v1/kv/a?raw{value}") == GetKey(key="a")
    assert asked(desk, "GET", f"/v1/kv/a?stale{value}").consistency == "stale"
    assert asked(desk, "GET", f"/v1/kv/a?consistent{value}").consistency == "consistent"
    assert asked(desk, "DELETE", f"/v1/kv/a?recurse{value}") == DeleteKey(key="a", recurse=True)
    assert asked(desk, "PUT", f"/v1/agent/force-leave/n2?prune{value}") == ForceLeave(node="n2", prune=True)


@pytest.mark.parametrize("value", ["", "="])
def test_wan_without_a_value_says_nothing(desk, value):
    assert isinstance(asked(desk, "PUT", f"/v1/agent/join/10.0.0.9?wan{value}"), Join)
    request = desk.http("GET", f"/v1/agent/members?wan{value}")
    assert desk.upstream() == ListMembers()
    desk.answer(Members(members=()))
    assert desk.answers[request].status == 200


@pytest.mark.parametrize("value", ["1", "0", "true", "false", "no"])
def test_wan_with_any_value_is_the_other_pool(desk, value):
    assert asked(desk, "PUT", f"/v1/agent/join/10.0.0.9?wan={value}").wan
