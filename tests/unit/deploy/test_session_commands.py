import json

import pytest

ID = "0a1b2c3d-0000-4000-8000-000000000001"
ROW = {
    "ID": ID, "Name": "", "Node": "n1", "LockDelay": 15_000_000_000, "Behavior": "release", "TTL": "30s",
    "NodeChecks": ["serfHealth"], "ServiceChecks": [{"ID": "web-up"}], "CreateIndex": 7, "ModifyIndex": 7,
}  # fmt: skip
TABLE = (
    "ID                                    Name  Node  TTL  Behavior  LockDelay  Checks             CreateIndex\n"
    f"{ID}  -     n1    30s  release   15s        serfHealth,web-up  7\n"
)


def test_create_prints_the_id(lictor, agent):
    agent.on("PUT", "/v1/session/create", {"ID": ID})
    assert lictor("session", "create", "-name=x", "-ttl=30s", "-node", "n2") == (0, f"{ID}\n", "")
    assert json.loads(agent.asked[0].body) == {
        "Name": "x", "LockDelay": "15s", "Behavior": "release", "TTL": "30s", "Node": "n2",
    }  # fmt: skip


@pytest.mark.parametrize(("flags", "checks"), [(["-check=a", "-check=b"], ["a", "b"]), (["-no-checks"], [])])
def test_checks_can_be_chosen_or_left_out(lictor, agent, flags, checks):
    agent.on("PUT", "/v1/session/create", {"ID": ID})
    lictor("session", "create", *flags)
    assert json.loads(agent.asked[0].body)["NodeChecks"] == checks


def test_checks_cannot_be_chosen_and_left_out(lictor, agent):
    assert (
        lictor("session", "create", "-check=a", "-no-checks").err
        == "Error! -check and -no-checks exclude each other.\n"
    )
    assert agent.asked == []


def test_a_refusal_is_told_in_the_servers_words(lictor, agent):
    agent.on("PUT", "/v1/session/create", b"Check 'x' is in critical state", status=500)
    ran = lictor("session", "create")
    assert ran.status == 1
    assert "Check 'x' is in critical state" in ran.err


def test_list_info_and_renew_show_a_table(lictor, agent):
    agent.on("GET", "/v1/session/list", [ROW])
    agent.on("GET", "/v1/session/node/n1", [ROW])
    agent.on("GET", f"/v1/session/info/{ID}", [ROW])
    agent.on("PUT", f"/v1/session/renew/{ID}", [ROW])
    commands = (["list"], ["list", "-node=n1"], ["info", ID], ["renew", ID])
    assert [lictor("session", *command)[:2] for command in commands] == [(0, TABLE)] * 4


def test_what_is_gone_is_status_1(lictor, agent):
    agent.on("GET", f"/v1/session/info/{ID}", [])
    agent.on("PUT", f"/v1/session/renew/{ID}", f"Session id '{ID}' not found".encode(), status=404)
    for verb in ("info", "renew"):
        assert lictor("session", verb, ID) == (1, "", f"Session id '{ID}' not found\n")


def test_destroy_says_so(lictor, agent):
    agent.on("PUT", f"/v1/session/destroy/{ID}", True)
    assert lictor("session", "destroy", ID) == (0, f"Destroyed session: {ID}\n", "")


def test_a_key_is_locked_and_unlocked(lictor, agent):
    agent.on("PUT", "/v1/kv/k", True)
    assert lictor("kv", "put", "-acquire", f"-session={ID}", "k", "v").out == "Success! Lock acquired on: k\n"
    assert agent.asked[-1].target == f"/v1/kv/k?flags=0&acquire={ID}"
    assert lictor("kv", "put", "-release", f"-session={ID}", "k").out == "Success! Lock released on: k\n"
    assert agent.asked[-1].target == f"/v1/kv/k?flags=0&release={ID}"
    agent.on("PUT", "/v1/kv/k", False)
    assert lictor("kv", "put", "-acquire", f"-session={ID}", "k").err == "Error! Did not acquire lock k: lock is held\n"


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["-acquire"], "Error! Missing -session (required with -acquire)"),
        (["-release"], "Error! Missing -session (required with -release)"),
        ([f"-session={ID}"], "Error! Cannot specify -session without -acquire or -release!"),
        (["-acquire", "-cas", f"-session={ID}"], "Error! -cas, -acquire and -release exclude each other."),
    ],
)
def test_flags_that_make_no_sense_together_are_refused(lictor, agent, flags, words):
    assert lictor("kv", "put", *flags, "k") == (1, "", words + "\n")
    assert agent.asked == []
