"""A process of a local cluster: hosts its nodes, reports on them, obeys the parent, ends when the parent is gone."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

from lictor_actors.faults.desk import Reply
from lictor_actors.faults.over_http import FaultsOverHttp
from lictor_actors.hosts.live.host import LiveHost
from lictor_actors.journal.recovery import JournalCorrupt
from lictor_actors.node.live import add_node
from lictor_actors.timeline.live import LiveRecorder
from lictor_deploy.agent.log import start_log
from lictor_deploy.agent.run import in_loop
from lictor_deploy.local.json_lines import JsonLines, Said
from lictor_deploy.local.plan import ProcessPlan
from lictor_deploy.local.run_dir import FaultToken
from lictor_deploy.words.sentence import Failure
from lictor_messages.faults import FAULTS_PATH, HandleActor, SetRules

CLUSTER = "lictor-dev"
"""Frames carry it: a dev cluster and a real one drop each other's."""
REPORT_SOON_S = 0.05
"""And as much again for every hundred nodes: to ask five hundred how far they are takes several milliseconds."""
REPORT_LATER_S = 1.0


def run_child(
    plan: ProcessPlan,
    pipe: socket.socket,
    rules: SetRules,
    log_file: Path,
    log_level: str,
    token: FaultToken,
    trace: str = "",
) -> int:
    """The life of one process; returns its exit code. ``trace``: where it writes down messages, "" for nowhere."""
    stream = log_file.open("a", buffering=1, encoding="utf-8")
    start_log(log_level, stream)
    return in_loop(NodesProcess(plan, JsonLines(pipe), rules, token, trace).serve())


class NodesProcess:
    """The nodes of one process and the channel to the parent."""

    def __init__(self, plan: ProcessPlan, parent: JsonLines, rules: SetRules, token: FaultToken, trace: str) -> None:
        self._trace = trace
        self._plan = plan
        self._parent = parent
        whence = f"The user who runs the cluster may read it in {token.file}."
        web = {FAULTS_PATH: FaultsOverHttp(self._ask_parent, token.secret, whence).ask}
        self._host = LiveHost(CLUSTER, lanes=plan.lanes, ended=self._ended, stopped=self._ended, beside=web)
        self._asked: dict[int, Reply] = {}
        """Questions that the parent has not answered."""
        self._questions = count(1)
        self._recorder: LiveRecorder | None = None
        self._rules = rules
        self._reported: Said = {}
        self._hits: dict[str, int] = {}
        self._every = self._soon = REPORT_SOON_S * (1 + len(plan.specs) // 100)

    async def serve(self) -> int:
        """Start the nodes, then report and obey until told to stop."""
        loop = asyncio.get_running_loop()
        self._over = asyncio.Event()
        loop.add_signal_handler(signal.SIGTERM, self._over.set)
        loop.add_reader(self._parent.fileno(), self._listen)
        starting = asyncio.create_task(self._start())
        await self._over.wait()
        loop.remove_reader(self._parent.fileno())
        starting.cancel()
        with suppress(asyncio.CancelledError):
            await starting
        await self._host.close()
        return 0

    async def _start(self) -> None:
        try:
            await self._open()
        except Exception as error:
            logging.getLogger("lictor").exception("%s cannot start", self._plan.name)
            self._parent.send({"refused": f"{self._plan.name} cannot start: {reason(error)}"})
            return
        self._parent.send({"up": len(self._plan.specs)})
        while True:
            self._report()
            self._host.listen_again()
            await asyncio.sleep(self._every)

    async def _open(self) -> None:
        await self._host.start()
        self._host.set_rules(self._rules)
        self._record(self._trace)
        for spec in self._plan.specs:
            await add_node(self._host, spec)
            await self._host.caught_up()

    def _report(self) -> None:
        report = {node: _view(seen) for node, seen in self._host.readiness().items()}
        news = {node: view for node, view in report.items() if view != self._reported.get(node)}
        if news:
            self._reported = report
            self._parent.send({"report": news})
        hits = self._host.hits()
        if hits != self._hits:
            self._hits = hits
            self._parent.send({"hits": hits})

    def _ended(self, who: str, why: str) -> None:
        """A node, or one actor of it, is down for good."""
        self._parent.send({"ended": who, "why": why})

    def _ask_parent(self, request: Said, reply: Reply) -> None:
        number = next(self._questions)
        self._asked[number] = reply
        self._parent.send({"asks": number, "request": request})

    def _listen(self) -> None:
        for message in self._parent.receive():
            self._obey(message)
        if self._parent.closed:
            self._over.set()

    def _obey(self, message: Said) -> None:
        match message:
            case {"stop": True}:
                self._over.set()
            case {"settled": bool(settled)}:
                self._every = REPORT_LATER_S if settled else self._soon
            case {"answers": int(number), "said": dict(said)}:
                self._asked.pop(number)(said)
            case {"record": str(path), "order": int(order)}:
                self._record(path)
                self._done(order, 0)
            case {"count": str(what), "order": int(order)}:
                self._done(order, self._host.counted(what))
            case {"rules": dict(rules), "order": int(order)}:
                self._host.set_rules(SetRules.model_validate(rules))
                self._done(order, 0)
            case {"actor": dict(deed), "order": int(order)}:
                self._do(HandleActor.model_validate(deed), order)

    def _do(self, deed: HandleActor, order: int) -> None:
        try:
            actors = self._host.handle_actor(deed)
        except (JournalCorrupt, OSError) as error:  # a fault has spoilt what a restart reads: the parent ends us
            logging.getLogger("lictor").error("%s cannot start: %s", deed.node, error)
            self._parent.send({"refused": f"{self._plan.name} cannot start: {reason(error)}"})
            return
        if deed.verb != "cut_power":  # the end of this process confirms that
            self._done(order, actors)

    def _record(self, path: str) -> None:
        """Write down every message, into this file; "" ends it."""
        recorder, self._recorder = self._recorder, LiveRecorder(Path(path)) if path else None
        self._host.show(self._recorder)
        if recorder is not None:
            recorder.close()

    def _done(self, order: int, count: int) -> None:
        # The report goes first: a wait for a whole cluster after healing must not be shown what was before.
        self._report()
        self._parent.send({"done": order, "count": count})


def _view(shown: dict[str, dict[str, Any]]) -> list[Any]:
    """What the actors of one node show, in the order of ``View``."""
    prober, server = shown.get("prober", {}), shown.get("server", {})
    return [
        prober.get("alive_count", 0),
        str(prober.get("members_hash", "")),
        server.get("leader", ""),
        server.get("passing_nodes", 0),
    ]


def reason(error: Exception) -> str:
    """What went wrong, without the class that pynng or the system gave it."""
    if isinstance(error, OSError):
        return f"{(error.strerror or str(error)).lower()}"
    return str(error) if isinstance(error, Failure) else f"{type(error).__name__}: {error}"
