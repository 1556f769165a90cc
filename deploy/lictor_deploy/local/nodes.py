"""The nodes of one process of a cluster: reports on them, and does to them what the parent orders.

How it talks with the parent is its process's business: over a pipe, or by the calls of an actor of Ray.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from itertools import count
from pathlib import Path
from typing import Any

from lictor_actors.bus.lane_tls import LaneTls
from lictor_actors.faults.desk import Reply
from lictor_actors.faults.over_http import FaultsOverHttp
from lictor_actors.hosts.live.host import LiveHost
from lictor_actors.journal.recovery import JournalCorrupt
from lictor_actors.node.live import add_node
from lictor_actors.node.spec import NodeSpec
from lictor_actors.timeline.live import LiveRecorder
from lictor_deploy.local.json_lines import Said
from lictor_deploy.local.run_dir import FaultToken
from lictor_deploy.words.sentence import Failure
from lictor_messages.faults import FAULTS_PATH, HandleActor, SetRules
from lictor_messages.swim import Introduced

REPORT_SOON_S = 0.05
"""And as much again for every hundred nodes: to ask five hundred how far they are takes several milliseconds."""
REPORT_LATER_S = 1.0


class HostedNodes:
    """Those that this process hosts."""

    def __init__(
        self,
        name: str,
        cluster: str,
        lanes: tuple[str, ...],
        token: FaultToken,
        say: Callable[[Said], None],
        tls: LaneTls | None = None,
    ) -> None:
        """``say`` takes what the parent is to hear. ``tls``: see ``LiveHost``."""
        self.name = name
        self.say = say
        whence = f"The user who runs the cluster may read it in {token.file}."
        web = {FAULTS_PATH: FaultsOverHttp(self._ask_parent, token.secret, whence).ask}
        self.host = LiveHost(cluster, lanes=lanes, ended=self._ended, stopped=self._ended, beside=web, tls=tls)
        self._asked: dict[int, Reply] = {}
        """Questions that the parent has not answered."""
        self._questions = count(1)
        self._recorder: LiveRecorder | None = None
        self.introducing: asyncio.Task[None] | None = None
        """Set while the nodes of this process meet others, and after that."""
        self._strangers: list[str] = []
        """Records of nodes that those of this process are to be introduced to."""
        self._reported: Said = {}
        self._hits: dict[str, int] = {}
        self._every = REPORT_SOON_S
        self._soon = REPORT_SOON_S

    async def open(self, specs: Iterable[NodeSpec], rules: SetRules, trace: str) -> None:
        """Start the nodes; ``trace``: where messages are written down, "" for nowhere."""
        await self.host.start()
        self.host.set_rules(rules)
        self.record(trace)
        specs = tuple(specs)
        self._every = self._soon = REPORT_SOON_S * (1 + len(specs) // 100)
        for spec in specs:
            await add_node(self.host, spec)
            await self.host.caught_up()
        self._present(specs)

    def _present(self, specs: Iterable[NodeSpec]) -> None:
        """Say what the nodes that wait to be introduced say of themselves; JSON takes bytes as Latin-1."""
        shown: dict[str, dict[str, dict[str, Any]]] = self.host.readiness()
        waiting = [spec.node for spec in specs if "prober.introduced_within_ns" in spec.settings]
        if waiting:
            self.say({"presents": [shown[node]["prober"]["record"].decode("latin-1") for node in waiting]})

    async def _introduce(self, records: list[str]) -> None:
        """To each node in turn, when the mail that the one before has made is taken."""
        said = Introduced(records=tuple(record.encode("latin-1") for record in records))
        for node in self.host.readiness():
            self.host.tell(node, said)
            await self.host.caught_up()
        self.say({"met": True})

    async def report_on(self) -> None:
        """Tell the parent what has changed, for ever."""
        while True:
            self.report()
            self.host.listen_again()
            await asyncio.sleep(self._every)

    def report(self) -> None:
        """Tell the parent what has changed."""
        report = {node: _view(seen) for node, seen in self.host.readiness().items()}
        news = {node: view for node, view in report.items() if view != self._reported.get(node)}
        if news:
            self._reported = report
            self.say({"report": news})
        hits = self.host.hits()
        if hits != self._hits:
            self._hits = hits
            self.say({"hits": hits})

    def cannot_start(self, error: Exception) -> None:
        """Tell the parent."""
        self.say({"refused": f"{self.name} cannot start: {reason(error)}"})

    def obey(self, message: Said) -> None:
        """An order of the parent, or its answer to a question."""
        match message:
            case {"settled": bool(settled)}:
                self._every = REPORT_LATER_S if settled else self._soon
            case {"meet": list(records)}:
                self._strangers += records
            case {"introduced": "these"}:
                records, self._strangers = self._strangers, []
                self.introducing = asyncio.create_task(self._introduce(records))
            case {"introduced": "all"}:
                for node in self.host.readiness():
                    self.host.tell(node, Introduced())
            case {"answers": int(number), "said": dict(said)}:
                self._asked.pop(number)(said)
            case {"record": str(path), "order": int(order)}:
                self.record(path)
                self.done(order, 0)
            case {"count": str(what), "order": int(order)}:
                self.done(order, self.host.counted(what))
            case {"rules": dict(rules), "order": int(order)}:
                self.host.set_rules(SetRules.model_validate(rules))
                self.done(order, 0)
            case {"actor": dict(deed), "order": int(order)}:
                self._do(HandleActor.model_validate(deed), order)

    def record(self, path: str) -> None:
        """Write down every message, into this file; "" ends it."""
        recorder, self._recorder = self._recorder, LiveRecorder(Path(path)) if path else None
        self.host.show(self._recorder)
        if recorder is not None:
            recorder.close()

    def done(self, order: int, count: int) -> None:
        """Confirm an order. The report goes first: a wait for a whole cluster after healing must not be shown what was
        before."""
        self.report()
        self.say({"done": order, "count": count})

    def _do(self, deed: HandleActor, order: int) -> None:
        try:
            actors = self.host.handle_actor(deed)
        except (JournalCorrupt, OSError) as error:  # a fault has spoilt what a restart reads: the parent ends us
            logging.getLogger("lictor").error("%s cannot start: %s", deed.node, error)
            self.cannot_start(error)
            return
        if deed.verb != "cut_power":  # the end of this process confirms that
            self.done(order, actors)

    def _ended(self, who: str, why: str) -> None:
        """A node, or one actor of it, is down for good."""
        self.say({"ended": who, "why": why})

    def _ask_parent(self, request: Said, reply: Reply) -> None:
        number = next(self._questions)
        self._asked[number] = reply
        self.say({"asks": number, "request": request})


def _view(shown: dict[str, dict[str, Any]]) -> list[Any]:
    """What the actors of one node show, in the order of ``View``."""
    prober, server, wan = (shown.get(role, {}) for role in ("prober", "server", "prober-wan"))
    return [
        prober.get("alive_count", 0),
        str(prober.get("members_hash", "")),
        server.get("leader", ""),
        server.get("passing_nodes", 0),
        wan.get("alive_count", 0),
    ]


def reason(error: Exception) -> str:
    """What went wrong, without the class that pynng or the system gave it."""
    if isinstance(error, OSError):
        return f"{(error.strerror or str(error)).lower()}"
    return str(error) if isinstance(error, Failure) else f"{type(error).__name__}: {error}"
