"""An option is declared once: what reads it, makes its flag and its help, and feeds actors goes by that."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path
from typing import Any

import pytest

from lictor_actors.faults.vocabulary import in_seconds
from lictor_actors.node.spec import OPTIONS, NodeSpec
from lictor_actors.node.tree import tree
from lictor_deploy.agent.pid_file import pid_file
from lictor_deploy.agent.ports_left_out import with_usable_ports
from lictor_deploy.agent.run import listeners
from lictor_deploy.agent.spec import node_spec
from lictor_deploy.cli import agent as agent_command
from lictor_deploy.cli.plain_flags import read_plain
from lictor_deploy.cli.tree import build, call
from lictor_deploy.config.consul_keys import LACKING, NOT_IN_FORCE, OFF, REMOVED, RENAMED
from lictor_deploy.config.flags import flags_of, raw_of
from lictor_deploy.config.kinds import Count
from lictor_deploy.config.load import Sources, load
from lictor_deploy.config.option import option, options, section
from lictor_deploy.config.page import page
from lictor_deploy.config.sections import AgentConfig, Performance
from lictor_deploy.words.durations import seconds
from lictor_deploy.words.sentence import Failure
from lictor_messages.durations import duration_ns

ROOT = Path(__file__).parents[3]
DECLARED = list(options(AgentConfig))


class Faster(Performance):
    """A section with an option more."""

    writes_at_once: Count = option("Writes that may be open.", flag="writes-at-once", feeds="server.open_writes_max")


class FasterConfig(AgentConfig):
    performance: Faster = section()


def configured(raw: Any, **more: Any) -> AgentConfig:
    return load(Sources(), raw, dev=True, **more)[0]


@pytest.fixture
def file(tmp_path: Path) -> Any:
    def write(content: Any) -> str:
        path = tmp_path / "c.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return str(path)

    return write


def test_a_declaration_is_all_that_a_new_option_needs(file: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    path = file({"performance": {"writes_at_once": 7}})
    config = load(Sources([path]), {}, dev=True, of=FasterConfig)[0]
    actors = {spec.role: spec.options for spec in tree(node_spec(config))}
    assert actors["server"].open_writes_max == 7

    command = agent_command.command(FasterConfig)
    given = read_plain(command, ["-dev", "-writes-at-once=9"])
    assert given == {"dev": True, "writes_at_once": 9}
    flags = flags_of(FasterConfig)
    config = load(Sources([path]), raw_of(flags, given), dev=True, of=FasterConfig)[0]
    assert dict(node_spec(config).settings)["server.open_writes_max"] == 9

    monkeypatch.setattr(agent_command, "agent", command)
    call(["agent", "-help"])
    assert "-writes-at-once" in (told := capsys.readouterr().out)
    assert "Writes that may be open (4096)." in " ".join(told.replace("│", " ").split())
    row = "| `performance.writes_at_once` | whole number | `4096` | `-writes-at-once` |  | Writes that may be open. |"
    assert row in page(FasterConfig)
    assert row not in page()

    with pytest.raises(Failure, match=r"c\.json: performance\.writes_at_once cannot be negative: -1 is\."):
        load(Sources([file({"performance": {"writes_at_once": -1}})]), {}, dev=True, of=FasterConfig)
    with pytest.raises(Failure, match=r"key performance\.write_at_once: did you mean performance\.writes_at_once\?"):
        load(Sources([file({"performance": {"write_at_once": 1}})]), {}, dev=True, of=FasterConfig)


def test_the_committed_page_is_what_the_declarations_say() -> None:
    file = ROOT / "docs" / "configuration.md"
    if os.environ.get("LICTOR_REWRITE"):
        file.write_text(page())
    assert file.read_text() == page(), "run `python -m lictor_deploy.config.page > docs/configuration.md`"


def test_the_default_is_that_of_the_actor_where_the_declaration_names_none() -> None:
    told = {one.key: one.default for one in DECLARED}
    assert told["raft_trailing_logs"] == OPTIONS["server"].model_fields["trailing_logs"].default
    assert told["ports.server"] == NodeSpec.model_fields["server_port"].default


def test_an_option_that_feeds_nothing_that_there_is_cannot_be_declared() -> None:
    with pytest.raises(KeyError, match="trailing_lags"):
        option("", feeds="server.trailing_lags")
    with pytest.raises(ValueError, match=r"'server\.trailing_lags' is no option of an actor"):
        NodeSpec(name="n").having({"server.trailing_lags": 1})


@pytest.mark.parametrize("one", DECLARED, ids=lambda one: one.key)
def test_every_key_is_told_in_a_sentence(one: Any) -> None:
    assert one.help.endswith(".")
    assert one.word


def test_a_key_is_in_force_or_listed_and_not_both() -> None:
    declared = {one.key for one in DECLARED}
    assert declared.isdisjoint({*NOT_IN_FORCE, *LACKING, *REMOVED, *OFF})
    assert {*NOT_IN_FORCE}.isdisjoint({*LACKING, *REMOVED})
    assert {*OFF} <= {*LACKING}
    sections = {one.key.partition(".")[0] for one in DECLARED if "." in one.key}
    assert sections.isdisjoint({*NOT_IN_FORCE, *LACKING})


def test_every_key_of_consuls_agent_is_honoured_or_named_with_the_reason() -> None:
    """Also those of a section that is treated as one, and those of ACL's tokens that have another name now."""
    known = {option.key for option in options(AgentConfig)} | {*NOT_IN_FORCE, *LACKING, *REMOVED}
    known |= {"service", "check", *(f"acl.tokens.{old}" for old in RENAMED)}
    keys = (ROOT / "tests/golden/consul_agent_keys.txt").read_text().split()
    assert [
        key for key in keys if not {key, key.partition(".")[0]} & known and ".".join(key.split(".")[:2]) not in known
    ] == []


