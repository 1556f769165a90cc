"""What a person sees while a cluster starts: a bar on a terminal, plain lines elsewhere. No threads."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from lictor_deploy.local.parent.convergence import Wholeness

if TYPE_CHECKING:
    from rich.progress import Progress

PLAIN_EVERY_S = 1.0


def sentence(state: Wholeness) -> str:
    """How far the cluster has come, in words."""
    leader = f"leader {state.leader.partition('.')[0]}" if state.leader else "no leader yet"
    return f"{state.converged}/{state.nodes} nodes see all, {leader}, {state.catalog}/{state.nodes} in the catalog"


class PlainProgress:
    """A line now and then, for logs and pipes."""

    def __init__(self) -> None:
        self._next = time.monotonic() + PLAIN_EVERY_S

    def show(self, state: Wholeness) -> None:
        """Say it if it is time to."""
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + PLAIN_EVERY_S
            print(sentence(state), flush=True)

    def close(self) -> None:
        """Nothing to put right."""


class BarProgress:
    """rich's bar, drawn by hand: its own refreshing would start a thread."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._task = bar.add_task("starting", total=None)
        bar.start()

    def show(self, state: Wholeness) -> None:
        """Draw the state: three things per node, and the leader."""
        done = state.up + state.converged + state.catalog + bool(state.leader)
        self._bar.update(self._task, total=state.nodes * 3 + 1, completed=done, description=sentence(state))
        self._bar.refresh()

    def close(self) -> None:
        """Give the terminal back."""
        self._bar.stop()


def make_progress() -> PlainProgress | BarProgress:
    """A bar if a person watches."""
    if not sys.stdout.isatty():
        return PlainProgress()
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = BarColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
    return BarProgress(Progress(*columns, auto_refresh=False, transient=True))
