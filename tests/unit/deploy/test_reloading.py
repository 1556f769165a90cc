"""A running agent's files are read again: what takes effect, what waits for a restart, what is wrong with them."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from lictor_deploy.agent.reloading import Reloading, with_value
from lictor_deploy.agent.spec import node_spec
from lictor_deploy.agent.tls import AgentTls
from lictor_deploy.agent.watches import RunningWatches
from lictor_deploy.config.sections import AgentConfig
from lictor_deploy.words.sentence import Failure
from lictor_messages.agent import AgentOptions
from lictor_messages.reload import DefinitionsRead, ReadDefinitions

SERVER = {"server": True, "bind_addr": "127.0.0.1"}
SCRIPT = {"name": "s", "args": ["true"], "interval": "1s"}


@pytest.fixture(autouse=True)
def level() -> Iterator[None]:
    before = logging.getLogger().level
    yield
    logging.getLogger().setLevel(before)


async def read(running: AgentConfig, now: AgentConfig | Failure) -> DefinitionsRead:
    def load() -> AgentConfig:
        if isinstance(now, Failure):
            raise now
        return now

    reloading = Reloading(running, node_spec(running), load, RunningWatches(), AgentTls(running))
    return await reloading.read(ReadDefinitions(ticket="t"))


async def test_definitions_and_the_level_of_the_log_take_effect(caplog: pytest.LogCaptureFixture) -> None:
    now = AgentConfig(services=[{"name": "web"}], checks=[{"name": "c", "ttl": "9s"}], log_level="ERR")
    made = await read(AgentConfig(bind_addr="127.0.0.1"), now)
    assert [service.service.service for service in made.services] == ["web"]
    assert [check.name for check in made.checks] == ["c"]
    assert (made.ticket, made.error) == ("t", "")
    assert logging.getLogger().level == logging.ERROR
    assert caplog.messages == []


NEW = {
    "http_config.response_headers": ({"A": "b"}, "gateway", "response_headers"),
    "limits.http_max_conns_per_client": (7, "gateway", "max_conns_per_client"),
    "limits.request_limits.mode": ("enforcing", "server", "request_limits_mode"),
    "limits.rpc_rate": (9.0, "agent", "rpc_rate"),
    "dns_config.only_passing": (True, "dns", "only_passing"),
    "discard_check_output": (True, "agent", "discard_check_output"),
    "raft_snapshot_threshold": (99, "server", "snapshot_threshold"),
    "node_meta": ({"rack": "r1"}, "agent", "meta"),
}


@pytest.mark.parametrize("key", NEW)
async def test_what_takes_effect_is_told_to_its_actor_and_to_no_other(
    key: str, caplog: pytest.LogCaptureFixture
) -> None:
    value, role, field = NEW[key]
    running = AgentConfig(**SERVER)
    made = await read(running, with_value(running, key, value))
    (told,) = made.actors
    assert told.role == role
    news = getattr(told.options, field)
    assert value.items() <= news.items() if key == "node_meta" else news == value
    assert caplog.messages == []


async def test_a_key_that_waits_for_a_restart_changes_nothing_that_is_told() -> None:
    running = AgentConfig(**SERVER)
    changed = with_value(with_value(running, "session_ttl_min", 1), "limits.rpc_rate", 5.0)
    (told,) = (await read(running, changed)).actors
    assert isinstance(told.options, AgentOptions)


async def test_other_keys_are_named_as_waiting_for_a_restart(caplog: pytest.LogCaptureFixture) -> None:
    await read(
        AgentConfig(bind_addr="127.0.0.1"), AgentConfig(bind_addr="127.0.0.1", datacenter="dc2", ports={"http": 1})
    )
    assert caplog.messages == ["agent: changed, and in force only after a restart: datacenter, ports.http"]


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (Failure("no such file"), "no such file"),
        (AgentConfig(checks=[{"name": "c"}]), "The definition of check c is wrong: Invalid check: TTL must be > 0"),
        (AgentConfig(log_level="LOUD"), "Invalid log level 'LOUD'"),
        (
            AgentConfig(checks=[SCRIPT], enable_script_checks=True),
            "The definition of check s is wrong: Scripts",
        ),
    ],
)
async def test_a_mistake_is_said_and_logged(
    now: AgentConfig | Failure, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    made = await read(AgentConfig(bind_addr="127.0.0.1"), now)
    assert made.error.startswith(words)
    assert (made.services, made.checks) == ((), ())
    assert caplog.messages[-1].startswith(f"agent: the configuration was not reloaded: {words}")


async def test_scripts_are_taken_as_the_running_agent_runs_them() -> None:
    now = AgentConfig(checks=[SCRIPT])
    made = await read(AgentConfig(bind_addr="127.0.0.1", enable_local_script_checks=True), now)
    assert [check.type for check in made.checks] == ["script"]
