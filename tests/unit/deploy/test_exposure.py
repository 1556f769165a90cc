"""What an agent says at start about the addresses that other machines may reach."""

from __future__ import annotations

import pytest

from lictor_deploy.agent.exposure import exposed, warning
from lictor_deploy.config.sections import AgentConfig

KEY = {"encrypt": "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVpBQkNERUY="}
CERTIFIED = {"tls": {"internal_rpc": {"verify_incoming": True}, "defaults": {"ca_file": "ca", "cert_file": "c"}}}


def test_on_loopback_there_is_nothing_to_say():
    assert warning(AgentConfig(bind_addr="127.0.0.1")) == ""
    assert warning(AgentConfig(bind_addr="::1", client_addr="::1")) == ""


@pytest.mark.parametrize(
    ("config", "addresses"),
    [
        ({}, ["0.0.0.0:8301", "0.0.0.0:8300"]),
        ({"bind_addr": "10.0.0.5"}, ["10.0.0.5:8301", "10.0.0.5:8300"]),
        ({"bind_addr": "127.0.0.1", "client_addr": "0.0.0.0"}, ["0.0.0.0:8500", "0.0.0.0:8304"]),
        ({"bind_addr": "127.0.0.1", "client_addr": "::", "ports": {"bus": -1}}, ["[::]:8500"]),
        (
            {"bind_addr": "127.0.0.1", "client_addr": "10.0.0.5", "ports": {"bus": -1, "http": -1, "https": 8501}},
            ["10.0.0.5:8501"],
        ),
        (
            {
                "bind_addr": "127.0.0.1",
                "client_addr": "10.0.0.5",
                "ports": {"bus": -1, "http": -1, "https": 8501},
                "verify_incoming_https": True,
            },
            [],
        ),
        ({"bind_addr": "10.0.0.5", **KEY}, ["10.0.0.5:8301", "10.0.0.5:8300"]),
        ({"bind_addr": "10.0.0.5", **CERTIFIED}, ["10.0.0.5:8301"]),
        ({"bind_addr": "10.0.0.5", **CERTIFIED, **KEY, "encrypt_verify_incoming": False}, ["10.0.0.5:8301"]),
        ({"bind_addr": "10.0.0.5", **CERTIFIED, **KEY}, []),
        ({"bind_addr": "fd00::5"}, ["[fd00::5]:8301", "[fd00::5]:8300"]),
        ({"bind_addr": "127.0.0.1", "advertise_addr": "10.0.0.5"}, []),
    ],
)
def test_every_address_beyond_it_is_named(config, addresses):
    assert exposed(AgentConfig.model_validate(config)) == addresses


def test_scripts_for_everybody_are_named():
    config = AgentConfig(bind_addr="10.0.0.5", enable_script_checks=True)
    assert "knows, and have programs run here (enable_script_checks), without keys" in warning(config)
    assert "programs" not in warning(AgentConfig(bind_addr="10.0.0.5", enable_local_script_checks=True))


def test_where_tokens_decide_it_says_what_is_left():
    acl = {"enabled": True, "default_policy": "deny"}
    said = warning(AgentConfig.model_validate({"bind_addr": "10.0.0.5", "acl": acl}))
    assert said.startswith("10.0.0.5:8301 and 10.0.0.5:8300 can be reached from other machines: tokens are asked for")
    assert "until tls and encrypt are set" in said
    allowing = AgentConfig.model_validate({"bind_addr": "10.0.0.5", "acl": {**acl, "default_policy": "allow"}})
    assert "without keys" in warning(allowing)


@pytest.mark.parametrize(("asks", "found"), [(True, []), (False, ["10.0.0.5:8304"])])
def test_a_door_that_demands_certificates_is_not_open_to_strangers(asks, found):
    ports = {"http": -1, "dns": -1}
    config = {"bind_addr": "127.0.0.1", "client_addr": "10.0.0.5", "ports": ports}
    assert exposed(AgentConfig.model_validate({**config, "tls": {"bus": {"verify_incoming": asks}}})) == found


def test_the_sentence_names_the_remedy():
    assert warning(AgentConfig(bind_addr="10.0.0.5", client_addr="10.0.0.5")) == (
        "everybody who can reach 10.0.0.5:8301, 10.0.0.5:8300, 10.0.0.5:8500 and 10.0.0.5:8304 can read and change all "
        "that the cluster knows, without keys: bind to loopback or to a private network with -bind and "
        "-client (see docs/security.md)"
    )
