"""``lictor watch``: look at a part of Consul's data whenever it changes, and run a command with what it has become."""

from __future__ import annotations

import json
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

from cyclopts import Parameter

from lictor_deploy.cli.child import Child, command_of
from lictor_deploy.cli.ending import sigterm_as_ctrl_c
from lictor_deploy.cli.http_api import HttpApi, expect
from lictor_deploy.cli.options import DEFAULT_REACH, Reach
from lictor_deploy.cli.watch_views import ANY, WatchFlags, WatchView, described
from lictor_deploy.words.sentence import Failure

PATIENCE_S = 660.0
"""Longer than an agent lets a query block: five minutes and a sixteenth of them, ten at most."""
RETRY_S, RETRY_MOST_S = 5.0, 180.0
"""After a failure, times the square of how many came in a row."""
Handler = Callable[[int, Any], bool]
"""Takes an index and what there is then; False ends the watch."""


def watch(
    *child: Annotated[str, Parameter(allow_leading_hyphen=True)],
    shell: Annotated[bool, Parameter(negative="--no-shell")] = True,
    watched: WatchFlags = ANY,
    reach: Reach = DEFAULT_REACH,
) -> int:
    """Run a command now and whenever something changes, with what it has become as JSON on its standard input and the
    index in CONSUL_INDEX; without a command, print that once. Exit code 1 if the command fails.

    Example: lictor watch -type=service -service=web ./reload.sh
    Example: lictor watch -type=key -key=app/config

    Parameters
    ----------
    child
        The command.
    shell
        Run the command by $SHELL or /bin/sh; with -shell=false directly.
    """
    what = described(watched)
    api = reach.api()
    expect(api.get("/v1/agent/self"))
    api.patience_s = PATIENCE_S
    handler = ChangeRunner(command_of(child, shell=shell)) if child else shown
    try:
        with sigterm_as_ctrl_c():
            return int(not follow(api, what, handler) and bool(child))
    except KeyboardInterrupt:
        return 0


def follow(api: HttpApi, watched: WatchView, handler: Handler) -> bool:
    """Hand over what there is, and again whenever that is something else, until the handler has had enough: False."""
    index, last, failures = 0, None, 0
    while True:
        query = {**watched.query, **({"index": str(index)} if index else {})}
        try:
            answer = api.get(watched.path, **query)
            found = watched.shown(answer, index)
        except Failure as failure:
            failures += 1
            pause = min(RETRY_S * failures**2, RETRY_MOST_S)
            print(f"{failure} Trying again in {pause:.0f} s.", file=sys.stderr, flush=True)
            time.sleep(pause)
            continue
        failures, before, index = 0, index, answer.wait_index
        if before and (index == before or found == last):
            continue
        last = found
        if not handler(index, found):
            return False
        index = 0 if index < before else index  # the servers have begun anew, and so does the watch


def shown(_: int, found: Any) -> bool:
    """Print it once."""
    print(json.dumps(found, indent=4, ensure_ascii=False))
    return False


class ChangeRunner:
    """Runs a command with each change."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = command

    def __call__(self, index: int, found: Any) -> bool:
        """Until it has ended; False, and a word on stderr, if it failed."""
        with tempfile.TemporaryFile() as file:
            file.write(json.dumps(found, separators=(",", ":"), ensure_ascii=False).encode() + b"\n")
            file.seek(0)
            sys.stdout.flush()
            child = Child(self._command, {"CONSUL_INDEX": str(index)}, file)
        with passed_on(child):
            status = child.wait()
        if status:
            how = f"exit status {status}" if status > 0 else f"signal {signal.Signals(-status).name}"
            print(f"Error executing handler: {how}", file=sys.stderr)
        return not status


@contextmanager
def passed_on(child: Child) -> Iterator[None]:
    """What ends this process is said to the child first, and ends this process when the child has ended."""
    came: list[int] = []

    def pass_on(number: int, _: object) -> None:
        came.append(number)
        child.signal(number)

    before = {number: signal.signal(number, pass_on) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if came:
            raise KeyboardInterrupt