@pytest.mark.parametrize("key", sorted(LACKING))
def test_what_consul_has_and_lictor_lacks_is_refused_by_name(file: Any, key: str) -> None:
    name, _, inner = key.partition(".")
    content = {name: {inner: "x"} if inner else "x"}
    with pytest.raises(Failure) as failure:
        load(Sources([file(content)]), {}, dev=True)
    assert f"config key {key}: Consul has it, Lictor not yet: {LACKING[key]}." in str(failure.value)


@pytest.mark.parametrize(
    ("content", "ignored"),
    [
        ("", []),
        ("  \n", []),
        ({"acl": {"tokens": {}}}, []),
        ({"acl": {"enabled": False, "default_policy": "allow", "tokens": {"master": "root"}}}, []),
        ({"segments": None, "encrypt": None, "ports": {"http": None}}, []),
        ({"enable_script_checks": False, "enable_local_script_checks": False}, []),
        ({"verify_incoming": False, "encrypt": "", "watches": [], "addresses": {}}, []),
        ({"connect": {"enabled": True, "ca_provider": "consul"}}, ["connect.ca_provider"]),
        (
            {"ports": {"sidecar_min_port": 1, "sidecar_max_port": 2}},
            ["ports.sidecar_max_port", "ports.sidecar_min_port"],
        ),
        ({"peering": {"enabled": True}, "raft_protocol": 3}, ["peering", "raft_protocol"]),
        ({"ui": False, "ui_config": {"enabled": False}, "enable_agent_tls_for_checks": False}, []),
    ],
    ids=str,
)
def test_what_harnesses_send_for_what_is_off_is_taken(file: Any, content: Any, ignored: list[str]) -> None:
    config, named = load(Sources([file(content)]), {}, dev=True)
    assert (config, named) == (configured({}), ignored)


def test_https_without_a_certificate_is_left_out_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    config = with_usable_ports(configured({"ports": {"https": 8501, "serf_wan": -1, "bus": -1}}))
    assert config.ports.https == -1
    assert "ports.https is 8501, and there is no certificate: its clients get no HTTPS. Set tls.https" in caplog.text


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"addresses": {"dns": "unix:///tmp/x"}}, "addresses.dns 'unix:///tmp/x' is a local socket, which only"),
        ({"addresses": {"http": "unix://x"}}, "addresses.http 'unix://x' has no whole path"),
        ({"unix_sockets": {"mode": "rwx"}}, "unix_sockets.mode 'rwx' is no mode of a file"),
        ({"limits": {"kv_max_value_size": 524289}}, "limits.kv_max_value_size must be between 1 and 524288"),
        ({"limits": {"request_limits": {"mode": "on"}}}, "config key limits.request_limits.mode must be 'disabled'"),
        ({"limits": {"rpc_rate": 1e10}}, "limits.rpc_rate 10000000000.0 is no rate"),
        ({"http_config": {"allow_write_http_from": ["10.0.0.0/33"]}}, "'10.0.0.0/33' is no network"),
        ({"http_config": {"block_endpoints": ["v1/kv"]}}, "http_config.block_endpoints 'v1/kv' begins no path"),
        (
            {"http_config": {"response_headers": {"a b": "x"}}},
            "http_config.response_headers: 'a b' is no header",
        ),
        ({"http_config": {"response_headers": {"A": "x\r\nB: y"}}}, "is no header: a name has letters"),
        ({"http_config": {"response_headers": {"Content-Length": "1"}}}, "the agent says that itself: leave it out"),
        ({"watches": [{"type": "key"}]}, "watches: a watch of type key needs a key."),
        ({"watches": [{"type": "keys"}]}, "watches.type must be one of key, keyprefix"),
        ({"watches": [{"type": "connect_roots"}]}, "there is no service mesh to watch by connect_roots"),
        ({"watches": [{"type": "nodes"}]}, "watches needs a handler"),
        ({"watches": [{"type": "nodes", "handler_type": "http"}]}, "needs the URL of http_handler_config.path"),
        ({"watches": [{"type": "nodes", "args": ["a"], "hander": "b"}]}, "invalid config key watches.0.hander"),
        ({"ui_config": {"enabled": True}}, "config key ui_config: Consul has it, Lictor not yet: there is no user"),
        ({"acl": {"default_policy": "deny"}}, "acl.default_policy denies nothing unless acl.enabled is true"),
        ({"acl": {"enabled": True, "default_policy": "no"}}, "acl.default_policy"),
        ({"acl": {"enabled": True, "tokens": {"root": "x"}}}, "invalid config key acl.tokens.root"),
        ({"acl_enforce_version_8": True}, "Consul has it no more since 1.11"),
        ({"node_nam": "x"}, "invalid config key node_nam: did you mean node_name?"),
        ({"nodeName": "x"}, "did you mean node_name?"),
        ({"ports": {"htpp": 1}}, "invalid config key ports.htpp: did you mean ports.http?"),
        ({"zzzzzz": 1}, "invalid config key zzzzzz. Remove it, or check its spelling."),
        ({"bootstrap_expect": -2}, "bootstrap_expect cannot be negative: -2 is."),
        ({"retry_interval": -1}, "retry_interval -1 is no length of time: write it like 30s"),
        ({"retry_interval": True}, "retry_interval True is no length of time"),
        ({"retry_interval": 1e400}, "is no length of time"),
        ({"http_config": {"allowed_hosts": ["a", "b/c"]}}, "http_config.allowed_hosts: 'b/c' is no host's name"),
        ({"raft_trailing_logs": -1}, "raft_trailing_logs cannot be negative"),
        ({"raft_snapshot_threshold": 0}, "raft_snapshot_threshold must be at least 1, not 0."),
    ],
)
def test_what_is_refused_names_the_key_the_value_and_the_remedy(file: Any, content: Any, words: str) -> None:
    with pytest.raises(Failure) as failure:
        load(Sources([file(content)]), {}, dev=True)
    assert words in str(failure.value)


