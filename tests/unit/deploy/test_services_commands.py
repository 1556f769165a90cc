"""``lictor services`` and ``lictor reload``: what they ask of the agent, and what they refuse before they ask."""

from __future__ import annotations

import json

import pytest

REGISTER = "/v1/agent/service/register"


def test_the_services_of_a_file_are_registered_as_they_stand_there(lictor, agent, tmp_path):
    agent.on("PUT", REGISTER)
    services = [{"name": "web", "port": 80, "check": {"ttl": "9s"}}, {"id": "db1", "name": "db"}]
    (tmp_path / "a.json").write_text(json.dumps({"service": services[0]}))
    (tmp_path / "b.json").write_text(json.dumps({"services": services[1:]}))
    ran = lictor("services", "register", str(tmp_path / "a.json"), str(tmp_path / "b.json"))
    assert ran.out == "Registered service: web\nRegistered service: db\n"
    assert [json.loads(asked.body) for asked in agent.asked] == services


def test_a_service_is_registered_by_flags(lictor, agent):
    agent.on("PUT", REGISTER)
    ran = lictor(
        "services", "register", "-name=web", "-port=80", "-tag=a", "-tag=b", "-meta=k=v=w", "-address=10.0.0.1"
    )
    assert ran.out == "Registered service: web\n"
    assert json.loads(agent.asked[0].body) == {
        "Name": "web", "Port": 80, "Tags": ["a", "b"], "Meta": {"k": "v=w"}, "Address": "10.0.0.1",
    }  # fmt: skip


def test_services_are_deregistered_by_file_and_by_id(lictor, agent, tmp_path):
    agent.on("PUT", "/v1/agent/service/deregister/db1")
    (tmp_path / "a.json").write_text('{"service": {"id": "db1", "name": "db"}}')
    assert lictor("services", "deregister", str(tmp_path / "a.json")).out == "Deregistered service: db1\n"
    assert lictor("services", "deregister", "-id=db1").out == "Deregistered service: db1\n"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"server": true, "services": []}', "only service and services are read here, not server"),
        ("{}", "There is no service in"),
        ('{"services": 7}', "each service must be an object with a name"),
        ('{"services": [{"port": 1}]}', "each service must be an object with a name"),
        ("{", "is not JSON"),
    ],
)
def test_a_file_without_services_is_refused(lictor, agent, tmp_path, content, words):
    (tmp_path / "a.json").write_text(content)
    ran = lictor("services", "register", str(tmp_path / "a.json"))
    assert (ran.status, ran.out, agent.asked) == (1, "", [])
    assert words in ran.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["register"], "Give either files or flags"),
        (["register", "a.json", "-name=web"], "Give either files or flags"),
        (["register", "-name=web", "-meta=x"], "-meta=x must be key=value"),
        (["deregister"], "Give either files or flags"),
    ],
)
def test_what_cannot_be_meant_is_refused(lictor, agent, words, said):
    ran = lictor("services", *words)
    assert (ran.status, ran.out, agent.asked) == (1, "", [])
    assert said in ran.err


def test_a_reload_says_that_it_was_done_or_why_not(lictor, agent):
    agent.on("PUT", "/v1/agent/reload")
    assert lictor("reload").out == "Configuration reload triggered\n"
    agent.on("PUT", "/v1/agent/reload", b"services: web has no name", 500)
    assert lictor("reload").err == "Unexpected response code: 500 (services: web has no name)\n"
