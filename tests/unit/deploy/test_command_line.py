import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from cyclopts import App

from lictor_deploy.cli.commands import COMMANDS
from lictor_deploy.cli.tree import build, dashed
from lictor_messages.version import CONSUL_VERSION, VERSION

ROOT = Path(__file__).parents[3]


def test_flags_may_have_one_dash_or_two():
    assert dashed(["kv", "get", "-recurse=false", "--keys", "-h", "-"]) == [
        "kv",
        "get",
        "--recurse=false",
        "--keys",
        "-h",
        "-",
    ]


@pytest.mark.parametrize(
    "words", [["dev"], ["fault", "delay"], ["fault", "preset"], ["kv", "put"], ["sim"]], ids=" ".join
)
def test_help_writes_flags_with_one_dash(lictor, words):
    help = lictor(*words, "--help").out
    flags = [line for line in help.splitlines() if line.startswith("│") and " -" in line]
    assert flags
    assert not [line for line in flags if "--" in line]
    assert len({len(line) for line in help.splitlines() if line.startswith("│")}) == 1, help


def test_what_follows_two_dashes_is_no_flag():
    assert dashed(["kv", "put", "--", "-key"]) == ["kv", "put", "--", "-key"]


def test_a_negative_number_is_no_flag():
    assert dashed(["-5"]) == ["-5"]


def test_a_value_may_begin_with_a_dash_where_nothing_else_can_be_meant(lictor, agent):
    agent.on("PUT", "/v1/kv/x", b"true")
    agent.on("PUT", "/v1/event/fire/deploy", {"ID": "e"})
    assert lictor("kv", "put", "-flags=3", "x", "-dash").status == 0
    assert lictor("kv", "put", "x", "--dash").status == 0
    assert lictor("event", "-name=deploy", "-rollback").status == 0
    assert [asked.body for asked in agent.asked] == [b"-dash", b"--dash", b"-rollback"]
    assert agent.asked[0].target == "/v1/kv/x?flags=3"


def test_of_a_flag_that_is_given_twice_the_last_one_wins(lictor, agent):
    agent.on("PUT", "/v1/kv/x", b"true")
    assert lictor("kv", "put", "-flags=3", "-flags", "4", "-cas=false", "-cas", "-modify-index=7", "x", "y").status == 0
    assert [asked.target for asked in agent.asked] == ["/v1/kv/x?flags=4&cas=7"]


def test_a_flag_that_takes_several_values_keeps_them_all(lictor, agent):
    rows = [{"Node": "n1", "Meta": {"a": "b"}}, {"Node": "n2", "Meta": {"a": "b", "c": "d"}}]
    agent.on("GET", "/v1/catalog/nodes", [{"ID": "", "Address": "", "Datacenter": "dc1"} | row for row in rows])
    out = lictor("catalog", "nodes", "-node-meta=a=b", "-node-meta", "c=d").out
    assert ("n1" in out, "n2" in out) == (False, True)


@pytest.mark.parametrize("flag", ["-v", "-version", "--version"])
def test_the_version_is_also_a_flag(lictor, flag):
    assert lictor(flag).out == f"Consul v{CONSUL_VERSION}\nLictor v{VERSION}\n"


@pytest.mark.parametrize("words", [(), ("kv",), ("kv", "put"), ("operator", "raft"), ("agent",)])
def test_help_is_also_a_command(lictor, words):
    assert lictor("help", *words) == lictor(*words, "--help")


@pytest.mark.parametrize("command", ["kv put", "kv get", "kv", "members"])
def test_help_may_have_one_dash(lictor, command):
    ran = lictor(*command.split(), "-help")
    assert (ran.status, ran.err) == (0, "")
    assert f"Usage: lictor {command}" in ran.out


def test_what_there_is_no_place_for_is_named(lictor):
    ran = lictor("members", "extra")
    assert ran.err == "Too many arguments: there is no place for 'extra'.\nSee `lictor members --help`.\n"


def test_an_unknown_subcommand_is_sent_to_its_groups_help(lictor):
    ran = lictor("kv", "gett", "x")
    assert 'Did you mean "get"?' in ran.err
    assert "See `lictor kv --help`." in ran.err


def test_the_version_is_the_distributions():
    tool = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["version"]
    found = re.search(tool["pattern"], (ROOT / tool["path"]).read_text(), re.MULTILINE)
    assert found is not None
    assert found["version"] == VERSION


