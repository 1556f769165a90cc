"""The picture at the head of the README, from a run: a cluster starts, its leader is cut off, another leads, it heals.

    python examples/picture.py

Starts a `lictor dev` of its own at the usual addresses, so none may run beside it; writes docs/picture.svg.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.text import Text

PICTURE = Path(__file__).parents[1] / "docs" / "picture.svg"
START = "lictor dev -servers 3 -agents 3 -profile local"
AGENT = "127.0.0.6:8500"
LEADER = "curl -s $CONSUL_HTTP_ADDR/v1/status/leader"
WIDTH, WITHIN_S = 78, 30
FONTS = "ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace"
STYLES = {
    r"^\$": "bold #5fafff",
    r"   # .*": "italic #b2b2b2",
    r"\balive\b": "#5fd787",
    r"\bfailed\b": "bold #ffffff on #c00000",
}
ENVIRONMENT = {
    **os.environ,
    "CONSUL_HTTP_ADDR": AGENT,
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
}


class Recording:
    """A terminal that keeps what it shows."""

    def __init__(self) -> None:
        self.console = Console(record=True, width=WIDTH, force_terminal=True, color_system="truecolor")

    def show(self, line: str) -> None:
        """One line, its words coloured."""
        text = Text(line)
        for pattern, style in STYLES.items():
            text.highlight_regex(pattern, style)
        self.console.print(text)

    def run(self, command: str, remark: str = "", until: Callable[[str], bool] = bool) -> None:
        """Run it until its output is as awaited, and show it with that output and with what a reader is to see."""
        output = awaited(command, until)
        self.show(f"$ {command}{f'   # {remark}' if remark else ''}")
        for line in output.splitlines():
            self.show(line)
        self.show("")


def awaited(command: str, until: Callable[[str], bool]) -> str:
    """The first output of this command that is as awaited."""
    end = time.monotonic() + WITHIN_S
    while time.monotonic() < end:
        done = subprocess.run(["sh", "-c", command], env=ENVIRONMENT, capture_output=True, text=True)
        if done.returncode == 0 and until(done.stdout):
            return done.stdout
        time.sleep(0.2)
    raise SystemExit(f"`{command}` did not come to what the picture shows: {done.stdout}{done.stderr}")


@contextmanager
def cluster() -> Iterator[str]:
    """`lictor dev` while the picture is taken, and the first line that it says."""
    with subprocess.Popen(START.split(), env=ENVIRONMENT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = iter(process.stdout.readline, "")
        try:
            yield next(line for line in lines if "nodes" in line)
        finally:
            process.terminate()


def story(terminal: Recording) -> None:
    """What is done, in order."""
    with cluster() as said:
        terminal.show(f"$ {START}")
        terminal.show(said.strip())
        terminal.show("")
        terminal.show(f"$ export CONSUL_HTTP_ADDR={AGENT}   # ask through an agent")
        old = awaited(LEADER, lambda out: ":" in out)
        terminal.run(LEADER, "who leads?")
        terminal.run("lictor fault isolate leader", "no other node hears it")
        terminal.run("lictor members", until=lambda out: out.count("failed") == 1)
        terminal.run(LEADER, "the others chose a new one", until=lambda out: ":" in out and out != old)
        terminal.run("lictor fault heal -all")
        terminal.run("lictor members", "whole again", until=lambda out: out.count("alive") == 6)


def svg(console: Console) -> str:
    """The recording as a picture that fetches nothing: with the reader's own fonts instead of rich's."""
    drawn = console.export_svg(title="lictor", unique_id="lictor")
    drawn = re.sub(r"@font-face \{.*?\}", "", drawn, flags=re.DOTALL)
    drawn = re.sub(r"font-family: [^;]*;", f"font-family: {FONTS};", drawn)
    return re.sub(r"[ \t]+$", "", drawn, flags=re.MULTILINE)


def main() -> None:
    terminal = Recording()
    story(terminal)
    PICTURE.write_text(svg(terminal.console))
    print(f"wrote {PICTURE}")


if __name__ == "__main__":
    main()
