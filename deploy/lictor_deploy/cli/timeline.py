"""``lictor timeline``: what happened, drawn."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


def timeline(
    file: Path | None = None,
    /,
    *,
    live: bool = False,
    record: str = "",
    since: Annotated[str, Parameter(name="--from")] = "",
    until: str = "",
    kinds: str = "",
    node: str = "",
    html: Path | None = None,
    width: int = 0,
) -> int:
    """Draw a timeline that `lictor sim -timeline FILE` wrote, or that of a running dev cluster.

    A column for each node, a line for each thing that happened. With -html a space-time diagram for a browser:
    every message as an arrow, drops crossed out, faults shaded.

    Example: lictor timeline run.jsonl
    Example: lictor timeline run.jsonl -from 4s -until 7s -html run.html
    Example: lictor timeline run.jsonl -node "server-*" -html servers.html
    Example: lictor timeline -live -record 5s -html now.html

    Parameters
    ----------
    file
        A file of records, one JSON object a line.
    live
        Show the dev cluster that runs on this machine instead: what its logs say, or what
        -record brings.
    record
        With -live: let every process write down for so long which actor says what to which.
    since
        Show what happened from this time on.
    until
        Show what happened up to this time.
    kinds
        Show these kinds only, comma separated: fault, election, leader, suspicion, refutation, failure, crash,
        operation, message, verdict, note. Default: the story, without operations, messages and notes.
    node
        Show this node and those it talks with only; or several, comma separated or as globs, among themselves.
    html
        Write a diagram into this file instead.
    width
        Columns of the terminal.
    """
    from lictor_deploy.cli.sim import refuse_unwritable
    from lictor_deploy.timelines.show import Window, show
    from lictor_deploy.words.durations import seconds

    if html is not None:
        refuse_unwritable(html)
    window = Window(seconds(since) if since else 0.0, seconds(until) if until else float("inf"), kinds, node)
    return show(file, window, live=live, record_s=seconds(record) if record else 0.0, html=html, width=width)