def test_version_loads_neither_models_nor_sockets():
    code = (
        "import sys; from lictor_deploy.cli.main import run; run(['version']);"
        "print(sorted({'pydantic', 'pynng', 'asyncio', 'http.client'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == f"Consul v{CONSUL_VERSION}\nLictor v{VERSION}\n[]\n"


@pytest.mark.slow
def test_an_agent_loads_little_before_it_answers():
    """Client libraries' own harnesses give up after two seconds; half a second it takes on a machine at rest."""
    code = (
        "import sys; import lictor_deploy.cli.main, lictor_deploy.cli.plain_flags, lictor_deploy.cli.agent;"
        "import lictor_deploy.agent.run, lictor_actors.hosts.doors.http.door;"
        "import lictor_actors.hosts.doors.clients, lictor_actors.hosts.live.jobs;"
        "late = {'aiohttp', 'cyclopts', 'hypothesis', 'lark', 'ray', 'rich', 'tenacity',"
        "'lictor_actors.faults.vocabulary', 'lictor_actors.swarm', 'lictor_actors.timeline.diagram',"
        "'lictor_deploy.cli.tree', 'lictor_deploy.local.cluster'};"
        "print(sorted(late & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_log_level_that_does_not_exist_ends_a_cluster_before_it_starts(lictor):
    ran = lictor("dev", "-log-level=LOUD")
    assert (ran.status, ran.out) == (1, "")
    assert "Invalid log level 'LOUD'" in ran.err


def test_version_in_json_is_consuls_with_a_field_beside(lictor):
    """Harnesses read ``Version`` to choose their tests: it is the one whose interface is spoken."""
    told = json.loads(lictor("version", "-format=json").out)
    assert (told["Version"], told["LictorVersion"]) == (CONSUL_VERSION, VERSION)
    assert told.keys() == {"Version", "Revision", "Prerelease", "BuildDate", "RPC", "LictorVersion"}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(lictor, name):
    ran = lictor(name, "--help")
    assert ran.status == 0
    assert f"lictor {name}" in ran.out
    assert "Example" in ran.out or "Commands" in ran.out


def leaves(app: App, words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Every command below ``app`` that does something, by its words."""
    if app.default_command is not None:
        yield words
    for name in app:
        if not name.startswith("-"):
            yield from leaves(app[name], (*words, name))


EVERY = [words for name in COMMANDS for words in leaves(build(name)[name], (name,))]


@pytest.mark.parametrize("words", EVERY, ids=" ".join)
@pytest.mark.slow
def test_every_command_of_a_group_has_an_example_too(lictor, words):
    assert f"Example: lictor {words[0]}" in " ".join(lictor(*words, "--help").out.split())


def test_an_unknown_command_is_answered_with_the_one_that_was_meant(lictor):
    ran = lictor("member")
    assert (ran.status, ran.out) == (127, "")
    assert "did you mean 'members'?" in ran.err


def test_an_unknown_flag_is_a_sentence_and_status_1(lictor):
    ran = lictor("kv", "get", "-nope", "x")
    assert ran.status == 1
    assert "There is no flag -" in ran.err
    assert "See `lictor kv get --help`" in ran.err


def test_a_flag_of_the_wrong_type_names_the_flag(lictor):
    ran = lictor("kv", "put", "-flags=many", "x", "y")
    assert ran.status == 1
    assert ran.err.startswith("Bad value 'many' for -flags: give a whole number")


def test_a_missing_argument_is_named(lictor):
    ran = lictor("kv", "put")
    assert ran.status == 1
    assert "KEY" in ran.err


@pytest.mark.parametrize(
    "flags", [["-until=soon"], ["-until=0s"], ["-seeds=0"], ["-trace", "-seeds=2"]], ids=lambda flags: " ".join(flags)
)
def test_sim_refuses_what_it_cannot_run(lictor, flags):
    ran = lictor("sim", *flags)
    assert (ran.status, ran.out) == (1, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is full")
@pytest.mark.parametrize("words", ["--help", "version", "kv --help", "chaos ls"])
def test_an_output_that_cannot_be_written_is_told_in_a_sentence(words):
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "lictor_deploy.cli.entry", *words.split()]
        ran = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
    assert (ran.returncode, ran.stderr) == (1, "Cannot write the output: No space left on device.\n")


@pytest.mark.parametrize("words", ["version", "--help"])
def test_a_reader_that_goes_away_is_no_error(words):
    shell = f"{sys.executable} -m lictor_deploy.cli.entry {words} | true"
    ran = subprocess.run(["sh", "-c", shell], stderr=subprocess.PIPE, text=True)
    assert ran.stderr == ""


CLOSED = {
    "input that is asked for": ("kv put x -", "<&-", 1, "", "Error! Failed to read stdin: Bad file descriptor\n"),
    "input of another command": ("kv import -", "<&-", 1, "", "Error! Failed to read stdin: Bad file descriptor\n"),
    "input that nothing asks for": ("version", "<&-", 0, "Consul", ""),
    "output": ("version", ">&-", 0, "", ""),
    "input and output": ("version", "<&- >&-", 0, "", ""),
    "errors, which do not go to the output": ("nonsense", "2>&-", 127, "", ""),
    "errors of a flag": ("members -nonsense", "2>&-", 1, "", ""),
    "all of them": ("members -nonsense", "<&- >&- 2>&-", 1, "", ""),
}


@pytest.mark.parametrize(("words", "closed", "status", "out", "err"), CLOSED.values(), ids=CLOSED)
@pytest.mark.slow
def test_standard_streams_may_be_closed(words, closed, status, out, err):
    shell = f"exec {sys.executable} -m lictor_deploy.cli.entry {words} {closed}"
    ran = subprocess.run(["sh", "-c", shell], capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (status, err)
    assert ran.stdout.startswith(out)
    assert bool(ran.stdout) == bool(out)
