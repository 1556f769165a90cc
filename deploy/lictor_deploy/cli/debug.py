"""``lictor debug``: what an agent says of itself over some minutes, in an archive laid out as Consul does."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Annotated, Any

from cyclopts import App, Parameter

from lictor_deploy.cli.debug_archive import Archive
from lictor_deploy.cli.debug_capture import EVERY_TARGET, Capture
from lictor_deploy.cli.ending import signals_held, sigterm_as_ctrl_c
from lictor_deploy.cli.options import DEFAULT_REACH, Reach
from lictor_deploy.cli.values import Seconds
from lictor_deploy.words.sentence import Failure
from lictor_messages.durations import go_duration

app = App(
    name="debug", help="Collect what an agent says of itself into an archive. Example: lictor debug -duration=30s"
)
app.command(
    "lictor_deploy.cli.debug_journal:journal",
    name="journal",
    help="Look at what is on a node's disk. Example: lictor debug journal /var/lib/lictor",
)
DURATION_LEAST_S, INTERVAL_LEAST_S = 10.0, 5.0
"""Consul's: less is more often a slip than a wish."""


@app.default
def debug(
    *,
    duration: Seconds = 300.0,
    interval: Seconds = 30.0,
    capture: Annotated[tuple[str, ...], Parameter(negative=())] = (),
    output: str = "",
    archive: bool = True,
    reach: Reach = DEFAULT_REACH,
) -> None:
    """Collect for a while what an agent says of itself: host, configuration, members, log, metrics and stacks.

    Ctrl-C and SIGTERM end it early; what there is then is kept. What the agent lacks is named in index.json. The
    archive holds addresses, names and log lines of the cluster: look through it before you hand it on.

    Example: lictor debug -duration=1m -interval=10s -capture=logs -capture=members

    Parameters
    ----------
    duration
        For how long (5m), at least 10s.
    interval
        How often metrics and stacks are read (30s), at least 5s.
    capture
        What to collect: agent, host, members, logs, metrics, pprof; may be given several times. Default: all of it.
    output
        Name of the archive, without .tar.gz, or of the directory. Default: lictor-debug-TIME here.
    archive
        Pack it; with -archive=false the directory stays as it is.
    """
    refuse(duration, interval, capture)
    made = Archive(output or time.strftime("lictor-debug-%Y-%m-%dT%H-%M-%SZ", time.gmtime()))
    taking = Capture(reach.api, made, capture or EVERY_TARGET)
    about = describe(taking.version(), interval, duration, capture or EVERY_TARGET)
    made.begin()
    announce(about, made.name(archive))
    until_told_to_stop(lambda: taking.run(duration, interval, say))
    with signals_held():
        taking.index(about)
        print(f"    Saved debug archive: {made.finish(pack=archive)}", flush=True)


def describe(version: str, interval: float, duration: float, targets: tuple[str, ...]) -> dict[str, Any]:
    """What the archive says of itself."""
    return {"AgentVersion": version, "Interval": go(interval), "Duration": go(duration), "Targets": list(targets)}


def announce(about: dict[str, Any], output: str) -> None:
    """What will be done."""
    say("Starting debugger and capturing static information...")
    for name, value in {**about, "Output": output}.items():
        print(f"    {name:>14}: '{', '.join(value) if isinstance(value, list) else value}'", flush=True)


def until_told_to_stop(work: Callable[[], None]) -> None:
    """The work, or as much of it as there was time for."""
    try:
        with sigterm_as_ctrl_c():
            work()
    except KeyboardInterrupt:
        say("Told to stop: keeping what there is")


def refuse(duration: float, interval: float, capture: tuple[str, ...]) -> None:
    """What makes no sense."""
    if duration < DURATION_LEAST_S:
        raise Failure(f"-duration={go(duration)} is too short: give at least {go(DURATION_LEAST_S)}.")
    if interval < INTERVAL_LEAST_S:
        raise Failure(f"-interval={go(interval)} is too short: give at least {go(INTERVAL_LEAST_S)}.")
    if interval > duration:
        raise Failure(f"-interval={go(interval)} is longer than -duration={go(duration)}: make it shorter.")
    if unknown := sorted(set(capture) - {*EVERY_TARGET}):
        raise Failure(f"-capture={unknown[0]} is nothing that can be collected: give {', '.join(EVERY_TARGET)}.")


def go(seconds: float) -> str:
    """A duration in Go's words."""
    return go_duration(round(seconds * 1e9))


def say(words: str) -> None:
    """A line of progress."""
    print(f"==> {words}", flush=True)
