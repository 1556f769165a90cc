"""``lictor watch`` against an agent with a whole store behind its API: what handlers get, when, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from store_agent import StoreAgent, served

from lictor_deploy.cli import watch as watch_command
from lictor_deploy.cli.http_api import HttpAnswer
from lictor_deploy.cli.watch_views import MESH, TYPES, event_index, new_events
from lictor_messages.catalog import CheckRecord, NodeRecord, Register
from lictor_messages.kv import DeleteKey, PutKey

SELF = {"Config": {"NodeName": "n1"}}
KEY = {"Key": "a", "CreateIndex": 2, "ModifyIndex": 2, "LockIndex": 0, "Flags": 7, "Value": "eQ==", "Session": ""}


@pytest.fixture
def consul(monkeypatch: pytest.MonkeyPatch) -> Iterator[StoreAgent]:
    monkeypatch.setenv("SHELL", "/bin/sh")
    monkeypatch.setattr(StoreAgent, "http", answering_self(StoreAgent.http))
    agent = StoreAgent()
    agent.apply(PutKey(key="a", value=b"y", flags=7))
    with served(agent) as address:
        monkeypatch.setenv("CONSUL_HTTP_ADDR", address)
        yield agent


def answering_self(others: Any) -> Any:
    from lictor_messages.web import HttpAnswered

    def http(agent: StoreAgent, method: str, target: str, body: bytes) -> Any:
        if target == "/v1/agent/self":
            return HttpAnswered(status=200, body=json.dumps(SELF).encode())
        return others(agent, method, target, body)

    return http


@pytest.mark.parametrize(
    ("flags", "shown"),
    [
        (["-type=key", "-key=a"], KEY),
        (["-type=key", "-key=none"], None),
        (["-type=keyprefix", "-prefix=a"], [KEY]),
        (["-type=keyprefix", "-prefix=none"], None),
        (["-type=services"], {}),
        (["-type=service", "-service=web", "-passingonly=true", "-tag=blue"], []),
        (["-type=checks", "-state=critical"], []),
        (["-type=checks", "-service=web"], []),
    ],
    ids=str,
)
def test_without_a_command_what_there_is_is_printed_once(lictor: Any, consul: Any, flags: Any, shown: Any) -> None:
    ran = lictor("watch", *flags)
    assert (ran.status, ran.err) == (0, "")
    assert ran.out == json.dumps(shown, indent=4) + "\n"


def test_nodes_and_checks_are_the_apis(lictor: Any, consul: Any) -> None:
    assert [node["Node"] for node in json.loads(lictor("watch", "-type=nodes").out)] == ["n1"]
    assert json.loads(lictor("watch", "-type=nodes", '-filter=Node == "n2"').out) == []
    assert [check["CheckID"] for check in json.loads(lictor("watch", "-type=checks").out)] == ["serfHealth"]


def test_the_command_gets_each_change_and_nothing_else(lictor: Any, consul: StoreAgent, tmp_path: Path) -> None:
    """Each run of the command makes the next change; the last one fails, and that ends the watch."""
    seen = tmp_path / "seen"
    changes = iter([(PutKey(key="other", value=b"x"), PutKey(key="a", value=b"z")), (DeleteKey(key="a"),)])
    read = consul.read

    def changing(query: Any) -> Any:
        if query.min_index:  # the command has seen what was before
            for change in next(changes):
                consul.apply(change)
        return read(query)

    consul.read = changing  # type: ignore[method-assign]
    shell = f'tee -a {seen}; echo " $CONSUL_INDEX" >> {seen}; test $(wc -l < {seen}) -lt 6'
    ran = lictor("watch", "-type=key", "-key=a", shell)
    assert (ran.status, ran.err) == (1, "Error executing handler: exit status 1\n")
    lines = seen.read_text().splitlines()
    values = [json.loads(line) for line in lines[::2]]
    assert [value and value["Value"] for value in values] == ["eQ==", "eg==", None]
    assert [int(line) for line in lines[1::2]] == [2, 4, 5]


def test_a_command_that_cannot_be_run_is_named(lictor: Any, consul: Any) -> None:
    ran = lictor("watch", "-type=nodes", "-shell=false", "/nowhere/handler")
    assert (ran.status, ran.out) == (1, "")
    assert ran.err == "Failed to run child process: /nowhere/handler: No such file or directory\n"


def test_a_command_that_dies_of_a_signal_is_told(lictor: Any, consul: Any) -> None:
    ran = lictor("watch", "-type=nodes", "kill -9 $$")
    assert (ran.status, ran.err) == (1, "Error executing handler: signal SIGKILL\n")


def test_a_command_that_does_not_read_is_no_failure(lictor: Any, consul: StoreAgent, tmp_path: Path) -> None:
    consul.apply(PutKey(key="big", value=os.urandom(300_000)))
    ran = lictor("watch", "-type=key", "-key=big", "-shell=false", sys.executable, "-c", "raise SystemExit(3)")
    assert (ran.status, ran.err) == (1, "Error executing handler: exit status 3\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("busy", [True, False], ids=["while the command runs", "between changes"])
@pytest.mark.slow
def test_signals_end_it_with_0_after_the_command(consul: Any, tmp_path: Path, number: int, busy: bool) -> None:
    ready, told = tmp_path / "ready", tmp_path / "told"
    os.mkfifo(ready)
    child = "import signal, sys; signal.signal(int(sys.argv[1]), lambda *_: (open(sys.argv[3], 'w'), sys.exit(0)));"
    child += "open(sys.argv[2], 'w').close();" + ("signal.pause()" if busy else "")
    words = [sys.executable, "-m", "lictor_deploy.cli.entry", "watch", "-type=nodes", "-shell=false"]
    watching = subprocess.Popen([*words, sys.executable, "-c", child, str(int(number)), str(ready), str(told)])
    ready.open().close()
    if not busy:
        consul.until(lambda: consul.blocked)
    watching.send_signal(number)
    assert watching.wait(30) == 0
    assert told.exists() == busy


@pytest.mark.parametrize("status", [500, 403])
def test_what_the_agent_refuses_is_tried_again(lictor: Any, consul: Any, monkeypatch: Any, status: int) -> None:
    from lictor_messages.web import HttpAnswered

    monkeypatch.setattr(watch_command, "RETRY_S", 0.01)
    http, refusals = StoreAgent.http, iter([status])

    def refusing(agent: StoreAgent, method: str, target: str, body: bytes) -> Any:
        if target.startswith("/v1/kv/") and next(refusals, None):
            return HttpAnswered(status=status, body=b"No cluster leader")
        return http(agent, method, target, body)

    monkeypatch.setattr(StoreAgent, "http", refusing)
    ran = lictor("watch", "-type=key", "-key=a")
    assert (ran.status, json.loads(ran.out)) == (0, KEY)
    assert ran.err == f"Unexpected response code: {status} (No cluster leader) Trying again in 0 s.\n"


def test_an_agent_that_cannot_be_reached_is_no_reason_to_wait(lictor: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("CONSUL_HTTP_ADDR", "127.0.0.1:1")
    ran = lictor("watch", "-type=nodes")
    assert (ran.status, ran.out) == (1, "")
    assert "connection refused" in ran.err


def test_events_are_those_after_the_last_one() -> None:
    ids = [str(UUID(int=number << 64 | 5)) for number in (1, 2, 3)]
    answer = HttpAnswer(200, {}, json.dumps([{"ID": id} for id in ids]).encode())
    assert [event["ID"] for event in new_events(answer, 0)] == ids
    assert [event["ID"] for event in new_events(answer, event_index(ids[0]))] == ids[1:]
    assert new_events(answer, event_index(ids[2])) == []
    assert event_index(ids[0]) == 1 ^ 5


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ([], "-type is missing"),
        (["-type=what"], f"give one of {', '.join(TYPES)}"),
        *(([f"-type={mesh}"], "needs a service mesh") for mesh in MESH),
        *(([f"-type={name}"], f"needs -{kind.needs}") for name, kind in TYPES.items() if kind.needs),
        (["-type=nodes", "-key=x"], "has no use for -key"),
        (["-type=event", "-filter=x"], "has no use for -filter"),
        (["-type=checks", "-service=a", "-state=any"], "Only one of -service and -state"),
        (["-type=service", "-service=a", "-passingonly=perhaps"], "-passingonly=perhaps must be true or false"),
    ],
    ids=str,
)
def test_what_cannot_be_watched_is_named(lictor: Any, flags: list[str], words: str) -> None:
    ran = lictor("watch", *flags)
    assert (ran.status, ran.out) == (1, "")
    assert words in ran.err
    assert ran.err.count("\n") == 1


def test_a_check_that_changes_is_a_change(lictor: Any, consul: StoreAgent) -> None:
    node = NodeRecord(node="n1", address="10.0.0.1")
    read, states = consul.read, iter(["critical"])

    def failing(query: Any) -> Any:
        if query.min_index and (status := next(states, "")):
            check = CheckRecord(node="n1", check_id="serfHealth", name="", status=status)
            consul.apply(Register(node=node, checks=(check,)))
        return read(query)

    consul.read = failing  # type: ignore[method-assign]
    ran = lictor("watch", "-type=checks", "! grep -q critical")
    assert (ran.status, ran.err) == (1, "Error executing handler: exit status 1\n")
