import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from lictor_deploy import VERSION
from lictor_deploy.cli.main import COMMANDS, dashed

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


def test_what_follows_two_dashes_is_no_flag():
    assert dashed(["kv", "put", "--", "-key"]) == ["kv", "put", "--", "-key"]


def test_a_negative_number_is_no_flag():
    assert dashed(["-5"]) == ["-5"]


def test_the_version_is_the_distributions():
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == VERSION


def test_version_loads_neither_models_nor_sockets():
    code = (
        "import sys; from lictor_deploy.cli.main import run; run(['version']);"
        "print(sorted({'pydantic', 'pynng', 'asyncio', 'http.client'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == f"Lictor v{VERSION}\n[]\n"


def test_version_in_json(lictor):
    assert f'"Version": "{VERSION}"' in lictor("version", "-format=json").out


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(lictor, name):
    ran = lictor(name, "--help")
    assert ran.status == 0
    assert f"lictor {name}" in ran.out
    assert "Example" in ran.out or "Commands" in ran.out


def test_an_unknown_command_is_answered_with_the_one_that_was_meant(lictor):
    ran = lictor("member")
    assert (ran.status, ran.out) == (1, "")
    assert "did you mean 'members'?" in ran.err


def test_an_unknown_flag_is_a_sentence_and_status_1(lictor):
    ran = lictor("kv", "get", "-nope", "x")
    assert ran.status == 1
    assert "Unknown option" in ran.err
    assert "See `lictor kv get --help`" in ran.err


def test_a_flag_of_the_wrong_type_names_the_flag(lictor):
    ran = lictor("kv", "put", "-flags=many", "x", "y")
    assert ran.status == 1
    assert "--flags" in ran.err
    assert "int" in ran.err


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
