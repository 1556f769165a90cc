"""A forked process of a local cluster: hosts its nodes, obeys the parent over a pipe, ends when the parent is gone."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
from contextlib import suppress
from pathlib import Path

from lictor_actors.bus.lane_tls import LaneTls
from lictor_deploy.agent.log import start_log
from lictor_deploy.agent.run import in_loop
from lictor_deploy.local.json_lines import JsonLines, Said
from lictor_deploy.local.nodes import HostedNodes
from lictor_deploy.local.plan import ProcessPlan
from lictor_deploy.local.run_dir import FaultToken
from lictor_messages.faults import SetRules

CLUSTER = "lictor-dev"
"""Frames carry it: a dev cluster and a real one drop each other's."""


def run_child(
    plan: ProcessPlan,
    pipe: socket.socket,
    rules: SetRules,
    log_file: Path,
    log_level: str,
    token: FaultToken,
    trace: str = "",
    tls: LaneTls | None = None,
) -> int:
    """The life of one process; returns its exit code. ``trace``: where it writes down messages, "" for nowhere.
    ``tls``: between it and others, None for none.
    """
    stream = log_file.open("a", buffering=1, encoding="utf-8")
    start_log(log_level, stream)
    return in_loop(NodesProcess(plan, JsonLines(pipe), token, tls).serve(rules, trace))


class NodesProcess:
    """The nodes of one process and the pipe to the parent."""

    def __init__(self, plan: ProcessPlan, parent: JsonLines, token: FaultToken, tls: LaneTls | None) -> None:
        self._plan = plan
        self._parent = parent
        self._nodes = HostedNodes(plan.name, CLUSTER, plan.lanes, token, self._say, tls)

    async def serve(self, rules: SetRules, trace: str) -> int:
        """Start the nodes, then report and obey until told to stop."""
        loop = asyncio.get_running_loop()
        self._over = asyncio.Event()
        loop.add_signal_handler(signal.SIGTERM, self._over.set)
        loop.add_reader(self._parent.fileno(), self._listen)
        starting = asyncio.create_task(self._start(rules, trace))
        await self._over.wait()
        loop.remove_reader(self._parent.fileno())
        starting.cancel()
        with suppress(asyncio.CancelledError):
            await starting
        await self._nodes.host.close()
        return 0

    async def _start(self, rules: SetRules, trace: str) -> None:
        try:
            await self._nodes.open(self._plan.specs, rules, trace)
        except Exception as error:
            logging.getLogger("lictor").exception("%s cannot start", self._plan.name)
            self._nodes.cannot_start(error)
            return
        self._parent.send({"up": len(self._plan.specs)})
        await self._nodes.report_on()

    def _say(self, message: Said) -> None:
        self._parent.send(message)
        if self._parent.waiting:
            asyncio.get_running_loop().add_writer(self._parent.fileno(), self._say_the_rest)

    def _say_the_rest(self) -> None:
        self._parent.flush()
        if not self._parent.waiting:
            asyncio.get_running_loop().remove_writer(self._parent.fileno())

    def _listen(self) -> None:
        for message in self._parent.receive():
            self._obey(message)
        if self._parent.closed:
            self._over.set()

    def _obey(self, message: Said) -> None:
        if "stop" in message:
            self._over.set()
        else:
            self._nodes.obey(message)