@pytest.mark.parametrize(
    ("given", "ns"),
    [("1m30s", 90 * 10**9), ("10s", 10**10), (10, 10**10), ("10", 10**10), (0.25, 25 * 10**7), ("1.5", 15 * 10**8)],
)
def test_a_duration_is_a_text_or_seconds_in_files_flags_and_python(file: Any, given: Any, ns: int) -> None:
    config = load(Sources([file({"retry_interval": given})]), {}, dev=True)[0]
    assert node_spec(config).settings["prober.retry_join_ns"] == ns
    flags = raw_of(flags_of(AgentConfig), {"retry_interval": str(given)})
    assert node_spec(configured(flags)).settings["prober.retry_join_ns"] == ns
    assert duration_ns(given) == ns
    assert seconds(str(given)) == in_seconds(str(given)) == ns / 1e9


@pytest.mark.parametrize(
    "given", ["", "x", "1x", "nan", "inf", "1e3", True, float("nan"), float("inf"), 1e30, "9" * 30]
)
def test_what_is_no_duration_is_a_value_error(given: Any) -> None:
    with pytest.raises(ValueError, match="duration"):
        duration_ns(given)


def test_times_that_two_actors_keep_are_given_to_both() -> None:
    actors = {spec.role: spec.options for spec in tree(node_spec(configured({"max_query_time": "20s"})))}
    assert (actors["gateway"].max_query_time_ns, actors["server"].max_wait_ns) == (20 * 10**9, 20 * 10**9)


def test_a_port_of_client_actors_that_was_not_asked_for_gives_way() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        quiet = configured({}).ports.model_copy(update={"bus": taken, "serf_wan": -1})
        config = configured({}).model_copy(update={"ports": type(quiet).model_construct({"http"}, **dict(quiet))})
        assert with_usable_ports(config).ports.bus == -1
        asked = configured({"ports": {"bus": taken, "serf_wan": -1}})
        assert with_usable_ports(asked) is asked
        assert taken in [listener.port for listener in listeners(asked, node_spec(asked))]


def test_the_pid_file_is_there_while_the_process_runs(tmp_path: Path) -> None:
    path = tmp_path / "agent.pid"
    with pid_file(str(path)):
        assert path.read_text() == f"{os.getpid()}\n"
    assert not path.exists()
    with pytest.raises(Failure, match=r"Cannot write pid_file .*: no such file.* -pid-file"), pid_file("/nowhere/x"):
        pass


def test_the_flags_of_an_agent_are_those_of_its_keys() -> None:
    help_of = {name for argument in build("agent")["agent"].assemble_argument_collection() for name in argument.names}
    positive = {name for name in help_of if not name.startswith(("--no-", "--empty-"))}
    own = {"--dev", "--config-file", "--config-dir", "--config-format", "--hcl"}
    assert positive == {f"--{one.flag}" for one in DECLARED if one.flag} | own
