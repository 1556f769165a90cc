"""Completion as the shells do it, and what installing it changes in a home."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from lictor_deploy.cli.commands import COMMANDS
from lictor_deploy.cli.completion_scripts import every, script

CASES = [
    (["k"], {"kv", "keygen", "keyring"}),
    (["kv", "g"], {"get"}),
    (["kv", "get", "-rec"], {"-recurse"}),
    (["kv", "get", "some/key", "-det"], {"-detailed"}),
    (["-http-addr=:8500", "operator", "raft", "tr"], {"transfer-leader"}),
    (["debug", "j"], {"journal"}),
    (["debug", "-cap"], {"-capture"}),
]
BASH = """
. "$1"; shift
COMP_WORDS=(lictor "$@"); COMP_CWORD=$#
_lictor
printf '%s\\n' "${COMPREPLY[@]}"
"""
ZSH = """
compdef() { : }
compinit() { : }
functions[autoload]=:
script=$1; shift
. $script
compadd() { shift; print -l -- ${(M)@:#${words[CURRENT]}*} }
words=(lictor "$@"); CURRENT=$#words
_lictor
"""
needs = {
    name: pytest.mark.skipif(shutil.which(name) is None, reason=f"{name} itself completes") for name in ("zsh", "fish")
}


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("completion")
    for shell in ("bash", "zsh", "fish"):
        (folder / shell).write_text(script(shell))
    return folder


def completed(command: list[str]) -> set[str]:
    return set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())


@pytest.mark.parametrize(("words", "offered"), CASES, ids=[" ".join(words) for words, _ in CASES])
@pytest.mark.parametrize("shell", ["bash", pytest.param("zsh", marks=needs["zsh"])])
def test_bash_and_zsh(scripts: Path, shell: str, words: list[str], offered: set[str]) -> None:
    code = BASH if shell == "bash" else ZSH
    flags = [] if shell == "bash" else ["-f"]
    assert completed([shell, *flags, "-c", code, shell, str(scripts / shell), *words]) == offered


@needs["fish"]
@pytest.mark.parametrize(("words", "offered"), CASES, ids=[" ".join(words) for words, _ in CASES])
def test_fish(scripts: Path, words: list[str], offered: set[str]) -> None:
    line = " ".join(["lictor", *words])
    assert offered <= completed(["fish", "-N", "-c", f"source {scripts / 'fish'}; complete -C '{line}'"])


@pytest.mark.slow
def test_every_command_and_every_flag_of_it_is_offered() -> None:
    table = {" ".join(each.words): each for each in every()}
    assert set(COMMANDS) <= table.keys()
    assert set(table[""].commands) == set(COMMANDS)
    assert {"-recurse", "-keys", "-http-addr", "-ca-file", "-help"} <= set(table["kv get"].flags)
    assert not [flag for each in table.values() for flag in each.flags if flag.startswith("--")]


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.mark.slow
def test_installing_twice_and_uninstalling_leaves_each_file_as_it_was(lictor: Any, home: Path) -> None:
    before = b"echo \xff hi\n"
    (home / ".bashrc").write_bytes(before)
    (home / ".config" / "fish").mkdir(parents=True)
    assert lictor("-autocomplete-install").status == 0
    assert lictor("--autocomplete-install").out == (
        f"bash: {home}/.bashrc\nfish: {home}/.config/fish/completions/lictor.fish\n"
    )
    added = (home / ".bashrc").read_bytes().removeprefix(before)
    assert added.count(b"\n") == 1
    assert Path(added.decode().split("'")[1]).read_text() == script("bash")
    assert not (home / ".zshrc").exists()
    assert lictor("-autocomplete-uninstall").status == 0
    assert (home / ".bashrc").read_bytes() == before
    assert [path for path in home.rglob("*") if path.is_file()] == [home / ".bashrc"]


def test_without_any_shell_it_says_what_to_do(lictor: Any, home: Path) -> None:
    ran = lictor("-autocomplete-install")
    assert (ran.status, ran.out) == (1, "")
    assert "put the output of `lictor completion bash`" in ran.err


@pytest.mark.slow
def test_a_file_that_cannot_be_written_is_named(lictor: Any, home: Path) -> None:
    (home / ".bashrc").touch()
    (home / ".local").touch()
    ran = lictor("completion", "install")
    assert (ran.status, ran.out) == (1, "")
    assert f"Cannot write {home}/.local/share/lictor/completion.bash: " in ran.err
