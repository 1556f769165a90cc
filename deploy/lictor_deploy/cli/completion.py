"""``lictor completion``: scripts for shells, printed or put where the shells find them (``-autocomplete-install``)."""

from __future__ import annotations

import os
from pathlib import Path

from cyclopts import App

from lictor_deploy.cli.environment import variable
from lictor_deploy.words.sentence import Failure

app = App(name="completion", help="Complete commands and flags in a shell. Example: lictor completion install")
MARK = "  # completion of lictor"
NO_SHELL = (
    "There is no ~/.bashrc, ~/.zshrc or ~/.config/fish: put the output of `lictor completion bash` where it is read."
)


@app.command
def bash() -> None:
    """Print the script for bash.

    Example: lictor completion bash > /etc/bash_completion.d/lictor
    """
    show("bash")


@app.command
def zsh() -> None:
    """Print the script for zsh.

    Example: lictor completion zsh > ~/.lictor.zsh
    """
    show("zsh")


@app.command
def fish() -> None:
    """Print the script for fish.

    Example: lictor completion fish > ~/.config/fish/completions/lictor.fish
    """
    show("fish")


@app.command
def install() -> None:
    """Have the shells of this user complete lictor: bash and zsh by a line in ~/.bashrc and ~/.zshrc, fish by a file.
    The same as `lictor -autocomplete-install`.

    Example: lictor completion install
    """
    from lictor_deploy.cli.completion_scripts import script

    found = shells()
    if not found:
        raise Failure(NO_SHELL)
    for shell, start in found.items():
        place = script_of(shell)
        write(place, script(shell))
        if start is not None:
            write(start, without_line(start) + f". '{place}'{MARK}\n")
        print(f"{shell}: {start or place}")


@app.command
def uninstall() -> None:
    """Undo what install did. The same as `lictor -autocomplete-uninstall`.

    Example: lictor completion uninstall
    """
    for shell, start in shells().items():
        script_of(shell).unlink(missing_ok=True)
        if start is not None and MARK in read(start):
            write(start, without_line(start))
        print(f"{shell}: {start or script_of(shell)}")


def show(shell: str) -> None:
    """Print a script."""
    from lictor_deploy.cli.completion_scripts import script

    print(script(shell), end="")


def shells() -> dict[str, Path | None]:
    """The shells that this user has files of, with the file that each reads at its start; fish needs none."""
    home = Path.home()
    found: dict[str, Path | None] = {"bash": home / ".bashrc", "zsh": home / ".zshrc"}
    found = {shell: start for shell, start in found.items() if start and start.is_file()}
    return found | ({"fish": None} if fish_directory().is_dir() else {})


def script_of(shell: str) -> Path:
    """Where the script of a shell is kept."""
    if shell == "fish":
        return fish_directory() / "completions" / "lictor.fish"
    return Path(variable("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "lictor" / f"completion.{shell}"


def fish_directory() -> Path:
    """Where fish keeps what is this user's."""
    return Path(variable("XDG_CONFIG_HOME") or Path.home() / ".config") / "fish"


def without_line(start: Path) -> str:
    """A file's text without the line that install added."""
    return "".join(line for line in read(start).splitlines(keepends=True) if not line.rstrip("\n").endswith(MARK))


def read(path: Path) -> str:
    """A file's text, byte for byte."""
    try:
        return os.fsdecode(path.read_bytes())
    except OSError as error:
        raise Failure(f"Cannot read {path}: {error.strerror}.") from None


def write(path: Path, text: str) -> None:
    """Make the file and its directory."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.fsencode(text))
    except OSError as error:
        raise Failure(f"Cannot write {path}: {error.strerror}.") from None
